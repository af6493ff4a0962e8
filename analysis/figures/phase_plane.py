"""The (p, s) plane of a mode, drawn: the flow, where it rests, who survives; ax in, ax out."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import IdentityTransform, blended_transform_factory

from analysis.figures.rule_curve import plot_rule
from analysis.figures.style import CURVES, PALETTE, STYLE
from analysis.figures.text import formula, plain

P, S = "predictor_eigenvalue", "correlation_eigenvalue"
FLOW, SADDLE, STABLE, *_, CURVE = PALETTE
ALIVE, NEUTRAL = "#DDEEDD", "#BBBBBB"
ALONE, OVER = (3.4, 3.0), (4.4, 4.8)  # inches, of one portrait, and of one with a run over it
SENTENCE, LINE = 600, 85  # letters of what a run has that the flow has not, and of a line of it
LABEL = 36  # characters in a line along a portrait's axis
SOURCES: dict[str, dict[str, Any]] = {
    "measured": {
        "way": {"color": "k", "linewidth": 0.7, "alpha": 0.8, "zorder": 4.5},
        "end": {"color": "k", "marker": ".", "markersize": 4, "zorder": 4.6},
    },
    "predicted": {
        "way": {"color": PALETTE[3], "linewidth": 1.0, "linestyle": (0, (3, 1)), "zorder": 4.3},
        "end": {"color": PALETTE[3], "marker": "o", "mfc": "none", "markersize": 4, "zorder": 4.4},
    },
}
# Rest points are filled if stable, open if not.
FACES = {"stable": STABLE, "saddle": "white"}
EDGES = {"stable": STABLE, "saddle": SADDLE}


def plot_phase(portrait: xr.Dataset, ax: Axes | None = None) -> Axes:
    r"""Draw the (p, s) plane of a mode.

    Stream lines; the basin of survival shaded; nullclines thin, :math:`\dot p = 0` dotted and
    :math:`\dot s = 0` with dots and dashes; the parabola on which modes rest,
    s = p²/alpha_p where both decay alike, dashed; the separatrix; rest points filled if stable,
    open if not. Without decay whole lines are at rest, and are drawn by their stability. Of a
    cosine, a line at the p below which modes grow; of a rule that sets W_p, its curve (`plot_rule`)
    alone. All of it is labelled, for a legend. Of a portrait with a `linear_below`, s has an axis
    that is linear below it and logarithmic above.

    Parameters
    ----------
    portrait : Dataset
        From `dynamics.phase_portrait`, `cosine_portrait` or `rule_portrait`.
    ax : Axes, optional
        The current one by default.

    Returns
    -------
    Axes
    """
    ax = plt.gca() if ax is None else ax
    p, s = portrait[P].values, portrait[S].values
    if bend := portrait[S].attrs.get("linear_below"):
        ax.set_yscale("asinh", linear_width=bend)
    if "survives" in portrait:
        alive = portrait["survives"].values.astype(float)
        ax.contourf(p, s, alive, levels=[0.5, 1.5], colors=[ALIVE], zorder=0)
        ax.fill([np.nan] * 3, [np.nan] * 3, color=ALIVE, label="survives")
    if "p_rate" in portrait:
        _field(ax, portrait)
    if "threshold" in portrait:
        line = portrait["threshold"]
        ax.axvline(float(line), color=CURVE, linewidth=1.6, label=line.attrs["symbol"], zorder=3)
    if "rule_p" in portrait:
        plot_rule(portrait, ax)
    ax.set(xlim=(p[0], p[-1]), ylim=(s[0], s[-1]))
    ax.set(xlabel="eigenvalue of the predictor $p_j$")
    ax.set(ylabel="eigenvalue of the cross-view\ncorrelation $s_j$")
    ax.set_title(portrait.attrs["title"], fontsize="medium")
    return ax


def plot_trajectories(
    p: xr.DataArray, s: xr.DataArray, ax: Axes, *, modes: int = CURVES, source: str = "measured"
) -> Axes:
    """Lay modes over a portrait: p_j and s_j, dims (step, mode), measured or "predicted".

    The first `modes` are lines, dashed if predicted; of all of them a dot or a ring is the end. The
    axes take the labels of what is measured: of a run, Rayleigh quotients.
    """
    d, look = p.sizes["mode"], SOURCES[source]
    label: str | None = source if d <= modes else f"modes 1 to {modes} of {d}, {source}"
    for j in range(min(d, modes)):
        x, y = p.isel(mode=j), s.isel(mode=j)
        ax.plot(x, y, label=label, **look["way"])
        label = None
    ends = p.isel(step=-1), s.isel(step=-1)
    ax.plot(*ends, linestyle="", label=f"end of a mode, {source}", **look["end"])
    for values, set_label in ((p, ax.set_xlabel), (s, ax.set_ylabel)):
        if "long_name" in values.attrs:
            name = plain(values.attrs["long_name"], width=LABEL)
            set_label(f"{name}\n{formula(values.attrs.get('symbol', ''))}")
    return ax


def phase_figure(portraits: Sequence[xr.Dataset], measured: xr.Dataset | None = None) -> Figure:
    """Draw portraits side by side over one legend: Fig. 3 of Tian, Chen, Ganguli (2021).

    Parameters
    ----------
    portraits : sequence of Dataset
        From `dynamics.phase_portrait`.
    measured : Dataset ([source,] step, mode), optional
        Modes to lay over each, `predictor_eigenvalue` and `correlation_eigenvalue`, say what
        `dynamics.compare` returns; a title has its ``attrs`` errors and not_in_the_flow.

    Returns
    -------
    Figure
        Not known to pyplot.

    Raises
    ------
    ValueError
        There is no portrait.
    """
    n = len(portraits)
    if not n:
        raise ValueError("one portrait or more is drawn; got none")
    with mpl.rc_context(STYLE):
        # Its labels and legend take more lines with a run in it.
        width, height = ALONE if measured is None else OVER
        figure = Figure(figsize=(width if n == 1 else 2.5 * n, height), layout="constrained")
        axes = figure.subplots(1, n, squeeze=False, sharey=True)[0]
        keys: dict[str, Artist] = {}
        for ax, portrait in zip(axes, portraits, strict=True):
            plot_phase(portrait, ax)
            if measured is not None:
                for source in [*SOURCES][::-1]:
                    if (one := _of(measured, source)) is not None:
                        plot_trajectories(one[P], one[S], ax, source=source)
            handles, labels = ax.get_legend_handles_labels()
            keys |= dict(zip(labels, handles, strict=True))
        for ax in axes[1:]:
            ax.set_ylabel("")
        if measured is not None and (words := _title(measured)):
            letters = LINE if n == 1 else 50 * n
            figure.suptitle(plain(words, SENTENCE, width=letters), fontsize=7)
        columns = 3 if measured is None else 2
        if n > 1:
            columns = -(-len(keys) // -(-len(keys) // (2 * n)))  # in rows of about one length
        figure.legend(list(keys.values()), list(keys), loc="outside lower center", ncols=columns)
    return figure


def _of(modes: xr.Dataset, source: str) -> xr.Dataset | None:
    if "source" not in modes.dims:
        return modes if source == "measured" else None
    return modes.sel(source=source)


def _title(modes: xr.Dataset) -> str:
    return "; ".join(
        filter(None, (modes.attrs.get(name) for name in ("errors", "not_in_the_flow")))
    )


def _field(ax: Axes, portrait: xr.Dataset) -> None:
    p, s = portrait[P].values, portrait[S].values
    _streams(ax, portrait)
    alpha_p, eta, eta_p = (portrait.attrs[name] for name in ("alpha_p", "eta", "eta_p"))
    if eta == eta_p:
        ax.plot(p, p**2 / alpha_p, "k--", linewidth=0.9, label=r"$s = p^2/\alpha_p$", zorder=2)
    elif eta > 0:
        curve, label = eta_p / eta * p**2 / alpha_p, r"$s = \eta_p p^2/(\eta \alpha_p)$"
        ax.plot(p, curve, "k--", linewidth=0.9, label=label, zorder=2)
    if eta == 0 == eta_p and "rest_p" in portrait:
        _lines_at_rest(ax, p, s, portrait.attrs["tau"] / portrait.attrs["k"])
        return
    for name, style in (("p", ":"), ("s", "-.")):
        rate = portrait[f"{name}_rate"].values
        ax.contour(p, s, rate, levels=[0], colors="0.45", linestyles=style, linewidths=0.8)
        # A contour has no label that a legend takes.
        label = rf"$\dot {name} = 0$"
        ax.plot([np.nan] * 2, [np.nan] * 2, style, color="0.45", linewidth=0.8, label=label)
    if "separatrix_p" in portrait:
        separatrix = portrait["separatrix_p"], portrait["separatrix_s"]
        ax.plot(*separatrix, color=CURVE, linewidth=1.6, label="separatrix", zorder=3)
    if "rest_p" in portrait:
        _rest_points(ax, portrait)


def _streams(ax: Axes, portrait: xr.Dataset) -> None:
    p, s = portrait[P].values, portrait[S].values
    dp, ds = portrait["p_rate"].values, portrait["s_rate"].values
    if bend := portrait[S].attrs.get("linear_below"):
        ds = ds / np.hypot(1, s / bend)[:, None]
    # They are followed on an even grid: in what the axis draws evenly.
    upright = ax.yaxis.get_transform()
    back = blended_transform_factory(IdentityTransform(), upright.inverted()) + ax.transData
    look: Any = {"color": FLOW, "linewidth": 0.5, "arrowsize": 0.6, "density": 0.9, "zorder": 1}
    ax.streamplot(p, upright.transform(s), dp, ds, transform=back, **look)


def _lines_at_rest(ax: Axes, p: np.ndarray, s: np.ndarray, useful: float) -> None:
    look: Any = {"linewidth": 2.5, "clip_on": False, "zorder": 4}
    for low, high in ((p[0], 0), (useful, p[-1])):
        ax.plot([low, high], [0, 0], color=STABLE, **look)
    ax.plot([useful, useful], [0, s[-1]], color=STABLE, label="at rest, stable", **look)
    broken = (0, (1.2, 0.6))
    ax.plot([0, useful], [0, 0], color=SADDLE, ls=broken, label="at rest, unstable", **look)


def _rest_points(ax: Axes, portrait: xr.Dataset) -> None:
    rest = (portrait[f"rest_{name}"].values for name in ("p", "s", "stability"))
    seen: set[str] = set()
    for x, y, kind in zip(*rest, strict=True):
        label = None if kind in seen else f"{kind} rest point"
        seen.add(kind)
        edge, face = EDGES.get(kind, NEUTRAL), FACES.get(kind, NEUTRAL)
        # A saddle at the place of a stable point is a ring around it.
        size, order = (5, 5.5) if kind == "stable" else (8, 5)
        ax.plot(
            x,
            y,
            "o",
            ms=size,
            mec=edge,
            mfc=face,
            mew=1.3,
            clip_on=False,
            zorder=order,
            label=label,
        )
