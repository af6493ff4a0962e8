"""Paths as they are given, before anything is looked at under them."""

import os
from pathlib import Path
from typing import Any

from analysis.checks.fields import shown

PART = 255  # bytes of a name, on nearly every file system


def path_of(name: str, value: Any) -> Path:
    """Return a path that a file system can have.

    Parameters
    ----------
    name : str
        As the message calls it.
    value : str or path

    Raises
    ------
    ValueError
        It is none, empty, has a NUL or a line break in it, or a name of more than 255 bytes.

    Examples
    --------
    >>> path_of("run", None)
    Traceback (most recent call last):
    ValueError: run is None; a path wanted
    """
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(text, str) or not text:
        raise ValueError(f"{name} is {shown(value)}; a path wanted")
    if any(c in text for c in "\0\n\r"):
        raise ValueError(f"{name} is {shown(text)}; a path without NUL and line breaks wanted")
    path = Path(text)
    long = [part for part in path.parts if len(os.fsencode(part)) > PART]
    if long:
        raise ValueError(
            f"{name} has a name of {len(os.fsencode(long[0]))} bytes in it, {shown(long[0])}; at "
            f"most {PART} wanted"
        )
    return path


def refuse_in_the_way(path: Path) -> None:
    """Raise NotADirectoryError if a file, or a link to none, is where a folder is to be made."""
    for there in (path, *path.parents):
        if os.path.lexists(there):
            if not there.is_dir():
                kind = "a file"
                if there.is_symlink():
                    kind = "a link to a file" if there.exists() else "a link that leads nowhere"
                below = "" if there == path else f", for {path} to be made in"
                raise NotADirectoryError(f"{there} is {kind}; a folder wanted{below}")
            return


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises
    ------
    OSError
        It cannot be made, or something else is there.
    """
    refuse_in_the_way(path)
    path.mkdir(parents=True, exist_ok=True)
