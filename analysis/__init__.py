"""What a run is, and what it says."""

from analysis.alignment import (
    alignment,
    alignment_excess,
    alignment_null,
    commutator,
    commutator_null,
    off_diagonal_energy,
)
from analysis.collapse import Verdict, collapse, collapse_course
from analysis.modes import follow_modes
from analysis.runs import open_runs
from analysis.snapshots import SnapshotWriter, open_snapshots
from analysis.spectrum import (
    complex_eigenvalues,
    eigenvalues,
    entropy_rank,
    participation_ratio,
    predictor_eigenvalues,
    stable_rank,
)
from analysis.summary import summarise
from analysis.symmetry import antisymmetric_part, asymmetry, symmetric_part

__all__ = [
    "SnapshotWriter",
    "Verdict",
    "alignment",
    "alignment_excess",
    "alignment_null",
    "antisymmetric_part",
    "asymmetry",
    "collapse",
    "collapse_course",
    "commutator",
    "commutator_null",
    "complex_eigenvalues",
    "eigenvalues",
    "entropy_rank",
    "follow_modes",
    "off_diagonal_energy",
    "open_runs",
    "open_snapshots",
    "participation_ratio",
    "predictor_eigenvalues",
    "stable_rank",
    "summarise",
    "symmetric_part",
]
