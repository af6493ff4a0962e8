"""Runs whose numbers stopped being finite: at which step, and who must not go on from there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from analysis.store.reader import STORE, SnapshotWriter
from analysis.store.root import read_root
from analysis.store.schema import DIVERGED_AT
from trainers.runs import checkpoint


class Diverged(FloatingPointError):
    """Training met a number that is not finite.

    Parameters
    ----------
    step : int
        The first optimiser step with such a number, before or after its update.
    reason : str
        Which one.
    """

    def __init__(self, step: int, reason: str) -> None:
        super().__init__(f"diverged at step {step}: {reason}")
        self.step = step


@contextmanager
def marking(run: Path, writer: SnapshotWriter) -> Iterator[None]:
    """Let the store say at which step its run diverged, and the error what is kept.

    Raises
    ------
    FloatingPointError
        In place of `Diverged`.
    """
    try:
        yield
    except Diverged as error:
        writer.mark(**{DIVERGED_AT: error.step})
        raise FloatingPointError(
            f"{error}; kept are the snapshots to step {writer.last_step()} and the checkpoint of "
            f"step {checkpoint.load(run)['step']}: lower --lr, or raise --warmup or --batch-size"
        ) from error


def said_of(run: Path) -> dict[str, int]:
    """Return ``{"diverged_at": step}`` of a run that diverged, and nothing of any other."""
    known = read_root(run / STORE)["attributes"] if (run / STORE).is_dir() else {}
    return {DIVERGED_AT: int(known[DIVERGED_AT])} if DIVERGED_AT in known else {}


def refuse_diverged(run: Path) -> None:
    """Refuse to go on with a run that diverged.

    Raises
    ------
    ValueError
        It did: its checkpoint is of the last epoch before, and would go the same way.
    """
    if said := said_of(run):
        raise ValueError(
            f"{run} diverged at step {said[DIVERGED_AT]}; train anew with a lower --lr"
        )


def finite_features(z: Tensor) -> Tensor:  # (n, ...) -> the same
    """Return the features of images, if they can be measured.

    Raises
    ------
    FloatingPointError
        Some are not finite: the network has diverged, and no number of it is one.
    """
    if lost := int((~z.isfinite()).flatten(1).any(1).sum()):
        raise FloatingPointError(
            f"features of {lost} of {len(z)} images are not finite: the network has diverged; "
            "train it anew with a lower --lr"
        )
    return z


def all_finite(values: Mapping[str, Tensor]) -> bool:
    """Return whether every floating-point tensor of a state is finite."""
    return all(bool(torch.isfinite(v).all()) for v in values.values() if v.is_floating_point())
