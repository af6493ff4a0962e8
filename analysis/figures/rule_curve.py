"""Where a rule that sets W_p holds a mode in the (p, s) plane, and which way it goes there."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from analysis.figures.style import PALETTE

CURVE, STABLE = PALETTE[5], PALETTE[2]
ARROWS = 12
WAYS = (("^", "$s_j$ grows"), ("v", "$s_j$ falls"))


def plot_rule(portrait: xr.Dataset, ax: Axes) -> Axes:
    """Draw the curve p(s), arrows up where s grows and down where it falls, and where it rests.

    Parameters
    ----------
    portrait : Dataset (correlation_eigenvalue)
        From `dynamics.rule_portrait`. Even steps of its grid are even on the axis.
    ax : Axes
    """
    s, p = portrait["correlation_eigenvalue"].values, portrait["rule_p"].values
    rate = portrait["rule_rate"].values
    ax.plot(p, s, color=CURVE, linewidth=1.6, label="$p$ of each $s$, as it is set", zorder=4.7)
    step = max(len(s) // ARROWS, 1)
    some = np.arange(step // 2, len(s), step)
    for (marker, label), at in zip(WAYS, (some[rate[some] > 0], some[rate[some] < 0]), strict=True):
        look: Any = {
            "color": CURVE,
            "marker": marker,
            "linestyle": "",
            "markersize": 5,
            "zorder": 4.8,
        }
        if len(at):
            ax.plot(p[at], s[at], label=label, **look)
    turns = np.flatnonzero((rate[:-1] > 0) & (rate[1:] < 0))
    share = rate[turns] / (rate[turns] - rate[turns + 1])
    for i, part in zip(turns, share, strict=True):
        at_p, at_s = (x[i] + part * (x[i + 1] - x[i]) for x in (p, s))
        name = "stable rest point" if i == turns[0] else None
        ax.plot(at_p, at_s, "o", color=STABLE, markersize=5, zorder=5.5, label=name)
    return ax
