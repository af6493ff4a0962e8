"""SGD by part of the network, and the learning rate over a run."""
