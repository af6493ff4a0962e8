"""Addresses as fsspec has them, ``s3://bucket/run``: what is read there is not written there."""

import os
import re
from pathlib import Path

from analysis.checks.paths import path_of

# Two letters at least: C:/ is a drive. A path keeps one slash of two.
_SCHEME = re.compile(r"((?:[a-z][a-z0-9+.-]+::)*[a-z][a-z0-9+.-]+):/+(.*)", re.DOTALL)
_LOCAL = ("file", "local")


def address_of(path: str | os.PathLike[str]) -> str | None:
    """Return the address that `path` is, None of a path in the file system.

    Examples
    --------
    >>> address_of("s3://bucket/run"), address_of("runs/byol-0"), address_of("file:///tmp/run")
    ('s3://bucket/run', None, None)
    """
    path_of("path", path)
    found = _SCHEME.fullmatch(os.fspath(path))
    if found is None or found[1] in _LOCAL or os.path.lexists(path):
        return None
    return f"{found[1]}://{found[2]}".rstrip("/")


def local_path(path: str | os.PathLike[str]) -> Path:
    """Return a path in the file system, also of ``file:///tmp/run``."""
    path_of("path", path)
    found = _SCHEME.fullmatch(os.fspath(path))
    if found is not None and found[1] in _LOCAL and not os.path.lexists(path):
        return Path("/", found[2])
    return Path(path)


def refuse_address(path: str | os.PathLike[str]) -> None:
    """Raise ValueError where `path` is an address, which nothing is written to."""
    if address_of(path) is not None:
        raise ValueError(
            f"{os.fspath(path)} is an address, from which runs are only read: write to a folder, "
            "and copy that"
        )
