"""The papers' theory figures by number: their data, and what of `analysis.figures` draws them."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import xarray as xr

from analysis.checks.fields import shown
from dynamics.figures import isoloss, linear_byol, mean_field

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FigureData = Sequence[xr.Dataset] | Sequence[xr.DataArray]


@dataclass(frozen=True)
class PaperFigure:
    """A figure of a paper."""

    data: Callable[..., FigureData]
    """What its panels show, computed anew."""
    drawing: str
    """``module.function`` of `analysis.figures`, from these to a Figure; imported to draw."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of that function."""


NOTE = (
    "The mean of the published SGD (infinite batches), drawn as a flow; that of cosine losses is "
    "over 4096 Gaussian draws. Noise of 0.1 on the target's view alone. Rings: start; dots: end.\n"
    "Dotted: the published code, whose gradient is not that of its loss without stop-gradient; and "
    "noise on both views, by which all is lost without predictor."
)
REST = {"share": True, "least": 0.05}
COSINE = {"by": "beta", "symbol": r"$\beta$", "label": r"$\cos(W_a, W)$"}
BRACKET = {"by": "tau", "symbol": r"$\tau$", "label": r"$\|[F, W_p]\|_F$", "log": True}

FIGURES: dict[str, PaperFigure] = {
    "3": PaperFigure(linear_byol.phase_portraits, "phase_plane.phase_figure"),
    "4": PaperFigure(linear_byol.parabola_speeds, "theory_figures.speed_figure"),
    "5": PaperFigure(linear_byol.mode_trajectories, "theory_figures.sweep_figure"),
    "7": PaperFigure(linear_byol.target_correlations, "theory_figures.curve_figure", COSINE),
    "8": PaperFigure(linear_byol.symmetry_norms, "theory_figures.symmetry_figure"),
    "9": PaperFigure(linear_byol.commutators, "theory_figures.curve_figure", BRACKET),
    "10": PaperFigure(linear_byol.scalar_fields, "theory_figures.field_figure"),
    "iso2": PaperFigure(isoloss.loss_trajectories, "theory_figures.loss_figure", {"note": NOTE}),
    "iso5": PaperFigure(isoloss.loss_rest_points, "theory_figures.loss_figure", REST),
    "iso6": PaperFigure(isoloss.relu_spectra, "theory_figures.loss_figure", {"share": True}),
    "mean-field": PaperFigure(mean_field.mean_field_errors, "theory_figures.mean_field_figure"),
}
"""By the number in Tian, Chen and Ganguli (2021); ``iso`` in Halvagal, Laborieux, Zenke (2023).

``mean-field`` is of no paper: it is the error of `CosineFlow`."""


def draw_figure(number: str, data: FigureData | None = None) -> "Figure":
    """Draw a figure of `FIGURES`, of its own data or of such as `data`.

    Parameters
    ----------
    number : str
        A key of `FIGURES`.
    data : sequence of Dataset or DataArray, optional
        A panel each.

    Returns
    -------
    Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        There is no such figure.
    """
    if number not in FIGURES:
        raise ValueError(f"figure {number!r} is not known; choose from {', '.join(FIGURES)}")
    if data is not None and not isinstance(data, Sequence):
        raise ValueError(f"data is {shown(data)}; a panel each in a list wanted")
    paper = FIGURES[number]
    module, _, function = paper.drawing.partition(".")
    # matplotlib is not for those who only integrate.
    drawing = getattr(importlib.import_module(f"analysis.figures.{module}"), function)
    figure: Figure = drawing(paper.data() if data is None else data, **paper.options)
    return figure
