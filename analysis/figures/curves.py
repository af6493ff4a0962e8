"""What is measured, drawn: ax in, ax out.

The functions take the Dataset of `summarise`, or a part of it that ``.sel`` chose. Names come from
``attrs``, and with them which matrix a mode is of. Curves of several snapshots are coloured by
epoch, from dark (first) to light (last). Where nothing can be drawn, a line in the axes says why.
"""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.checks.numbers import check_count
from analysis.figures.axes import (
    above_rounding,
    check_dims,
    log_axis,
    mode_axis,
    name_axes,
    name_of,
    note,
    say_if_none,
    variable,
    write,
    zero_line,
)
from analysis.figures.clocks import chosen, epoch_norm, find_clock
from analysis.figures.style import CURVES, GREY, PALETTE, SEQUENTIAL
from analysis.verdicts.caveats import symmetric_words

LAST_NULL = "null, last snapshot"


def plot_spectrum(
    values: xr.DataArray,
    *,
    ax: Axes | None = None,
    log: bool = True,
    curves: int = CURVES,
    norm: Normalize | None = None,
) -> Axes:
    """Draw a spectrum against the mode index, one curve a snapshot, coloured by epoch.

    Parameters
    ----------
    values : DataArray ([step,] mode)
        Eigenvalues, real.
    ax : Axes, optional
        The current one by default.
    log : bool
        Logarithmic axis. Values that are not positive, or less than the rounding of the stored data
        (``attrs["resolution"]`` times the largest), have no place on it: they are left out, and a
        line above the axes says how many.
    curves : int
        How many snapshots to draw at most: the first, the last and, evenly in epoch, between.
    norm : Normalize, optional
        Epochs to colours, to share among axes; by default from 0 to the last epoch of `values`.

    Raises
    ------
    ValueError
        `values` has other dims (select or reduce them first), or is complex.
    """
    check_count("curves", curves)
    check_dims(values, "mode", "plot_spectrum")
    if np.iscomplexobj(values):
        raise ValueError("plot_spectrum draws real numbers; take .real or .imag, and say so")
    ax = plt.gca() if ax is None else ax
    zero, negative = [], []
    for curve, color in _by_epoch(values, curves, norm):
        y = np.where(np.isfinite(curve), curve, np.nan)
        if log:
            shown, below = above_rounding(curve, y), above_rounding(curve, -y)
            negative.append(int(np.isfinite(below).sum()))
            zero.append(int((np.isfinite(y) & ~np.isfinite(shown) & ~np.isfinite(below)).sum()))
            y = shown
        _draw(ax, curve["mode"], y, color)
    if log:
        log_axis(ax)
        left = ((zero, "at 0"), (negative, "below 0"))
        if words := [f"{_span(counts)} {where}" for counts, where in left if any(counts)]:
            note(ax, f"modes not drawn: {', '.join(words)}")
    else:
        zero_line(ax)
        say_if_none(ax, values)
    name_axes(ax, values["mode"], values)
    mode_axis(ax, values)
    return ax


def plot_alignment(
    m: xr.Dataset,
    *,
    ax: Axes | None = None,
    curves: int = CURVES,
    norm: Normalize | None = None,
) -> Axes:
    r"""Draw the cosine a_j against the mode index, coloured by epoch, and its null level.

    Parameters
    ----------
    m : Dataset ([step,] mode)
        With `alignment` and `alignment_null`. The dashed line is the null of the last snapshot, the
        coloured ticks at the right edge are those of each curve: what is above is alignment.
    ax, curves, norm
        As for `plot_spectrum`.

    Raises
    ------
    ValueError
        A variable is missing, or there are other dims.
    """
    values, null = variable(m, "alignment"), variable(m, "alignment_null")
    check_dims(values, "mode", "plot_alignment")
    ax = plt.gca() if ax is None else ax
    for curve, color in _by_epoch(values, curves, norm):
        _draw(ax, curve["mode"], curve.values, color)
    edge = ax.get_yaxis_transform()  # x in parts of the axes
    for level, color in _by_epoch(null, curves, norm):
        ax.plot([1, 1.03], [level, level], color=color, transform=edge, clip_on=False)
    if np.isfinite(level):
        ax.axhline(float(level), color=GREY, linestyle="--", label=LAST_NULL, zorder=3)
        note(ax, f"dashed: {LAST_NULL}")
    ax.set_ylim(-1.05, 1.05)  # all that a cosine can be
    say_if_none(ax, values)
    name_axes(ax, values["mode"], values)
    mode_axis(ax, values)
    return ax


def plot_asymmetry(m: xr.Dataset, *, x: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the asymmetry of W_p over training, and dotted the level of independent entries.

    Parameters
    ----------
    m : Dataset (step)
        With `asymmetry`. Epoch 0 is before training. Of a W_p that is symmetric, as the closed
        forms set it, the line lies on the axis: words in the axes say since when.
    x : str, optional
        The coordinate to draw against: `epoch`, or else `time`, or else `step`.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        The variable or the coordinate is missing, or there are other dims.
    """
    values = variable(m, "asymmetry")
    ax = _plot_over_training(values, x, ax, "plot_asymmetry")
    if (null := values.attrs.get("null_level")) is not None:
        ax.axhline(null, color=GREY, linestyle=":", label="null, independent entries")
        note(ax, "dotted: independent entries")
    say_if_none(ax, values)
    if words := symmetric_words(values):
        write(ax, words)
    return ax


def plot_commutator(m: xr.Dataset, *, x: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the normalised commutator of F and W_p over training, and dotted its null level.

    Parameters
    ----------
    m : Dataset (step)
        With `commutator` and `commutator_null`, both deviatoric or neither.
    x, ax
        As for `plot_asymmetry`.

    Raises
    ------
    ValueError
        A variable or the coordinate is missing, or there are other dims.
    """
    values, null = variable(m, "commutator"), variable(m, "commutator_null")
    ax = _plot_over_training(values, x, ax, "plot_commutator")
    x = find_clock(values, x)
    ax.plot(null[x], null, color=GREY, linestyle=":", label="null, unrelated eigenbases")
    note(ax, "dotted: unrelated eigenbases")
    say_if_none(ax, values)
    return ax


def epoch_colorbar(
    figure: Figure,
    values: xr.Dataset | xr.DataArray,
    axes: list[Axes],
    norm: Normalize | None = None,
) -> Colorbar:
    """Draw the one colour bar that explains the curves of `axes`; its label comes from attrs."""
    norm = epoch_norm(values) if norm is None else norm
    slim = 13 * figure.get_figheight()  # as wide beside many rows as beside one
    bar = figure.colorbar(ScalarMappable(norm, SEQUENTIAL), ax=axes, pad=0.01, aspect=slim)
    bar.set_label(name_of(values[find_clock(values)]))
    bar.outline.set_visible(False)
    return bar


def _plot_over_training(values: xr.DataArray, x: str | None, ax: Axes | None, who: str) -> Axes:
    x = find_clock(values, x)
    check_dims(values, None, who)
    ax = plt.gca() if ax is None else ax
    line = _draw(ax, values[x], values.values, PALETTE[0])
    # Both axes start at 0, and yet grow with what else is drawn on them or on axes they share.
    ax.update_datalim([(0, 0)])
    line.sticky_edges.x.append(0)
    line.sticky_edges.y.append(0)
    return name_axes(ax, values[x], values)


def _draw(ax: Axes, x: xr.DataArray, y: np.ndarray, color: object) -> Line2D:
    # A line through few points needs markers to be seen, and a point between gaps its own.
    finite = np.pad(np.isfinite(y), 1)
    alone = np.flatnonzero(finite[1:-1] & ~finite[:-2] & ~finite[2:])
    few = finite.sum() <= CURVES
    (line,) = ax.plot(x, y, color=color, marker="o" if few or alone.size else "", markersize=2.5)
    line.set_markevery(None if few else [int(i) for i in alone])
    return line


def _by_epoch(
    values: xr.DataArray, curves: int, norm: Normalize | None
) -> Iterator[tuple[xr.DataArray, tuple[float, ...]]]:
    some = chosen(values, curves)
    clock = find_clock(values)
    norm = epoch_norm(values) if norm is None else norm
    for curve in some if "step" in some.dims else [some]:
        yield curve, SEQUENTIAL(norm(float(curve[clock])))


def _span(counts: list[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"
