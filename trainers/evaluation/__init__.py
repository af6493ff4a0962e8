"""How good features are: protocols on cached features, and the classifier they leave."""
