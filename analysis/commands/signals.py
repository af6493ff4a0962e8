"""Ctrl-C, a scheduler's SIGTERM and a closed terminal's SIGHUP: one interruption, three codes."""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Interruption:
    """Which signal has come, if one has."""

    number = int(signal.SIGINT)

    @property
    def code(self) -> int:
        """The exit code, as a shell has it: 130, 143 or 129."""
        return 128 + self.number

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt where the program is: a second signal is as safe as the first."""
        self.number = number
        _mute_if_gone()
        raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Let each of the signals raise KeyboardInterrupt in this block.

    One that the process was started to ignore stays ignored, as SIGHUP under `nohup`. Outside of
    the main thread, where no signal comes, nothing changes.
    """
    interruption = Interruption()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in NAMES:
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, interruption.hear)
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def quiet(command: Callable[[], int], name: str) -> int:
    """Run a whole process's command; Ctrl-C before or behind what hears it is one line, no trace.

    Before is while modules are imported; behind, while the interpreter ends, it ends at once.
    """
    try:
        return command()
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return Interruption().code
    finally:
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_package(package: str) -> int:
    """Run what ``python -m PACKAGE`` stands for, imported only here; return its exit code."""
    return quiet(
        lambda: importlib.import_module(f"{package}.commands.main").main(), f"python -m {package}"
    )


def _mute_if_gone() -> None:
    # Whatever is said to a terminal that was closed is an error, and would hide the interruption.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            descriptor = stream.fileno()
            try:
                os.write(descriptor, b"")
            except OSError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
