"""A run's directory: checkpoint, what belongs to it, and whether it may be gone on with."""
