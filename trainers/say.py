"""Lines on stderr, beside whatever bar is there."""

import contextlib
import sys
import threading
from collections.abc import Iterator

from tqdm import tqdm

PATIENCE = 1.0  # seconds


def say(line: str) -> None:
    """Print a line on stderr, above a bar; that nobody reads there any more ends no training."""
    with contextlib.suppress(OSError):
        # Without tqdm's lock, which Ctrl-C may leave half-taken: one thread speaks.
        tqdm.write(line, file=sys.stderr, nolock=True)


@contextlib.contextmanager
def said_later(line: str) -> Iterator[None]:
    """Say a line if the block takes longer than a second."""
    timer = threading.Timer(PATIENCE, say, [line])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
