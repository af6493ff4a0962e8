"""What training is drawn against: epochs, or gradient-flow time, or steps."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.colors import Normalize

CLOCKS = ("epoch", "time", "step")


def find_clock(values: xr.Dataset | xr.DataArray, x: str | None = None) -> str:
    """Return the coordinate to draw against: `epoch`, or else `time`, or else `step`.

    One that stands still, falls or is not finite tells snapshots apart no more: the next is taken.

    Raises
    ------
    ValueError
        There is no such coordinate.
    """
    there = [name for name in (CLOCKS if x is None else [x]) if name in values.coords]
    if not there:
        wanted = " or ".join(map(repr, CLOCKS)) if x is None else repr(x)
        raise ValueError(f"no coordinate {wanted}; there are {sorted(map(str, values.coords))}")
    return next((name for name in there if _runs(values[name])), there[-1])


def epoch_norm(*values: xr.Dataset | xr.DataArray) -> Normalize:
    """Return the map from epochs to colours that several runs share: 0 to the last epoch."""
    last = max(float(v[find_clock(v)].max()) for v in values)
    return Normalize(0.0, last if last > 0 else 1.0)


def cell_edges(centres: np.ndarray) -> np.ndarray:
    """Return where cells end that have these centres: half-way to the next."""
    middle = (centres[1:] + centres[:-1]) / 2
    if not len(middle):  # one mode
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    first, last = 2 * centres[0] - middle[0], 2 * centres[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])


def chosen(values: xr.DataArray, curves: int) -> xr.DataArray:
    """Return at most so many snapshots: the first, the last and, evenly in epoch, between."""
    if "step" not in values.dims:
        return values
    clock = values[find_clock(values)].values  # evenly in snapshots, too many are of the start
    wanted = np.linspace(clock[0], clock[-1], curves)
    above = np.searchsorted(clock, wanted).clip(1, max(len(clock) - 1, 1))
    below = above - 1
    if len(clock) > 1:
        below += clock[above] - wanted < wanted - clock[below]
    return values.isel(step=np.unique(below))


def on_one_clock(runs: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """Return runs with no clock but the first that all have: one axis cannot mix two."""
    both = (name for name in CLOCKS if all(name in m.coords and _runs(m[name]) for m in runs))
    kept = next(both, "step")
    return [m.drop_vars({"epoch", "time"} & set(m.coords) - {kept}) for m in runs]


def _runs(clock: xr.DataArray) -> bool:
    values = clock.values.astype(float)
    if clock.dims != ("step",):
        return bool(np.isfinite(values).any())
    return bool(np.isfinite(values).all() and (np.diff(values) > 0).all())
