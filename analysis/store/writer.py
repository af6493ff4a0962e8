"""Writing a run while it happens: buffered, in the background, complete at every moment."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from analysis.store.buffer import Block
from analysis.store.evaluations import data_name, evaluation_rows
from analysis.store.group import Group
from analysis.store.hierarchy import Store
from analysis.store.lock import lock
from analysis.store.publisher import Publisher
from analysis.store.rows import one_row
from analysis.store.schema import FEATURES, FORMAT, FORMAT_VERSION, GROUPS, NETWORKS


class SnapshotWriter:
    """Append snapshots to a run that anyone may read meanwhile.

    Rows are buffered to whole chunks and written by a background thread; a length is published only
    after its data. After a kill at any instruction, the store opens and holds complete rows only.

    Parameters
    ----------
    path : path
        The store to make, usually ``RUN/snapshots.zarr``.
    attrs : mapping, optional
        What the run is: plain JSON values, kept in the root's attributes.
    variable_attrs : mapping of str to mapping, optional
        Attributes of single variables beside their labels, for instance
        ``{"predictor": {"kind": "product"}}``; those of metrics by ``"metrics/loss"``.
    resume_after : int, optional
        Continue an existing store after this step; later rows are dropped at once.
    flush_seconds : float
        The longest time a row waits in memory while further rows come in.
    durable : bool
        Also wait for the disk (fsync) at every publication: needed against power loss, not kills.

    Raises
    ------
    FileExistsError
        There is something at `path` and `resume_after` was not given.
    BlockingIOError
        Another writer has the store open.
    FileNotFoundError, ValueError
        `resume_after` was given and there is no such store, or it is damaged.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        attrs: Mapping[str, Any] | None = None,
        variable_attrs: Mapping[str, Mapping[str, Any]] | None = None,
        resume_after: int | None = None,
        flush_seconds: float = 30.0,
        durable: bool = False,
    ) -> None:
        self.path = Path(path)
        if resume_after is None:
            if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
                raise FileExistsError(
                    f"{self.path} exists; resume it, remove it or write elsewhere"
                )
            self.path.mkdir(parents=True, exist_ok=True)
        elif not self.path.is_dir():
            raise FileNotFoundError(f"no snapshot store at {self.path} to resume")
        self._lock = lock(self.path)
        self._flush_seconds = flush_seconds
        self._durable = durable
        self._pending: list[Block] = []
        self._sealed_at = time.monotonic()
        self._pid = os.getpid()
        try:
            if resume_after is None:
                mark = {"format": FORMAT, "format_version": FORMAT_VERSION, "closed": False}
                self._store = Store(self.path, {**(attrs or {}), **mark})
                self._store.publish({})
            else:
                self._store = Store.open(self.path)
            self._groups = {name: Group(name, self._store, variable_attrs or {}) for name in GROUPS}
            if resume_after is not None:
                for group in self._groups.values():
                    group.reload(resume_after)
                self._store.publish(self._lengths())
                self._store.sweep()
        except BaseException:
            os.close(self._lock)
            raise
        self._publisher = Publisher(self._store, durable)

    def _lengths(self) -> dict[str, int]:
        return {k: n for group in self._groups.values() for k, n in group.lengths().items()}

    @property
    def committed_step(self) -> int | None:
        """The last step that a reader can see, or None."""
        length = self._store.lengths.get("step", 0)
        return int(np.asarray(self._store.arrays["step"][length - 1])) if length else None

    def last_step(self, group: str = "") -> int | None:
        """Return the last step appended to a group (``"metrics"``, ``"evaluation"``), or None."""
        step = self._groups[group].last_step
        return step if step >= 0 else None

    def append(self, step: int, **values: ArrayLike) -> None:
        """Add one snapshot: `epoch`, `time` and any of the variables of `schema.SNAPSHOTS`.

        The first snapshot fixes which variables there are, with their shapes and dtypes. Values are
        copied before the call returns.

        Raises
        ------
        ValueError
            `step` does not rise, a name is not in the schema, or variables, shape or dtype differ
            from the first snapshot's.
        OSError
            Earlier rows could not be written.
        """
        self._extend("", {name: one_row(name, v) for name, v in {"step": step, **values}.items()})

    def append_metrics(self, step: ArrayLike, **columns: ArrayLike) -> None:
        """Add scalars of many steps at once: `step` and each column have one length."""
        self._extend("metrics", {"step": step, **columns})

    def append_evaluation(
        self,
        step: int,
        epoch: float,
        *,
        network: str = NETWORKS[0],
        features: str = FEATURES[0],
        options: Mapping[str, Any] | None = None,
        data: str | None = None,
        details: Mapping[str, Any] | None = None,
        **accuracies: float,
    ) -> None:
        """Add accuracies measured at `step` to the table of evaluations, a row each.

        Nothing is replaced: an evaluation made again is a row of its own, unless it came to the
        same in every column. Of rows with one protocol, network, features, options and data the
        last one counts.

        Parameters
        ----------
        step, epoch
            Of the network; not below those of the rows before.
        network, features : str
            Of `schema.NETWORKS`, `schema.FEATURES`.
        options : mapping, optional
            Every setting of the protocol; kept as JSON.
        data : str, optional
            What it was measured on; by default the fingerprint or name of the run's own data.
        details : mapping, optional
            What else is known: what the protocol chose, its other accuracies.
        **accuracies : float
            By name, ``knn_accuracy=0.5``: a share in [0, 1].

        Raises
        ------
        ValueError
            As `evaluation_rows`; or the step is below an earlier row's.
        OSError
            Earlier rows could not be written.
        """
        rows = evaluation_rows(
            step,
            epoch,
            accuracies,
            network=network,
            features=features,
            options=options,
            data=data_name(self._store.attrs) if data is None else data,
            details=details,
        )
        self._extend("evaluation", rows)

    def mark(self, **attrs: Any) -> None:
        """Add to what the store says of its run, plain JSON values; published with what follows."""
        self._check_alive()
        self._store.attrs |= attrs

    def _extend(self, group: str, rows: Mapping[str, ArrayLike]) -> None:
        self._check_alive()
        self._pending += self._groups[group].extend(rows)
        filled = any(len(block.shape) > 1 for _, _, block in self._pending)
        if filled or time.monotonic() - self._sealed_at > self._flush_seconds:
            self._seal()

    def _seal(self) -> None:
        """Hand everything buffered to the thread."""
        columns = [c for group in self._groups.values() for c in group.columns.values()]
        blocks = self._pending + [block for column in columns for block in column.tail()]
        self._pending = []
        self._sealed_at = time.monotonic()
        # Matrices, then scalars, then the step that makes a row a row.
        blocks.sort(key=lambda block: (block[0].endswith("step"), -block[2].ndim))
        if blocks:
            self._publisher.put(blocks, self._lengths())

    def _check_alive(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError(f"{self.path} was opened by another process; only it may write")
        if error := self._publisher.error:
            raise OSError(
                f"{self.path} could not be written: {error}; it is whole up to step "
                f"{self.committed_step}: free space or mend the disk, then resume"
            ) from error
        if self._lock < 0:
            raise ValueError(f"{self.path} is closed; resume it to write more")

    def flush(self) -> None:
        """Publish every row appended so far; returns when readers can see them."""
        self._check_alive()
        self._seal()
        self._publisher.join()
        self._check_alive()

    def close(self) -> None:
        """Publish the rest, mark the store closed, and let go of it. Closing twice is fine."""
        if self._lock < 0:
            return
        try:
            self.flush()
            self._store.attrs["closed"] = True
            self._store.publish(self._store.lengths, durable=self._durable)
            self._store.trim()
        finally:
            if os.getpid() == self._pid:
                self._publisher.stop()
                os.close(self._lock)
                self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            self.close()
        except OSError:
            if error is None:  # never hide the error that ended the run
                raise
