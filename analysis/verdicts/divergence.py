"""Where the numbers of a run cease to be finite."""

import numpy as np
import xarray as xr

from analysis.store.schema import DIVERGED_AT


def diverged_at(run: xr.Dataset, metrics: xr.Dataset | None, lost: np.ndarray) -> int | None:
    """Return the step at which a run ended in numbers that are not finite, None if it did not.

    Parameters
    ----------
    run : Dataset (step, ...)
        What training said, ``attrs["diverged_at"]``, counts first; its last `predictor` is read.
    metrics : Dataset (step), optional
        A `loss` that was finite and ends otherwise.
    lost : array (step,) of bool
        Whether F is not finite.
    """
    if DIVERGED_AT in run.attrs:
        return int(run.attrs[DIVERGED_AT])
    ends = [int(run["step"][i]) for i in [_end(_lost_predictors(run, lost))] if i is not None]
    if metrics is not None and "loss" in metrics:
        finite = np.isfinite(metrics["loss"].values)
        i = _end(~finite) if finite.any() else None  # a loss that was never stored says nothing
        ends += [int(metrics["step"][i])] if i is not None else []
    return min(ends, default=None)


def _end(lost: np.ndarray) -> int | None:
    # The first of the last ones, if these are lost.
    kept = np.flatnonzero(~lost)
    first = int(kept[-1]) + 1 if kept.size else 0
    return first if first < len(lost) else None


def _lost_predictors(run: xr.Dataset, lost: np.ndarray) -> np.ndarray:
    # From the end on, as far as they are: a whole run is not read for them.
    lost = lost.copy()
    if "predictor" in run:
        for i in reversed(range(len(lost))):
            if not lost[i]:
                lost[i] = not np.isfinite(run["predictor"].isel(step=i).values).all()
            if not lost[i]:
                break
    return lost
