"""Whether the files of a run are of one run: what its store says, its checkpoint says, too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.store.reader import STORE, MissingGroupError, open_snapshots
from analysis.store.root import read_root
from trainers.config import Config


def check_same_options(run: Path, file: Path, config: str) -> None:
    """Check that a file beside a store is of the run that the store is of, by its options.

    How many epochs the run has may differ: a run can be extended.

    Parameters
    ----------
    run, file : path
    config : str
        Of the file, as JSON.

    Raises
    ------
    ValueError
        Options differ, or the store is damaged.
    """
    attrs = _said_of(run)
    if "config" in attrs:
        theirs, mine = ({**_options(one), "epochs": 0} for one in (attrs["config"], config))
        if theirs != mine:
            differ = next(k for k in {**theirs, **mine} if theirs.get(k) != mine.get(k))
            raise ValueError(
                f"{run}: {file.name} and snapshots are of runs of other options, {differ!r} first; "
                "restore one"
            )


def check_same_data(run: Path, file: Path, data: Mapping[str, Any] | None) -> None:
    """Check that a checkpoint is of a run on the data that the store beside it is of.

    Raises
    ------
    ValueError
        Their fingerprints differ, or the store is damaged.
    """
    attrs = _said_of(run)
    known = json.loads(attrs.get("fingerprint", "null"))
    if known and (data or {}).get("fingerprint") != known:
        came = "has no fingerprint of its data" if data is None else "is of a run of other data"
        raise ValueError(f"{file} {came}, as the snapshots have one; restore it from a copy")


def _options(config: str) -> dict[str, Any]:
    # An option that is younger than a file has its default there.
    try:
        options: dict[str, Any] = json.loads(Config.from_json(config).to_json())
    except ValueError:  # of another version
        options = json.loads(config)
    return options


def _said_of(run: Path) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    return read_root(run / STORE)["attributes"] if (run / STORE).is_dir() else attributes


def check_not_ahead(run: Path, file: Path, step: int) -> None:
    """Check that a store goes to the step of the checkpoint beside it.

    Raises
    ------
    ValueError
        It ends before, as an older copy does, or one that a loss of power cut short.
    """
    try:
        metrics = open_snapshots(run, "metrics")
        last = int(metrics["step"].max()) if metrics.sizes["step"] else 0
    except MissingGroupError:
        last = 0
    if last < step:
        raise ValueError(
            f"{run}: {file.name} is of step {step}, and the store ends with step {last}; restore a "
            f"later copy of the store, or a {file.name} of step {last} or before"
        )
