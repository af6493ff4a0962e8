"""Lines on stderr, beside whatever bar is there."""

import contextlib
import sys

from tqdm import tqdm


def say(line: str) -> None:
    """Print a line on stderr, above a bar; that nobody reads there any more ends no training."""
    with contextlib.suppress(OSError):
        # Without tqdm's lock, which Ctrl-C may leave half-taken: one thread speaks.
        tqdm.write(line, file=sys.stderr, nolock=True)
