"""Where what a user brings is imported from: the working directory, too."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def importing_from_here() -> Iterator[None]:
    """Let modules of the working directory be imported while this lasts.

    It is looked at behind what is installed, which a file of that name must not hide.
    """
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        yield
    finally:
        sys.path.remove(here)
