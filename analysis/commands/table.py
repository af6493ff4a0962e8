"""What a command prints of runs: a row each, in aligned columns."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from analysis.measures.registered import REGISTERED
from analysis.report.measured_run import Measured
from analysis.store.visible import visible
from analysis.verdicts.caveats import divergence

# Of a Dataset of `summarise`: heading, variable, and whether its start is shown beside its end.
# `correlation` of a store is the same-view one.
HEADINGS = (
    ("asymmetry", "asymmetry", True),
    ("same-view excess alignment (modes)", "weighted_alignment_excess", True),
    ("same-view off-diagonal", "off_diagonal_energy", True),
    ("same-view entropy rank", "entropy_rank", False),
)
WORD = 40  # letters of what a run says of itself
OVER_MODES = ("weighted_alignment_excess",)  # means, which say over how many modes


def in_columns(rows: Sequence[dict[str, str]]) -> str:
    """Return rows of equal keys as aligned columns, headings first, two spaces between.

    What does not print, as the codes that steer a terminal, is shown by its code.
    """
    words = [list(rows[0]), *(list(row.values()) for row in rows)]
    lines = [[visible(word) for word in line] for line in words]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def table_row(path: Path, one: Measured) -> dict[str, str]:
    """Return what the table says of a run, by heading; a dash is what is not defined."""
    m, verdict = one.summary, one.verdict
    row = {"run": str(path)}
    row |= {name: visible(m.attrs.get(name, "-"), WORD) for name in ("method", "data", "seed")}
    row["epochs"] = f"{float(m['epoch'].max()):g}" if "epoch" in m.coords else "-"
    row |= {"snapshots": str(m.sizes["step"]), "modes": str(m.sizes["mode"])}
    row["kNN"] = "-" if one.accuracy is None else f"{float(one.accuracy[-1]):.3f}"
    for heading, name, start in HEADINGS:
        ends = [float(m[name].isel(step=i)) for i in ((0, -1) if start else (-1,))]
        row[heading] = " -> ".join(f"{v:.3f}" if isfinite(v) else "-" for v in ends)
        if name in OVER_MODES and isfinite(ends[-1]):
            row[heading] += f" ({int(m['live_modes'][-1])})"
    for name, one_more in REGISTERED.items():  # a dash where a run lacks what it takes
        if not one_more.label.dims:
            row[name] = f"{float(m[name][-1]):.3f}" if name in m else "-"
    row["error rate"] = "-" if verdict is None else f"{100 * verdict.error_rate:g} %"
    row["collapse"] = divergence(m) or "-" if verdict is None else verdict.kind
    if verdict is not None and verdict.onset is not None:
        row["collapse"] += f", step {verdict.onset}"
    return row
