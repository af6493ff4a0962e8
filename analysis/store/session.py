"""A store that is held for writing: the rows that wait in memory, and their way to readers."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from analysis.store.atomic import fsync_all, make_missing, reason
from analysis.store.buffer import Block
from analysis.store.group import Group
from analysis.store.hierarchy import Store
from analysis.store.lock import DisplacedError, RunLock, hold
from analysis.store.publisher import Publisher
from analysis.store.schema import FORMAT, FORMAT_VERSION, GROUPS, STORE
from analysis.store.strays import is_empty


class Session:
    """The time between opening a store and closing it, in which nobody else writes to it.

    Parameters, raises: as `SnapshotWriter`.
    """

    def __init__(
        self,
        path: Path,
        *,
        attrs: Mapping[str, Any] | None,
        variable_attrs: Mapping[str, Mapping[str, Any]] | None,
        resume_after: int | None,
        flush_seconds: float,
        durable: bool,
        lock: RunLock | None,
    ) -> None:
        self.path = path
        self._flush_seconds = flush_seconds
        self._durable = durable
        self._pending: list[Block] = []
        self._sealed_at = time.monotonic()
        self._torn = False  # an interruption left columns of unequal length: they stay unpublished
        self._marked = False
        self._pid = os.getpid()
        self._ending = self._closed = False
        self._last_steps: dict[int, int] = {}  # by how many snapshots there are
        self._held = lock or hold(path.parent if path.name == STORE else path)
        self._is_mine = lock is None
        try:
            self._open(attrs, variable_attrs or {}, resume_after)
        except BaseException:
            self._let_go()
            raise
        self._publisher = Publisher(self.store, durable)

    def _open(
        self,
        attrs: Mapping[str, Any] | None,
        variable_attrs: Mapping[str, Mapping[str, Any]],
        resume_after: int | None,
    ) -> None:
        if resume_after is None:
            if self.path.exists() and (not self.path.is_dir() or not is_empty(self.path)):
                raise FileExistsError(
                    f"{self.path} exists; resume it, remove it or write elsewhere"
                )
            made = make_missing(self.path)
            if self._durable:  # the name of the store, and that of its run
                fsync_all({*made, self.path.parent, self.path.absolute().parent.parent})
        elif not self.path.is_dir():
            raise FileNotFoundError(f"no snapshot store at {self.path} to resume")
        self._held.own(self._held.run)
        if resume_after is None:
            mark = {"format": FORMAT, "format_version": FORMAT_VERSION, "closed": False}
            self.store = Store(self.path, {**(attrs or {}), **mark}, self._held)
            self.store.publish({}, durable=self._durable)
        else:
            self.store = Store.open(self.path, self._held)
        self.groups = {name: Group(name, self.store, variable_attrs) for name in GROUPS}
        if resume_after is not None:
            for group in self.groups.values():
                group.reload(resume_after)
            self.store.publish(lengths := self._lengths(), durable=self._durable)
            self._note(lengths)
            self.store.sweep()

    def _let_go(self) -> None:
        if self._is_mine:
            self._held.release()
        self._closed = True

    def _note(self, lengths: Mapping[str, int]) -> None:
        # Remembered, since errors name it when the store may have gone.
        if n := lengths.get("step", 0):
            self._last_steps[n] = self.groups[""].last_step

    def _lengths(self) -> dict[str, int]:
        return {k: n for group in self.groups.values() for k, n in group.lengths().items()}

    @property
    def committed_step(self) -> int | None:
        """The last step that a reader can see, or None."""
        return self._last_steps.get(self.store.lengths.get("step", 0))

    def extend(self, group: str, rows: Mapping[str, ArrayLike]) -> None:
        """Take in rows of a group, all or none; hand on what fills a chunk or waited long."""
        self.check_alive()
        with self._all_or_nothing(), self._explained():
            self._pending += self.groups[group].extend(rows)
            filled = any(len(block.shape) > 1 for _, _, block in self._pending)
            if filled or time.monotonic() - self._sealed_at > self._flush_seconds:
                self._seal()

    def mark(self, attrs: Mapping[str, Any]) -> None:
        """Change the attributes of the root; the next seal publishes them."""
        self.check_alive()
        self.store.attrs |= attrs
        self._marked = True

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        # Set first and cleared last: Ctrl-C may raise between any two instructions.
        self._torn = True
        try:
            yield
        except (ValueError, TypeError, OSError):  # before any column took the rows in
            self._torn = False
            raise
        self._torn = False

    def _seal(self) -> None:
        """Hand everything buffered to the thread."""
        columns = [c for group in self.groups.values() for c in group.columns.values()]
        blocks = self._pending + [block for column in columns for block in column.tail()]
        self._pending = []
        self._sealed_at = time.monotonic()
        # Matrices, then scalars, then the step that makes a row a row.
        blocks.sort(key=lambda block: (block[0].endswith("step"), -block[2].ndim))
        if blocks or self._marked:
            self._marked = False
            lengths = self._lengths()
            self._note(lengths)
            self._publisher.put(blocks, lengths)

    def check_alive(self) -> None:
        """Raise if rows cannot be taken in: closed, of another process, displaced, disk failed."""
        if os.getpid() != self._pid:
            raise RuntimeError(f"{self.path} was opened by another process; only it may write")
        if self._ending or self._closed:
            raise ValueError(f"{self.path} is closed; resume it to write more")
        with self._explained():
            self._held.check()
            if error := self._publisher.error:  # of a codec it may be any
                self.store.check()  # a folder that is being removed fails first as a disk would
                raise error if isinstance(error, OSError) else OSError(str(error)) from error
        if self._torn:
            raise ValueError(f"{self.path} was interrupted while it took in rows; resume it")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DisplacedError as error:
            raise DisplacedError(
                f"{error}; it has the snapshots up to step {self.committed_step}, and nothing was "
                "written in its place: resume it where it is, or train anew"
            ) from error
        except OSError as error:
            raise OSError(
                f"{self.path} could not be written: {reason(error)}; it is whole "
                f"up to step {self.committed_step}, from which it can be resumed"
            ) from error

    def flush(self) -> None:
        """Publish every row appended so far; returns when readers can see them."""
        self.check_alive()
        with self._all_or_nothing():
            self._seal()
        self._publisher.join()
        self.check_alive()
        with self._explained():
            self.store.check()  # where there was nothing to publish nobody has looked

    def close(self) -> None:
        """Publish the rest, mark the store closed, and let go of it. Closing twice is fine.

        After an interruption amid a row only what was published before stays, and the store is not
        marked closed. A closing that was interrupted is ended by closing again.
        """
        if self._closed:
            return
        try:
            if self._torn or self._ending:
                return
            self.flush()
            self.store.attrs["closed"] = True
            with self._explained():
                self.store.publish(self.store.lengths, durable=self._durable)
                self.store.trim(durable=self._durable)
                self.store.check()
        finally:
            self._ending = True
            if os.getpid() == self._pid:
                self._publisher.stop()
                self._let_go()
