"""Whether a run has come to its end: its last measurement included."""

import json
from pathlib import Path

from analysis.store.reader import STORE, SnapshotWriter
from analysis.store.root import read_root
from analysis.store.schema import FINISHED
from trainers.config import Config

ENCODER = "encoder.pt"


def mark_finished(writer: SnapshotWriter, step: int) -> None:
    """Let the store say that its run is over: every measurement of the last step is published."""
    writer.flush()
    writer.mark(**{FINISHED: step})
    writer.flush()


def finished_at(run: Path) -> int | None:
    """Return the last step of a run that is finished, or None.

    A run is finished when all of its epochs are trained, its encoder is written and, where its
    data have labels, the kNN accuracy of the last step is in the table of evaluations. A run that
    was stopped between any of these is not; neither is one that was extended since.

    Raises
    ------
    ValueError
        Its store is damaged.
    """
    try:
        attrs = read_root(run / STORE)["attributes"]
    except FileNotFoundError:
        return None
    if FINISHED not in attrs or not (run / ENCODER).is_file():
        return None
    config = Config.from_json(attrs["config"])
    last = json.loads(attrs["fingerprint"])["train"] // config.batch_size * config.epochs
    return last if attrs[FINISHED] == last else None


def said_finished(run: Path, step: int) -> str:
    """Return the line about a run that `finished_at` called finished."""
    epochs = Config.from_json(read_root(run / STORE)["attributes"]["config"]).epochs
    return (
        f"{run} is finished: {epochs} epochs, {step} steps, nothing was computed; "
        f"--epochs N with N above {epochs} goes on"
    )
