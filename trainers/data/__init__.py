"""Images and vectors from anywhere, their labels, and a fingerprint of them."""
