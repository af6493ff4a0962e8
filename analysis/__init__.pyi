from .linalg.basis import check_basis
from .measures.alignment import (
    alignment,
    alignment_excess,
    alignment_null,
)
from .measures.alignment_rate import alignment_rate, mode_alignment_rate
from .measures.balance import balance, balance_gap, rayleigh_quotient, rayleigh_residual
from .measures.bootstrap import bootstrap_alignment, bootstrap_eigenvalues
from .measures.commutator import commutator, commutator_null, mode_commutator
from .measures.effective_rank import entropy_rank, participation_ratio, stable_rank
from .measures.features import alpha_req, collapse_signs, lidar, rankme
from .measures.flow_parameters import critical_decay, noise_ratio, target_scale
from .measures.moments import centred, least_squares_predictor
from .measures.noise import eigenvalue_errors, modes_above_noise, noise_edges, noise_level
from .measures.normality import (
    definiteness,
    eigenvector_condition,
    henrici_departure,
    imaginary_energy,
    raw_off_diagonal,
)
from .measures.off_diagonal import off_diagonal_energy
from .measures.power_law import PowerLaw, fit_power_law
from .measures.scale_law import norm_recursion, scale_law
from .measures.spectrum import (
    complex_eigenvalues,
    eigenvalues,
    predictor_eigenvalues,
)
from .measures.subspaces import (
    principal_angles,
    spectral_gaps,
    subspace_overlap,
    surviving_modes,
)
from .measures.summary import summarise
from .measures.symmetry import antisymmetric_part, asymmetry, symmetric_part
from .measures.tracking import follow_modes
from .statistics.independent_rows import effective_samples
from .statistics.tracy_widom import tracy_widom_quantile, tracy_widom_tail
from .statistics.white_noise import (
    largest_noise_eigenvalue,
    largest_share,
    stable_rank_null,
)
from .store.arrays import from_arrays, save_snapshots
from .store.examples import EXAMPLES, copy_example, open_example
from .store.integrity import verify
from .store.reader import SnapshotWriter, open_snapshots
from .store.runs import open_runs
from .store.tree import open_run
from .verdicts.collapse import Verdict, collapse, collapse_course

__version__: str

__all__ = [
    "EXAMPLES",
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
    "copy_example",
    "critical_decay",
    "definiteness",
    "effective_samples",
    "eigenvalue_errors",
    "eigenvalues",
    "eigenvector_condition",
    "entropy_rank",
    "fit_power_law",
    "follow_modes",
    "from_arrays",
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
    "norm_recursion",
    "off_diagonal_energy",
    "open_example",
    "open_run",
    "open_runs",
    "open_snapshots",
    "participation_ratio",
    "predictor_eigenvalues",
    "principal_angles",
    "rankme",
    "raw_off_diagonal",
    "rayleigh_quotient",
    "rayleigh_residual",
    "save_snapshots",
    "scale_law",
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
    "verify",
]
