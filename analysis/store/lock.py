"""Whose a run is: one writer at a time, by locks that the operating system drops with the process.

Two things are locked: a file beside the run, ``.NAME.lock``, which no removal or renaming of the
run touches, and the run's directory itself, which a renaming takes along.
"""

import contextlib
import errno
import os
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self

from analysis.checks.paths import refuse_in_the_way
from analysis.store.address import refuse_address
from analysis.store.descriptors import (
    NO_LOCKS,
    fate,
    is_at,
    lock,
    open_directory,
    open_or_make,
    path_through,
)
from analysis.store.holder import said_in, this_process

_NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
_PROBED = (0.02, 0.1)  # seconds after which to try again: `is_held` may have been looking


class DisplacedError(OSError):
    """A run was moved, replaced or removed while it was written."""


class RunLock:
    """A run that is held, until `release` or the end of the process; see `hold`."""

    def __init__(self, run: str | os.PathLike[str]) -> None:
        self.run = Path(os.path.realpath(run))
        """Absolute and without links; it need not be there yet."""
        self._given = Path(run)
        self._pid = os.getpid()
        self._made: list[Path] = []
        self._beside: list[int] = []  # none or one
        self._own: dict[Path, int] = {}
        _locks.add(self)
        try:
            refuse_in_the_way(self.run.parent)
            self._hold_beside()
            if self.run.is_dir():
                self.own(self.run)
        except BaseException:
            self.release()
            raise

    def _hold_beside(self) -> None:
        file = lock_file(self.run)
        for _ in range(100):  # one is enough, but for processes that end at this very moment
            try:
                self._make_parents()
                descriptor = open_or_make(file)
            except FileNotFoundError:  # another process has removed the folder that it had made
                continue
            except OSError as error:
                if error.errno in _NOT_WRITABLE and not os.path.lexists(file):
                    return  # nobody can rename or remove the run either
                raise OSError(f"{self._given} cannot be written: {error.strerror}") from error
            try:
                lock(descriptor)
            except OSError as error:
                os.close(descriptor)
                raise self._refusal(error, said_in(file)) from None
            if is_at(file, descriptor):
                self._beside.append(descriptor)
                break
            os.close(descriptor)  # removed by its holder in between
        else:
            raise OSError(f"{self._given} cannot be written: no file can be made beside it")
        with contextlib.suppress(OSError):  # only for the message to whom it keeps out
            os.ftruncate(descriptor, 0)
            os.write(descriptor, this_process().encode())

    def _make_parents(self) -> None:
        missing = [parent for parent in self.run.parents if not parent.exists()]
        for parent in reversed(missing):
            with contextlib.suppress(FileExistsError):
                parent.mkdir()
                self._made.append(parent)

    def own(self, directory: Path) -> Path:
        """Hold a directory of the run, or the run's that was made since, wherever it is moved.

        Returns
        -------
        Path
            A path that leads to this very directory, moved or not, and nowhere once it is removed;
            where the system has none, `directory`.

        Raises
        ------
        BlockingIOError
            Another writer holds it.
        """
        for held in self._own.values():
            if is_at(directory, held):
                return path_through(held, directory)
        descriptor = open_directory(directory)
        if descriptor is None:
            return directory
        try:
            lock(descriptor)
        except OSError as error:
            # Some file systems lock files alone: then the one beside the run is held.
            if isinstance(error, BlockingIOError) or not self._beside:
                os.close(descriptor)
                raise self._refusal(error) from None
        if (before := self._own.pop(directory, None)) is not None:
            os.close(before)
        self._own[directory] = descriptor
        return path_through(descriptor, directory)

    def check(self) -> None:
        """Check that what is held is still where it was.

        Raises
        ------
        DisplacedError
            It was moved, replaced or removed; where it is now, if the system knows.
        """
        for directory, descriptor in self._own.items():
            if not is_at(directory, descriptor):
                raise DisplacedError(f"{directory} was {fate(descriptor)} while it was written")

    def release(self) -> None:
        """Let others have the run. Releasing twice is fine; a forked child releases nothing."""
        if os.getpid() != self._pid:
            return
        while self._own:
            os.close(self._own.popitem()[1])
        if self._beside:
            file = lock_file(self.run)
            with contextlib.suppress(OSError):  # Windows keeps a file that is open
                if is_at(file, self._beside[0]):
                    file.unlink()  # while it is held: nobody else can have locked it
            os.close(self._beside.pop())  # in one line: an interruption comes before or behind
        while self._made:
            with contextlib.suppress(OSError):  # something has come into it
                self._made.pop().rmdir()

    def _forget(self) -> None:
        # In a forked child: open there, it would be held beyond the parent's end.
        for descriptor in [*self._own.values(), *self._beside]:
            os.close(descriptor)
        self._own, self._beside = {}, []

    def _refusal(self, error: OSError, holder: str = "") -> OSError:
        if isinstance(error, BlockingIOError):
            given = f"{self._given} is held by another writer{f' ({holder})' if holder else ''}"
            if holder == this_process():
                return BlockingIOError(
                    f"{given}, this very process: close that, or end it (restart the kernel)"
                )
            return BlockingIOError(
                f"{given}: it is being trained or evaluated; wait for it or stop it"
            )
        if error.errno in NO_LOCKS:
            return OSError(
                f"{self.run.parent} is on a file system without locks ({error.strerror}): nothing "
                "would keep a second writer out of the run; put it on another disk"
            )
        return error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.release()


_locks: "weakref.WeakSet[RunLock]" = weakref.WeakSet()


def _forget_all() -> None:
    for held in list(_locks):
        held._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def hold(run: str | os.PathLike[str]) -> RunLock:
    """Hold a run, there or not yet, for writing: ``with hold(run) as held: ...``.

    Parameters
    ----------
    run : path
        The run's directory. Folders above it are made, and removed again if nothing came into them.

    Raises
    ------
    BlockingIOError
        Another writer holds it, in this process or any other.
    OSError, ValueError
        There cannot be a run, or the file system has no locks; or it is an address.
    """
    refuse_address(run)
    for seconds in _PROBED:
        try:
            return RunLock(run)
        except BlockingIOError:
            time.sleep(seconds)
    return RunLock(run)


def is_held(run: str | os.PathLike[str]) -> bool:
    """Return whether somebody writes a run, this process or any other; nothing is changed."""
    path = Path(os.path.realpath(run))
    for each in (lock_file(path), path):
        try:
            descriptor = os.open(each, os.O_RDONLY)
        except OSError:  # not there, or not ours to look at
            continue
        try:
            lock(descriptor, shared=True)
        except BlockingIOError:
            return True
        except OSError:  # no locks here
            continue
        finally:
            os.close(descriptor)
    return False


def lock_file(run: Path) -> Path:
    """Return the file beside a run, given without links, that is locked."""
    return run.with_name(f".{run.name}.lock")
