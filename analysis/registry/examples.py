"""An example of each measure that can be worked out by hand: what is typed, and what it gives.

With W_p = ((1, 1), (0, 1)), whose second mode is sheared into the first; F = diag(2, 1) of one
view, C = diag(1, 0.5) across views, T = diag(0.9, 0.4) against the target; a spectrum s = (3, 1).
"""

import xarray as xr

from analysis.store.schema import MATRIX

INPUTS = {
    "W": xr.DataArray([[1.0, 1.0], [0.0, 1.0]], dims=MATRIX, name="predictor"),
    "F": xr.DataArray([[2.0, 0.0], [0.0, 1.0]], dims=MATRIX, name="correlation"),
    "C": xr.DataArray([[1.0, 0.0], [0.0, 0.5]], dims=MATRIX, name="cross_correlation"),
    "T": xr.DataArray([[0.9, 0.0], [0.0, 0.4]], dims=MATRIX, name="target_correlation"),
    "s": xr.DataArray([3.0, 1.0], dims="mode", name="eigenvalue"),
}

EXAMPLES = {
    "eigenvalue": ("eigenvalues(F)", "2, 1"),
    "predictor_eigenvalue": ("predictor_eigenvalues(W)", "1.5, 0.5"),
    "complex_eigenvalue": ("complex_eigenvalues(W)", "1, 1"),
    "entropy_rank": ("entropy_rank(s)", "1.755"),
    "participation_ratio": ("participation_ratio(s)", "1.6"),
    "stable_rank": ("stable_rank(s)", "1.111"),
    "surviving_modes": ("surviving_modes(s)", "1"),
    "asymmetry": ("asymmetry(W)", "0.8165"),
    "asymmetry_l1": ('asymmetry(W, norm="l1")', "0.6667"),
    "asymmetry_fraction": ('asymmetry(W, norm="fraction")', "0.4082"),
    "henrici_departure": ("henrici_departure(W)", "0.5774"),
    "definiteness": ("definiteness(W)", "0"),
    "imaginary_energy": ("imaginary_energy(W)", "0"),
    "raw_off_diagonal": ("raw_off_diagonal(W)", "0.7071"),
    "eigenvector_condition": ("eigenvector_condition(W)", "inf"),
    "alignment_null": ("alignment_null(W)", "0.8165"),
    "alignment": ("alignment(W, F)", "1, 0.7071"),
    "alignment_excess": ("alignment_excess(W, F)", "1, -0.5961"),
    "off_diagonal_energy": ("off_diagonal_energy(W, F)", "1"),
    "commutator": ("commutator(W, F)", "0.1826"),
    "commutator_deviatoric": ("commutator(W, F, deviatoric=True)", "1"),
    "commutator_null": ("commutator_null(W, F)", "0.1581"),
    "commutator_null_deviatoric": ("commutator_null(W, F, deviatoric=True)", "0.866"),
    "mode_commutator": ("mode_commutator(W, F)", "0, 1"),
    "rayleigh_quotient": ("rayleigh_quotient(W, F)", "1, 1"),
    "rayleigh_residual": ("rayleigh_residual(W, F)", "0, 1"),
    "subspace_overlap": ("subspace_overlap(W, F, k=1)", "0.5"),
    "principal_angle": ("principal_angles(W, F, k=1)", "0.7854"),
    "noise_ratio": ("noise_ratio(F, C)", "2, 2"),
    "target_scale": ("target_scale(C, T)", "0.9, 0.8"),
    "critical_decay": ("critical_decay(F, C, T)", "0.1013, 0.08"),
    "alignment_rate": (
        "alignment_rate(W, C, k=1.1, tau=1, alpha_p=1, eta=0.01, eta_p=0.01)",
        "0.1869",
    ),
    "mode_alignment_rate": (
        "mode_alignment_rate(W, C, correlation=F, target_correlation=T, eta=0.01, eta_p=0.01)",
        "2.115, 1.715",
    ),
}
"""What is typed, and what it gives in four digits, by the name of the measure."""
