"""What theory says without following trajectories: basins, sweeps, closed forms, observations."""
