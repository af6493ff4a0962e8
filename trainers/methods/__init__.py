"""The parts of a method: predictor rules, targets, losses; and the table of four."""
