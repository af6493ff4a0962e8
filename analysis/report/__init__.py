"""A run measured once, and the page that shows it."""
