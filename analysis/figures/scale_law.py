"""The norm of a layer against what a loss free of its scale leaves of it: ax in, ax out."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.axes import log_axis, name_axes, name_of, note, variable
from analysis.figures.clocks import find_clock
from analysis.figures.grid import panel_grid
from analysis.figures.style import GREY, PALETTE, STYLE

LOOKS: dict[str, dict[str, Any]] = {  # the exact one lies on what is measured, and is seen on it
    "measured": {"color": PALETTE[0], "linewidth": 2.4, "alpha": 0.6},
    "recursion": {"color": "k", "linewidth": 0.9, "linestyle": ":"},
    "averaged": {"color": PALETTE[1], "linestyle": "-."},
    "exponential": {"color": GREY, "linestyle": "--"},
}
LABELS = {
    "recursion": "recursion of SGD, exact",
    "averaged": "gradients uncorrelated",
    "exponential": "gradient flow",
}
LAYERS = {"predictor": "W_p", "head": "W_L"}


def plot_scale_law(law: xr.Dataset, *, x: str | None = None, ax: Axes | None = None) -> Axes:
    r"""Draw the squared norm of a layer over training, and what it would be.

    Dashed :math:`\|W(0)\|^2 e^{-2 \eta t}`, gradient flow; with dots and dashes what steps add of
    gradients that have nothing to do with each other; dotted the exact recursion of SGD with
    momentum, which lies on the line wherever the loss does not see the scale.

    Parameters
    ----------
    law : Dataset (source, step)
        Of `scale_law`.
    x : str, optional
        The coordinate to draw against: `epoch`, or else `time`, or else `step`.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        `squared_norm` or `excess` is missing, or lacks a source, or there is no such coordinate.
    """
    values = _norms(law)
    x = find_clock(values, x)
    ax = plt.gca() if ax is None else ax
    for source, look in LOOKS.items():
        ax.plot(values[x], values.sel(source=source), label=LABELS.get(source, source), **look)
    log_axis(ax)
    return name_axes(ax, values[x], values)


def plot_scale_excess(law: xr.Dataset, *, x: str | None = None, ax: Axes | None = None) -> Axes:
    r"""Draw by how much a layer's squared norm is off each description, as `plot_scale_law` does.

    Parts of what is described, without their sign, on a logarithmic axis: off gradient flow is the
    distance of training from it; off the recursion is a broken symmetry of scale, or rounding.

    Parameters, raises: as `plot_scale_law`.
    """
    values = _norms(law)
    x = find_clock(values, x)
    ax = plt.gca() if ax is None else ax
    measured = values.sel(source="measured")
    for source, label in LABELS.items():
        off = abs(measured / values.sel(source=source) - 1)
        ax.plot(values[x], off.where(off > 0), label=label, **LOOKS[source])
    log_axis(ax)
    ax.set(xlabel=name_of(values[x]), ylabel="measured is off by, relative")
    note(ax, f"{float(variable(law, 'excess')[-1]):+.3g} over gradient flow")
    return ax


def scale_law_figure(laws: Sequence[xr.Dataset]) -> Figure:
    """Draw the scale laws of a run's layers, a row a layer: the norm, and by how much it is off.

    Parameters
    ----------
    laws : sequence of Dataset (source, step)
        Of `scale_law`.

    Returns
    -------
    Figure
        Not known to pyplot. `scale_law_caption` has its numbers.

    Raises
    ------
    ValueError
        There is none, or as for `plot_scale_law`.
    """
    if not laws:
        raise ValueError("scale_law_figure draws one scale law or more; got none")
    with mpl.rc_context(STYLE):
        figure, axes = panel_grid(2 * len(laws), 2, (3.4, 2.4))
        for left, right, law in zip(axes[::2], axes[1::2], laws, strict=True):
            plot_scale_law(law, ax=left)
            plot_scale_excess(law, ax=right)
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(LOOKS)
        )
    return figure


def scale_law_caption(laws: Sequence[xr.Dataset]) -> str:
    """Return what `scale_law_figure` shows, in a sentence and a number a layer.

    Examples
    --------
    >>> one = xr.Dataset({"excess": ("step", [0.0, 2.5]), "left_over": ("step", [0.0, -3e-7])})
    >>> print(scale_law_caption([one.assign_attrs(layer="predictor")]).partition(": ")[2])
    W_p ends at 3.5 times gradient flow, and within 3e-07 of the exact recursion of its steps.
    """
    ends = [
        f"{LAYERS[law.attrs['layer']]} ends at {float(law['excess'][-1]) + 1:.3g} times gradient "
        f"flow, and within {abs(float(law['left_over'][-1])):.0e} of the exact recursion of its "
        "steps"
        for law in laws
    ]
    said = "; ".join(ends)
    return f"Squared norms under a loss that does not see their scale: {said}."


def _norms(law: xr.Dataset) -> xr.DataArray:
    values = variable(law, "squared_norm")
    if set(values.dims) != {"source", "step"} or not {*LOOKS} <= set(np.atleast_1d(law["source"])):
        raise ValueError(
            f"squared_norm has dims {values.dims}; what `scale_law` returns is wanted: "
            f"(source, step), of {', '.join(LOOKS)}"
        )
    return values.transpose("source", "step")
