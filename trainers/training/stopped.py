"""What is said when a run ends before its end: how far it came, what is kept, how to go on."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analysis.checks.interruption import was_interrupted
from analysis.store.lock import DisplacedError
from analysis.store.reader import SnapshotWriter
from trainers.named import failure

ANEW = "the same command begins anew"


@dataclass
class Reached:
    """How far a run has come."""

    step: int = 0
    """Optimiser steps taken."""
    kept: int | None = None
    """The step of its checkpoint, if there is one."""
    finished: bool = False
    """Nothing is left to be trained or measured."""


@contextmanager
def saying_how_to_go_on(run: Path, reached: Reached) -> Iterator[None]:
    """Let an interruption and a failing disk say what is kept of `run`, and what to type.

    Raises
    ------
    KeyboardInterrupt, OSError
        As they came, in one line.
    """
    try:
        yield
    except BaseException as error:
        if was_interrupted(error):
            raise KeyboardInterrupt(_interrupted(run, reached)) from error
        if not isinstance(error, OSError) or isinstance(error, BlockingIOError | DisplacedError):
            raise  # not of the disk: wrong numbers; held by someone else, or moved away
        raise OSError(f"{_failed(run, error)}; {_kept(run, reached)}") from error


@contextmanager
def saying_what_failed(run: Path, writer: SnapshotWriter, reached: Reached) -> Iterator[None]:
    """Let a failure of the user's own code say after which step, where, and what is kept of `run`.

    Raises
    ------
    ValueError
        In place of whatever that code raised.
    """
    try:
        yield
    except Exception as error:  # whatever a stranger's code does
        if isinstance(error, FloatingPointError) or not (told := failure(error)):
            raise
        stays = _stays(run, writer, reached)
        raise ValueError(f"after step {reached.step}: {told}; {stays}") from error


def _stays(run: Path, writer: SnapshotWriter, reached: Reached) -> str:
    if reached.kept is None:
        return f"nothing was written; when it is mended, {ANEW}"
    return (
        f"kept are the snapshots to step {writer.last_step()} and the checkpoint of step "
        f"{reached.kept}; when it is mended, {_resume(run)} goes on from there"
    )


def _interrupted(run: Path, reached: Reached) -> str:
    if reached.finished:
        return f"interrupted, and {run} is finished at step {reached.step}"
    if reached.kept is None:
        return f"interrupted before the first checkpoint of {run}; {ANEW}"
    back = f" from step {reached.kept}" if reached.kept < reached.step else ""
    return f"interrupted at step {reached.step}; {_resume(run)} continues it{back}"


def _failed(run: Path, error: OSError) -> str:
    if error.strerror is None:  # it has a message of its own, which names a file
        return str(error)
    path = error.filename2 or error.filename or run
    return f"{os.fsdecode(path)} could not be written: {error.strerror}"


def _kept(run: Path, reached: Reached) -> str:
    mend = "free space or mend the disk, then"
    if reached.kept is None:
        return f"there is no checkpoint yet: {mend} {ANEW}"
    return f"{mend} {_resume(run)} continues it from step {reached.kept}"


def _resume(run: Path) -> str:
    return f"`eigenspace resume {shlex.quote(str(run))}`"
