"""The loop, the learner in it, and many of them."""
