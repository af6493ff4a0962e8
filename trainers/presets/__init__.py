"""Experiments of the papers by name."""
