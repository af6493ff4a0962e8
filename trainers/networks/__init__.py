"""Encoders, the projector, and how two views pass through them."""
