"""What a run is, and what it says."""

from analysis.alignment import alignment, alignment_excess, alignment_null, off_diagonal_energy
from analysis.alignment_rate import alignment_rate, mode_alignment_rate
from analysis.balance import balance, balance_gap, rayleigh_quotient, rayleigh_residual
from analysis.basis import check_basis
from analysis.bootstrap import bootstrap_alignment, bootstrap_eigenvalues
from analysis.collapse import Verdict, collapse, collapse_course
from analysis.commutators import commutator, commutator_null, mode_commutator
from analysis.effective_rank import entropy_rank, participation_ratio, stable_rank
from analysis.independent_rows import effective_samples
from analysis.modes import follow_modes
from analysis.moments import centred, least_squares_predictor
from analysis.noise import eigenvalue_errors, modes_above_noise, noise_edges, noise_level
from analysis.normality import (
    definiteness,
    eigenvector_condition,
    henrici_departure,
    imaginary_energy,
    raw_off_diagonal,
)
from analysis.power_law import PowerLaw, fit_power_law
from analysis.ranks import alpha_req, collapse_signs, lidar, rankme
from analysis.rates import critical_decay, noise_ratio, target_scale
from analysis.runs import open_runs
from analysis.snapshots import SnapshotWriter, open_snapshots
from analysis.spectrum import (
    complex_eigenvalues,
    eigenvalues,
    predictor_eigenvalues,
)
from analysis.subspaces import (
    principal_angles,
    spectral_gaps,
    subspace_overlap,
    surviving_modes,
)
from analysis.summary import summarise
from analysis.symmetry import antisymmetric_part, asymmetry, symmetric_part
from analysis.tracy_widom import tracy_widom_quantile, tracy_widom_tail
from analysis.white_noise import largest_noise_eigenvalue, largest_share, stable_rank_null

__all__ = [
    "PowerLaw",
    "SnapshotWriter",
    "Verdict",
    "alignment",
    "alignment_excess",
    "alignment_null",
    "alignment_rate",
    "alpha_req",
    "antisymmetric_part",
    "asymmetry",
    "balance",
    "balance_gap",
    "bootstrap_alignment",
    "bootstrap_eigenvalues",
    "centred",
    "check_basis",
    "collapse",
    "collapse_course",
    "collapse_signs",
    "commutator",
    "commutator_null",
    "complex_eigenvalues",
    "critical_decay",
    "definiteness",
    "effective_samples",
    "eigenvalue_errors",
    "eigenvalues",
    "eigenvector_condition",
    "entropy_rank",
    "fit_power_law",
    "follow_modes",
    "henrici_departure",
    "imaginary_energy",
    "largest_noise_eigenvalue",
    "largest_share",
    "least_squares_predictor",
    "lidar",
    "mode_alignment_rate",
    "mode_commutator",
    "modes_above_noise",
    "noise_edges",
    "noise_level",
    "noise_ratio",
    "off_diagonal_energy",
    "open_runs",
    "open_snapshots",
    "participation_ratio",
    "predictor_eigenvalues",
    "principal_angles",
    "rankme",
    "raw_off_diagonal",
    "rayleigh_quotient",
    "rayleigh_residual",
    "spectral_gaps",
    "stable_rank",
    "stable_rank_null",
    "subspace_overlap",
    "summarise",
    "surviving_modes",
    "symmetric_part",
    "target_scale",
    "tracy_widom_quantile",
    "tracy_widom_tail",
]
