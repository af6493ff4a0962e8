"""What ``python -m analysis`` does."""
