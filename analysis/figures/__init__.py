"""What is measured, drawn: ax in, ax out; and whole figures, which are made of these."""

from analysis.figures.accuracy_bars import plot_accuracy
from analysis.figures.accuracy_swept import accuracy_figure, plot_accuracy_against
from analysis.figures.against_theory import plot_against_theory, plot_parabola, theory_comparison
from analysis.figures.curves import plot_alignment, plot_asymmetry, plot_commutator, plot_spectrum
from analysis.figures.heatmap import plot_map
from analysis.figures.isoloss import alignment_figure, spectra_figure
from analysis.figures.layers import layers_figure, plot_singular_values
from analysis.figures.over_training import (
    plot_balance,
    plot_band,
    plot_modes,
    plot_ranks,
    plot_verdicts,
)
from analysis.figures.pairing import plot_pairing
from analysis.figures.phase_plane import phase_figure, plot_phase, plot_trajectories
from analysis.figures.run_history import history
from analysis.figures.run_overview import comparison, overview
from analysis.figures.save import save_figure
from analysis.figures.scale_law import plot_scale_excess, plot_scale_law, scale_law_figure
from analysis.figures.style import STYLE
from analysis.figures.theory import (
    plot_basin,
    plot_curves,
    plot_eigenvalues,
    plot_field,
    plot_mean_field,
    plot_paths,
    plot_speed,
)
from analysis.figures.theory_figures import (
    curve_figure,
    field_figure,
    loss_figure,
    mean_field_figure,
    speed_figure,
    sweep_figure,
    symmetry_figure,
)
from analysis.figures.uncertainty import plot_bootstrap, plot_noise

__all__ = [
    "STYLE",
    "accuracy_figure",
    "alignment_figure",
    "comparison",
    "curve_figure",
    "field_figure",
    "history",
    "layers_figure",
    "loss_figure",
    "mean_field_figure",
    "overview",
    "phase_figure",
    "plot_accuracy",
    "plot_accuracy_against",
    "plot_against_theory",
    "plot_alignment",
    "plot_asymmetry",
    "plot_balance",
    "plot_band",
    "plot_basin",
    "plot_bootstrap",
    "plot_commutator",
    "plot_curves",
    "plot_eigenvalues",
    "plot_field",
    "plot_map",
    "plot_mean_field",
    "plot_modes",
    "plot_noise",
    "plot_pairing",
    "plot_parabola",
    "plot_paths",
    "plot_phase",
    "plot_ranks",
    "plot_scale_excess",
    "plot_scale_law",
    "plot_singular_values",
    "plot_spectrum",
    "plot_speed",
    "plot_trajectories",
    "plot_verdicts",
    "save_figure",
    "scale_law_figure",
    "spectra_figure",
    "speed_figure",
    "sweep_figure",
    "symmetry_figure",
    "theory_comparison",
]
