"""The measures: of W_p, of F, of one against the other, of features, over a run."""
