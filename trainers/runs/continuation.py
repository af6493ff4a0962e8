"""Whether store and checkpoint belong together: all that was written before the checkpoint."""

from collections.abc import Iterable
from pathlib import Path

import xarray as xr

from analysis.store.reader import MissingGroupError, open_snapshots
from trainers.runs.agreement import check_same_options
from trainers.runs.checkpoint import FILE


def check_continuation(run: Path, step: int, config: str, due: Iterable[int]) -> None:
    """Check that training can go on at `run` after the checkpoint's `step`.

    Rows after `step` are no fault: a run that was stopped has them, and they are written anew.

    Parameters
    ----------
    run : path
    step : int
        Of the checkpoint.
    config : str
        Of the checkpoint, as JSON.
    due : iterable of int
        The steps that get a snapshot, beside 0.

    Raises
    ------
    ValueError
        The store is of another run; or it ends before the checkpoint or lacks steps before it, as
        an older copy does, or one that a loss of power cut short.
    FileNotFoundError
        There is no store.
    """
    snapshots = open_snapshots(run)
    check_same_options(run, run / FILE, config)
    wanted = {
        "snapshots": (_until(step, snapshots), {0, *(t for t in due if t <= step)}),
        "metrics": (_until(step, _metrics(run)), {*range(1, step + 1)}),
    }
    gaps = {}
    for what, (found, expected) in wanted.items():
        if strange := found - expected:
            raise ValueError(f"{run} has {what} of step {min(strange)}, where this run has none")
        if missing := expected - found:
            gaps[what] = min(missing)
    if gaps:
        first = " and ".join(f"{what} from step {missing}" for what, missing in gaps.items())
        raise ValueError(
            f"{run}: {FILE} is of step {step}, and the store lacks {first} on; restore a later "
            f"copy of the store, or a {FILE} of step {min(gaps.values()) - 1} or before"
        )


def _until(step: int, rows: xr.Dataset | None) -> set[int]:
    return set() if rows is None else {t for t in rows["step"].values.tolist() if t <= step}


def _metrics(run: Path) -> xr.Dataset | None:
    try:
        return open_snapshots(run, "metrics")
    except MissingGroupError:  # none before the first step
        return None
