"""A run in the place of another: the old one is put aside, and removed when the new one stands.

=====================================  =========================================================
what is there                          how it goes on after a kill: `recover`
=====================================  =========================================================
NAME                                   nothing has happened
.NAME.replaced                         the old run goes back
.NAME.replaced, NAME with BEGINNING    back as well; but on, if NAME has a checkpoint: it stands
.NAME.removed                          it is removed
=====================================  =========================================================

All by who holds the run. Links are removed, never followed; a stranger's files go to the new run.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.store.atomic import LEFTOVER
from analysis.store.lock import DisplacedError, RunLock
from analysis.store.strays import is_empty
from trainers.runs.directory import BEGINNING, OWN, has_just_begun
from trainers.say import say


@contextmanager
def beginning(held: RunLock) -> Iterator[Callable[[], None]]:
    """Make the directory of a run, in the place of what `check_free` let pass.

    Gives a function to be called once the new run has a checkpoint: only then the old one is
    removed. Where the block ends before, the old one is back, or nothing is left.

    Raises
    ------
    OSError
        The old run cannot be put aside, or no new one be made; nothing has changed.
    """
    run = held.run
    if has_just_begun(run):
        _discard(run)
    if run.is_dir() and not is_empty(run):
        _rename(run, _beside(run, "replaced"))
    try:
        run.mkdir(exist_ok=True)
        (run / BEGINNING).touch()
        held.own(run)
        yield lambda: _finish(run)
    except BaseException:
        with contextlib.suppress(OSError):
            _undo(held)
        raise


def recover(held: RunLock) -> None:
    """Undo a replacement that was interrupted, or end it if the new run stands.

    Raises
    ------
    FileExistsError
        Something else has come to the place of the run that was put aside.
    """
    run, aside = held.run, _beside(held.run, "replaced")
    _remove(_beside(run, "removed"))
    if (run / BEGINNING).is_file() and not has_just_begun(run):
        _finish(run)
    if aside.is_symlink() or not aside.is_dir():
        return
    if has_just_begun(run):
        _discard(run)
    if run.is_dir() and is_empty(run):
        for stray in list(run.iterdir()):
            os.replace(stray, aside / stray.name)
        run.rmdir()
    if not os.path.lexists(run):
        _rename(aside, run)
        held.own(run)
        say(f"{run} is back as it was before an interrupted --overwrite")
    else:
        raise FileExistsError(
            f"{run} and {aside} are both there: the second was put aside by an --overwrite that "
            "was interrupted; move one of them away"
        )


def _undo(held: RunLock) -> None:
    run, aside = held.run, _beside(held.run, "replaced")
    try:
        held.check()
    except DisplacedError:  # what is there now, if anything, is not ours
        if aside.is_dir() and not os.path.lexists(run):
            os.rename(aside, run)
        return
    if has_just_begun(run):
        _discard(run)
    if aside.is_dir():
        recover(held)


def _finish(run: Path) -> None:
    aside, trash = _beside(run, "replaced"), _beside(run, "removed")
    if aside.is_dir():
        for entry in list(aside.iterdir()):
            if not _is_own(entry.name) and not os.path.lexists(run / entry.name):
                os.rename(entry, run / entry.name)
        os.rename(aside, trash)
    (run / BEGINNING).unlink(missing_ok=True)
    _remove(trash)


def _discard(run: Path) -> None:
    """Remove a run that has no checkpoint yet; what is not of a run stays."""
    for entry in list(run.iterdir()):
        if _is_own(entry.name) and entry.name != BEGINNING:
            _remove(entry)
    (run / BEGINNING).unlink()  # last: until then it is known for what it is
    with contextlib.suppress(OSError):
        run.rmdir()


def _is_own(name: str) -> bool:
    return name in OWN or LEFTOVER.fullmatch(name) is not None


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path, ignore_errors=True)  # what stays is tried again by the next holder


def _rename(old: Path, new: Path) -> None:
    try:
        os.rename(old, new)
    except OSError as error:
        raise OSError(f"{old} cannot be renamed to {new.name}: {error.strerror}") from error


def _beside(run: Path, what: str) -> Path:
    return run.with_name(f".{run.name}.{what}")
