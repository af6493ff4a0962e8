"""What ``python -m trainers`` does beside training."""
