"""One writer a store; the operating system holds the lock, so a kill leaves none behind."""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _open(path: Path) -> int:
        return os.open(path / ".writer.lock", os.O_RDWR | os.O_CREAT)

    def _hold(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _open(path: Path) -> int:
        return os.open(path, os.O_RDONLY)

    def _hold(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock(path: Path) -> int:
    """Hold the folder `path` until the returned descriptor is closed or the process ends.

    Raises
    ------
    BlockingIOError
        Another writer holds it, in this process or any other.
    """
    descriptor = _open(path)
    try:
        _hold(descriptor)
    except OSError:
        os.close(descriptor)
        raise BlockingIOError(f"{path} is held by another writer; wait for it or stop it") from None
    return descriptor
