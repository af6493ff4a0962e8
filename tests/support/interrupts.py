"""Ctrl-C at the n-th line that runs, as if someone had waited for it."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def lines_of(rooms: Sequence[str], run: Callable[[], object]) -> int:
    """Return how many lines of `rooms` a call executes."""
    count = [0]

    def at_line(frame, event, _):
        count[0] += event == "line"
        return at_line

    parts = [str(Path(*room.split("/"))) for room in rooms]
    before = sys.gettrace()
    sys.settrace(
        lambda frame, *_: at_line if any(p in frame.f_code.co_filename for p in parts) else None
    )
    try:
        run()
    finally:
        sys.settrace(before)
    return count[0]


def interrupted_at(n: int, rooms: Sequence[str], run: Callable[[], object]) -> str | None:
    """Call `run`, and raise KeyboardInterrupt at the n-th line it executes in files of `rooms`.

    Returns what the interruption says in the end, None if it did not come so far. As with a signal
    only this thread is interrupted.
    """
    left = n

    def at_line(frame, event, _):
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return at_line

    def at_call(frame, *_):
        return at_line if any(room in frame.f_code.co_filename for room in parts) else None

    parts = [str(Path(*room.split("/"))) for room in rooms]
    before = sys.gettrace()
    sys.settrace(at_call)
    try:
        run()
    except KeyboardInterrupt as error:
        return str(error)
    finally:
        sys.settrace(before)
    return None
