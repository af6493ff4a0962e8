"""Accuracies for people: a table, and bars; named by what differs between them."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.style import PALETTE, STYLE
from analysis.figures.text import plain
from analysis.measures.accuracy import option_columns
from analysis.store.schema import FEATURES, NETWORKS, PROTOCOLS

WIDTH, MOST = 40, 240  # letters in a line of a name, and in all of it
# Inches: of a bar, a line of a name, what parts two rows, a letter, and the bars' axis; and the
# part of a row that its bars fill.
BAR, LINE, GAP, LETTER, BARS, THICK = 0.13, 0.125, 0.06, 0.055, 2.6, 0.8
HASH = re.compile(r"\b[0-9a-f]{32,}\b")


def accuracy_rows(groups: pd.DataFrame) -> list[dict[str, str]]:
    """Return rows to print, a column a kind of accuracy: mean ± sd in percent, and n.

    Parameters
    ----------
    groups : DataFrame
        Of `by_method`.
    """
    kinds = kind_labels(groups)
    shown = ["method", *option_columns(groups), *_varying(groups, ("data", "epoch"))]
    rows: dict[tuple[Any, ...], dict[str, str]] = {}
    for kind, (_, group) in zip(kinds, groups.iterrows(), strict=True):
        key = tuple(_text(group[name]) for name in (*shown, "data", "epoch"))
        row = rows.setdefault(key, {name: _text(group[name]) for name in shown})
        row |= dict.fromkeys(dict.fromkeys(kinds), "-") | row | {kind: _shown(group)}
    return list(rows.values())


def plot_accuracy(groups: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw mean accuracies as bars, with one standard deviation and every single run.

    Parameters
    ----------
    groups : DataFrame
        Of `by_method`; one bar a method and its options, one colour a kind of accuracy.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        There is no group.
    """
    if not len(groups):
        raise ValueError("there is no accuracy to draw")
    labels, kinds = run_labels(groups), kind_labels(groups)
    rows, colours = list(dict.fromkeys(labels)), list(dict.fromkeys(kinds))
    ax = plt.gca() if ax is None else ax
    height = THICK / len(colours)
    for i, kind in enumerate(colours):
        mine = groups[[k == kind for k in kinds]]
        at = [
            rows.index(label) + (i - (len(colours) - 1) / 2) * height
            for label, k in zip(labels, kinds, strict=True)
            if k == kind
        ]
        ax.barh(
            at,
            100 * mine["mean"],
            height,
            xerr=100 * mine["sd"].fillna(0.0),
            color=PALETTE[i % len(PALETTE)],
            alpha=0.55,
            error_kw={"lw": 1, "capsize": 1.5},
            label=wrapped(kind),
        )
        for y, values in zip(at, mine["accuracies"], strict=True):
            ax.plot([100 * v for v in values], [y] * len(values), "k.", markersize=2)
    ax.set_yticks(range(len(rows)), [wrapped(row) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    low, high = groups["n"].min(), groups["n"].max()
    runs = str(low) if low == high else f"{low} to {high}"
    ax.set_xlabel("accuracy (%)" if high == 1 else f"accuracy (%), mean and sd of {runs} runs")
    if len(colours) > 1:
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1))
    else:
        ax.set_title(wrapped(colours[0]), loc="right")
    return ax


def bars_figure(groups: pd.DataFrame) -> Figure:
    """Draw `plot_accuracy` at the size that its rows and their names need; not known to pyplot."""
    kinds = set(kind_labels(groups))
    names = [wrapped(name).split("\n") for name in dict.fromkeys(run_labels(groups))]
    rows = sum(max(BAR * len(kinds) / THICK, LINE * len(name) + GAP) for name in names)
    above = sum(len(wrapped(kind).split("\n")) for kind in kinds)
    width = BARS + LETTER * max(len(line) for name in names for line in name)
    with mpl.rc_context(STYLE):
        size = width, rows + LINE * above + 0.5
        figure = Figure(figsize=size, layout="constrained")
        plot_accuracy(groups, ax=figure.subplots())
    return figure


def wrapped(name: str) -> str:
    """Return the name of a row or a line, in lines, with nothing left out in its middle."""
    return plain(name, MOST, WIDTH)


def run_labels(groups: pd.DataFrame, without: Sequence[str] = ()) -> list[str]:
    """Return the method of each row, with that in which rows of this method differ."""
    names = [n for n in (*option_columns(groups), "data", "epoch") if n not in without]
    words = {}
    for method, mine in groups.groupby("method", sort=False):
        words[method] = _varying(mine, names)
    labels = []
    for _, group in groups.iterrows():
        own = [f"{name}={_text(group[name])}" for name in words[group["method"]]]
        labels.append(" ".join([str(group["method"]), *own]))
    return labels


def kind_labels(groups: pd.DataFrame) -> list[str]:
    """Return what was measured in each row: protocol, network, features, and settings that differ.

    The online network and the encoder go without saying.
    """
    settings = [json.loads(text) if text else {} for text in groups["options"]]
    differ: dict[str, set[str]] = {}
    for protocol in groups["protocol"].unique():
        mine = [s for s, p in zip(settings, groups["protocol"], strict=True) if p == protocol]
        keys = {key for one in mine for key in one}
        differ[protocol] = {k for k in keys if len({json.dumps(s.get(k)) for s in mine}) > 1}
    labels = []
    for chosen, (_, group) in zip(settings, groups.iterrows(), strict=True):
        words = [PROTOCOLS.get(group["protocol"], f"{group['protocol']} accuracy")]
        words += [f"{group['network']} network"] * (group["network"] != NETWORKS[0])
        words += [str(group["features"])] * (group["features"] != FEATURES[0])
        own = sorted(differ[group["protocol"]])
        words += [f"{k}={chosen[k]}" if k in chosen else f"{k} not known" for k in own]
        labels.append(", ".join(words))
    return labels


def _varying(groups: pd.DataFrame, names: Sequence[str]) -> list[str]:
    return [name for name in names if groups[name].nunique(dropna=False) > 1]


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:g}"
    return HASH.sub(lambda found: found[0][:7], str(value))


def _shown(group: pd.Series) -> str:
    if group["n"] == 1:
        return f"{100 * group['mean']:.1f} (n=1)"
    return f"{100 * group['mean']:.1f} ± {100 * group['sd']:.1f} (n={group['n']})"
