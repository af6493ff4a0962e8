"""What is said when a run ends before its end: how far it came, what is kept, how to go on."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


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
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(_interrupted(run, reached)) from error
    except OSError as error:
        raise OSError(f"{_said(error)}; {_kept(run, reached)}") from error


def _interrupted(run: Path, reached: Reached) -> str:
    if reached.finished:
        return f"interrupted, and {run} is finished at step {reached.step}"
    if reached.kept is None:
        return f"interrupted before the first checkpoint of {run}; {_anew(run)}"
    back = f" from step {reached.kept}" if reached.kept < reached.step else ""
    return f"interrupted at step {reached.step}; {_resume(run)} continues it{back}"


def _kept(run: Path, reached: Reached) -> str:
    mend = "free space or mend the disk, then"
    if reached.kept is None:
        return f"nothing of {run} is kept: {mend} {_anew(run)}"
    return f"{run} is kept to step {reached.kept}: {mend} {_resume(run)} continues it"


def _resume(run: Path) -> str:
    return f"`eigenspace resume {shlex.quote(str(run))}`"


def _anew(run: Path) -> str:
    return "the same command with --overwrite begins anew"


def _said(error: OSError) -> str:
    """Return what an OSError says without its number, with the path first."""
    if error.strerror is None:
        return str(error)
    path = error.filename2 or error.filename
    return f"{path} could not be written: {error.strerror}" if path else error.strerror
