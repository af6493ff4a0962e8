"""A figure of equal panels, row by row."""

from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

Share = bool | Literal["none", "all", "row", "col"]


def panel_grid(
    count: int,
    columns: int,
    size: tuple[float, float],
    *,
    sharex: Share = False,
    sharey: Share = False,
) -> tuple[Figure, list[Axes]]:
    """Return a figure, not known to pyplot, and its axes: `count` of them, row by row.

    Parameters
    ----------
    count, columns : int
        How many axes there are, and how many stand in a row; the last row may be shorter.
    size : (float, float)
        Width and height of a panel in inches.
    sharex, sharey : bool or str
        As matplotlib has them.
    """
    rows = -(-count // columns)
    width, height = size
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=sharex, sharey=sharey)
    axes = list(grid.flat)
    for ax in axes[count:]:
        ax.remove()
    return figure, axes[:count]
