"""Two random views of an image: recipes, crops, colour."""
