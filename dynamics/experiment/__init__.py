"""Theory and training: parameters of a flow from a run, its prediction, its twin by SGD."""
