"""A run while it is written: moments and scalars are gathered, one process hands them over."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analysis.checks.paths import make_folder
from analysis.store.reader import STORE, SnapshotWriter, open_snapshots
from analysis.store.schema import DIVERGED_AT, LAYERED
from trainers import ranks
from trainers.recording.layers import singular_values
from trainers.recording.moments import Moments
from trainers.recording.predictor_matrix import Means
from trainers.recording.ring import Ring
from trainers.recording.views import Batch
from trainers.runs.versions import versions

EMPTY: Mapping[str, Any] = {"step": 0, "time": 0.0}
WATCHED = {"loss": "the loss", "|z, q|": "the norm of features and predictions"}
"""Scalars that are finite, or the run has diverged; the second is not stored."""


class Record:
    """What is known since the last snapshot, and the store that it goes to.

    Parameters
    ----------
    run : path
    d : int
        Size of the features.
    device : torch.device
    moments : sequence of str
        See `Moments`.
    attrs : mapping
        Of the store.
    kind : str
        What is stored as `predictor`.
    metrics : sequence of str
        Names of scalars, those of the schema among them.
    resume_after : int or None
        The step after which a store that is there is continued.
    weights : mapping of name to tensor
        Whose singular values snapshots hold.
    """

    def __init__(
        self,
        run: Path,
        d: int,
        device: torch.device,
        *,
        moments: Sequence[str],
        attrs: Mapping[str, Any],
        kind: str,
        metrics: Sequence[str],
        resume_after: int | None,
        weights: Mapping[str, Tensor],
    ) -> None:
        self.d = d
        self._weights = weights
        self.moments = Moments(d, device, moments)
        self._ring = Ring(device)
        self._run = run
        self._writer: SnapshotWriter | None = None
        if ranks.writes():
            make_folder(run)
            self._writer = SnapshotWriter(
                run / STORE,
                attrs=versions(device) | dict(attrs),
                variable_attrs={"predictor": {"kind": kind}}
                | ({LAYERED: {"layers": [*weights]}} if weights else {})
                | {f"metrics/{m}": {} for m in metrics},
                resume_after=resume_after,
            )

    @torch.no_grad()
    def add(self, step: int, batches: Sequence[Batch], scalars: Mapping[str, Any]) -> None:
        """Take in a step; nothing leaves the device.

        Raises
        ------
        FloatingPointError
            As `fetch`, every 256 steps.
        """
        for batch in batches:
            self.moments.add(batch.z, batch.q, batch.t)
        norms = torch._foreach_norm([x.float() for b in batches for x in (*b.z, *b.q)])
        self._ring.put(step, {**scalars, [*WATCHED][1]: torch.stack(norms).norm()})
        if self._ring.full:
            self.fetch()

    def fetch(self) -> None:
        """Bring the scalars to the host and hand them to the writer.

        Raises
        ------
        FloatingPointError
            One of `WATCHED` is not finite; rows up to that step, it included, were handed over.
        """
        if not self._ring.steps:
            return
        steps, columns, broken = self._ring.take(WATCHED, ranks.mean)
        if self._writer is not None:
            kept = {name: values for name, values in columns.items() if name.isidentifier()}
            self._writer.append_metrics(step=steps, **kept)
        if not broken:
            return
        step, kept_to = steps[-1], None
        if self._writer is not None:
            self._writer.mark(**{DIVERGED_AT: step})
            kept_to = self._writer.last_step()
        raise FloatingPointError(
            f"diverged at step {step}: {WATCHED[broken]} is {columns[broken][-1]}; "
            f"{self._run} keeps the snapshots to step {kept_to}"
        )

    def snapshot(
        self, step: int, coordinates: Mapping[str, float], predictor: Callable[[Means], np.ndarray]
    ) -> None:
        """Write the moments since the last one, and the W_p (d, d) that `predictor` makes of them.

        Raises
        ------
        FloatingPointError
            As `fetch`.
        ValueError
            W_p is not d x d.
        """
        self.fetch()
        means = self.moments.take(ranks.total if ranks.count() > 1 else None)
        matrix = predictor(means)
        if matrix.shape != (self.d, self.d):
            raise ValueError(f"W_p has shape {matrix.shape}; {self.d} features want d x d")
        if self._writer is not None:
            if self._weights:
                means[LAYERED] = singular_values(self._weights.values())
            self._writer.append(step=step, **coordinates, predictor=matrix, **means)

    def flush(self) -> None:
        """Let readers see all that was taken in."""
        self.fetch()
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Let go of the store; what was handed over is in it."""
        if self._writer is not None:
            self._writer.close()


def check_place(run: Path, resume: bool) -> None:
    """Check that a run may begin at `run`, or go on there.

    Raises
    ------
    FileExistsError, FileNotFoundError
        There is a run, or there is none to resume.
    """
    there = (run / STORE).exists()
    if resume and not there:
        raise FileNotFoundError(f"no run at {run} to resume; leave resume out to begin one")
    if there and not resume:
        raise FileExistsError(f"{run} holds a run; continue it by resume=True, or name another")


def stands_at(
    run: Path, state: Mapping[str, Any] | None, resume: bool, layers: Sequence[str]
) -> Mapping[str, Any]:
    """Return where a recorder begins: `state`, or the last snapshot to resume after, or step 0.

    Raises
    ------
    ValueError
        The run that is resumed has the singular values of other layers.
    """
    if not resume:
        return state or EMPTY
    last = open_snapshots(run).isel(step=-1)
    there = last["layer"].values.tolist() if LAYERED in last else []
    if there != list(layers):
        raise ValueError(f"the run has layers {there}, and now {list(layers)}; give the same")
    known = {"step": int(last["step"]), "time": float(last.coords.get("time", 0.0))}
    return known if state is None else state
