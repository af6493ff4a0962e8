"""What ``python -m dynamics`` does, a command a file."""
