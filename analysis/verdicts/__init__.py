"""What is said of a run in words: collapsed or not, diverged or not, and what cannot be said."""
