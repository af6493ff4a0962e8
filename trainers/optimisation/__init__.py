"""SGD and LARS by part of the network, and the learning rate over a run."""
