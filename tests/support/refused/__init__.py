"""What is asked of every refusal: a kind of error, one line, the value in it, nothing written."""

import builtins
import signal
import threading
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

SECONDS = 60  # a refusal that takes longer is none
LONGEST = 300  # characters of a message
KINDS = (ValueError, OSError, FloatingPointError)
LIBRARY = ("analysis", "dynamics", "trainers")


def refuses(call: Callable[[], object], words: str, folder: Path) -> str:
    """Check that `call` is refused as all of the library refuses, and return what it says.

    Of Python's own kinds only ValueError, OSError and FloatingPointError: a LinAlgError is a
    ValueError, and no refusal.
    """
    before = contents(folder)
    with within(SECONDS), pytest.raises(KINDS) as caught:
        call()
    kind = type(caught.value)
    own = kind.__module__.split(".")[0] in LIBRARY
    assert own or (kind in vars(builtins).values() and not issubclass(kind, UnicodeError)), kind
    line = str(caught.value)
    check_line(line, words, folder)
    assert contents(folder) == before, "something was written"
    return line


def exits(main: Callable[[list[str]], int], words: str, folder: Path, capsys, *argv: str) -> str:
    """Check that a command line is refused with exit code 2 and one line, and return the line."""
    before = contents(folder)
    with within(SECONDS):
        try:
            code = main(list(argv))
        except SystemExit as left:
            code = left.code
    said = capsys.readouterr()
    assert code == 2, (code, said.out[-300:], said.err[-300:])
    assert "Traceback" not in said.err
    assert said.err.count("\n") == 1, said.err
    check_line(said.err.rstrip("\n"), words, folder)
    assert contents(folder) == before, "something was written"
    return said.err


def check_line(line: str, words: str, folder: Path) -> None:
    assert words in line
    assert "\n" not in line.strip()
    assert len(line.replace(str(folder), ".")) <= LONGEST, len(line)


def contents(folder: Path) -> dict[str, int]:
    """Return every path below a folder, and of files when they were last written."""
    return {str(p): 0 if p.is_dir() else p.lstat().st_mtime_ns for p in folder.rglob("*")}


@contextmanager
def within(seconds: float):
    """Fail what takes longer, be it stuck in a read: by an alarm, where there is one."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def ring(*_):
        raise AssertionError(f"not refused within {seconds} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def cases(*doors: ModuleType) -> list:
    """Return the tables of doors as parameters of a test: door, what is typed, what is said."""
    return [
        pytest.param(door, typed, words, id=f"{door.__name__.split('.')[-1]}: {typed[:60]}")
        for door in doors
        for typed, words in door.CASES.items()
    ]
