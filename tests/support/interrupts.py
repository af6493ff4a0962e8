"""Ctrl-C at the n-th line that runs, as if someone had waited for it."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def interrupted_at(n: int, rooms: Sequence[str], run: Callable[[], object]) -> bool:
    """Call `run`, and raise KeyboardInterrupt at the n-th line it executes in files of `rooms`.

    Returns whether it came so far. As with a signal only this thread is interrupted.
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
        return at_line if any(room in frame.f_code.co_filename for room in ROOMS) else None

    ROOMS = [str(Path(*room.split("/"))) for room in rooms]
    before = sys.gettrace()
    sys.settrace(at_call)
    try:
        run()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
