"""Open files and directories by their descriptors: locked, compared with a path, found again."""

import errno
import os
import sys
from pathlib import Path

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF)

if sys.platform == "win32":
    import msvcrt

    def lock(descriptor: int, *, shared: bool = False) -> None:
        """Lock, or raise BlockingIOError at once; other OSErrors are of a system without locks."""
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # past what others read
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from None

    def open_directory(path: Path) -> int | None:
        """Open a directory, where the system can."""
        return None
else:
    import fcntl

    def lock(descriptor: int, *, shared: bool = False) -> None:
        """Lock, or raise BlockingIOError at once; other OSErrors are of a system without locks."""
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def open_directory(path: Path) -> int | None:
        """Open a directory, where the system can."""
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY)


def open_or_make(file: Path) -> int:
    """Open a file to be locked, made if it is not there; a link is not followed."""
    flags = getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | flags, 0o666)
    except PermissionError:
        return os.open(file, os.O_RDONLY | flags)  # another user's


def is_at(path: Path, descriptor: int) -> bool:
    """Return whether a path leads to what was opened."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except OSError:
        return False


def path_through(descriptor: int, path: Path) -> Path:
    """Return a path that leads to an open directory wherever it is moved; else `path`.

    Once the directory is removed, nothing can be made under it.
    """
    through = Path(f"/proc/self/fd/{descriptor}")
    return through if through.is_dir() else path


def fate(descriptor: int) -> str:
    """Return what became of an open directory that is no longer at its path."""
    try:
        now = os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return "moved, replaced or removed"
    return "removed" if now.endswith(" (deleted)") else f"moved to {now}"
