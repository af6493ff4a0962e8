"""Writing a run while it happens: buffered, in the background, complete at every moment."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from analysis.columns import Block, Column
from analysis.lock import lock
from analysis.publisher import Publisher
from analysis.schema import COORDINATES, FORMAT, FORMAT_VERSION, GROUPS, check_variable
from analysis.store import SCALAR_ROWS, Store, check_chunks, read_root, rows_per_chunk


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
        self._variable_attrs = variable_attrs or {}
        self._flush_seconds = flush_seconds
        self._durable = durable
        self._columns: dict[str, dict[str, Column]] = {}
        self._last_step: dict[str, int] = {}
        self._pending: list[Block] = []
        self._sealed_at = time.monotonic()
        self._pid = os.getpid()
        try:
            if resume_after is None:
                mark = {"format": FORMAT, "format_version": FORMAT_VERSION, "closed": False}
                self._store = Store(self.path, {**(attrs or {}), **mark})
                self._store.publish({})
            else:
                self._resume(resume_after)
        except BaseException:
            os.close(self._lock)
            raise
        self._publisher = Publisher(self._store, durable)

    def _resume(self, after: int) -> None:
        root = read_root(self.path)
        nodes = root.get("consolidated_metadata", {}).get("metadata", {})
        for key, node in nodes.items():
            if node["node_type"] == "array":
                check_chunks(self.path, key, node)
        self._store = Store.open(self.path)
        lengths: dict[str, int] = {}
        for group in {key.rpartition("/")[0] for key in self._store.lengths}:
            prefix = f"{group}/" if group else ""
            names = [
                key.removeprefix(prefix)
                for key in self._store.lengths
                if key.rpartition("/")[0] == group
            ]
            stored = self._store.arrays[f"{prefix}step"]
            steps = np.asarray(stored[: self._store.lengths[f"{prefix}step"]])
            length = int(np.searchsorted(steps, after, side="right"))
            lengths |= {f"{prefix}{name}": length for name in names}
            self._columns[group] = {name: self._reload(prefix + name, length) for name in names}
            if length:
                self._last_step[group] = int(steps[length - 1])
        self._store.publish(lengths)
        self._store.sweep()

    def _reload(self, key: str, length: int) -> Column:
        array = self._store.arrays[key]
        column = Column(key, array.chunks[0], array.shape[1:], np.dtype(array.dtype))
        column.load(array, length)
        return column

    @property
    def committed_step(self) -> int | None:
        """The last step that a reader can see, or None."""
        length = self._store.lengths.get("step", 0)
        return int(np.asarray(self._store.arrays["step"][length - 1])) if length else None

    def last_step(self, group: str = "") -> int | None:
        """Return the last step appended to a group (``"metrics"``, ``"evaluation"``), or None."""
        return self._last_step.get(group)

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
        self._extend("", {"step": [step]} | {k: np.asarray(v)[None] for k, v in values.items()})

    def append_metrics(self, step: ArrayLike, **columns: ArrayLike) -> None:
        """Add scalars of many steps at once: `step` and each column have one length."""
        self._extend("metrics", {"step": step, **columns})

    def append_evaluation(self, step: int, epoch: float, **accuracies: float) -> None:
        """Add accuracies measured at `step`, or replace those that were measured there before.

        Each evaluation may have protocols of its own: what was not measured at a step is NaN. The
        protocol belongs into `variable_attrs` or `label`.
        """
        self._check_alive()
        group, columns = "evaluation", self._columns.get("evaluation", {})
        row = {"step": step, "epoch": epoch, **accuracies}
        if not (again := step == self._last_step.get(group)):
            self._check_rising(group, np.array([step]))
        if new := {name: np.array([row[name]]) for name in row if columns and name not in columns}:
            made = self._create(group, new)
            for column in made.values():
                column.extend(np.full(columns["step"].length, np.nan))
            columns |= made
        if again:
            for name, value in row.items():
                columns[name].replace_last(value)
        else:
            absent = dict.fromkeys(columns.keys() - row.keys(), np.nan)
            self._extend(group, {name: [value] for name, value in (row | absent).items()})

    def mark(self, **attrs: Any) -> None:
        """Add to what the store says of its run, plain JSON values; published with what follows."""
        self._check_alive()
        self._store.attrs |= attrs

    def label(self, name: str, attrs: Mapping[str, Any]) -> None:
        """Set what the store says of a variable that is there, ``"evaluation/knn_accuracy"``."""
        group, _, variable = name.rpartition("/")
        self._store.label(name, GROUPS[group][variable].attrs | dict(attrs))

    def _extend(self, group: str, rows: Mapping[str, ArrayLike]) -> None:
        self._check_alive()
        arrays = {name: np.asarray(values) for name, values in rows.items()}
        steps = arrays["step"] = arrays["step"].astype(np.int64)
        self._check_rising(group, steps)
        for name, values in arrays.items():
            if len(values) != len(steps):
                raise ValueError(f"{name!r} has {len(values)} rows, step has {len(steps)}")
        if group not in self._columns:
            self._columns[group] = self._create(group, arrays)
        columns = self._columns[group]
        if arrays.keys() != columns.keys():
            raise ValueError(
                f"this store holds {sorted(columns)}; got {sorted(arrays)}: "
                "the variables of a run are those of its first snapshot"
            )
        for name, column in columns.items():
            values = arrays[name]
            if values.shape[1:] != column.shape:
                raise ValueError(
                    f"{name!r} has shape {values.shape[1:]}; this store holds {column.shape}"
                )
            if column.shape and values.dtype != column.dtype:
                raise ValueError(
                    f"{name!r} has dtype {values.dtype}; this store holds {column.dtype}"
                )
        for name, column in columns.items():
            self._pending += column.extend(arrays[name])
        self._last_step[group] = int(steps[-1])
        filled = any(len(block.shape) > 1 for _, _, block in self._pending)
        if filled or time.monotonic() - self._sealed_at > self._flush_seconds:
            self._seal()

    def _check_rising(self, group: str, steps: np.ndarray) -> None:
        if np.any(np.diff(steps, prepend=(before := self._last_step.get(group, -1))) <= 0):
            raise ValueError(f"steps must rise: got {steps.tolist()[:5]} after {before}")

    def _create(self, group: str, arrays: Mapping[str, np.ndarray]) -> dict[str, Column]:
        known = COORDINATES | GROUPS[group]
        prefix = f"{group}/" if group else ""
        for name, values in arrays.items():
            check_variable(name, values, known)
        matrices = {name: values for name, values in arrays.items() if values.ndim > 1}
        itemsize = max((values.itemsize for values in matrices.values()), default=8)
        rows = rows_per_chunk((values.shape[1:] for values in matrices.values()), itemsize)
        columns = {}
        for name, values in arrays.items():
            scalar = np.dtype(np.int64 if name in ("step", "samples") else np.float64)
            column = Column(
                prefix + name,
                rows if name in matrices else SCALAR_ROWS,
                values.shape[1:],
                values.dtype if name in matrices else scalar,
            )
            self._store.create(
                column.key,
                shape=column.shape,
                dtype=column.dtype,
                rows=column.rows,
                dims=known[name].dims,
                attrs=known[name].attrs | dict(self._variable_attrs.get(column.key, {})),
            )
            columns[name] = column
        return columns

    def _seal(self) -> None:
        """Hand everything buffered to the thread."""
        columns = [column for group in self._columns.values() for column in group.values()]
        blocks = self._pending + [block for column in columns for block in column.tail()]
        self._pending = []
        self._sealed_at = time.monotonic()
        # Matrices, then scalars, then the step that makes a row a row.
        blocks.sort(key=lambda block: (block[0].endswith("step"), -block[2].ndim))
        if blocks:
            self._publisher.put(blocks, {column.key: column.length for column in columns})

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
