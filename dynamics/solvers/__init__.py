"""From a flow and a start to trajectories."""
