"""Files that are whole or not there: written aside, then renamed over what they replace."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(file: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a path beside `file` to write to; at the end of the block it becomes `file`.

    A kill at any instruction leaves the old file or the new one. An error in the block leaves the
    old file, and nothing beside it.

    Parameters
    ----------
    file : path
        Its folder is there.
    durable : bool
        Also wait for the disk (fsync): needed against power loss, not kills.
    """
    aside = file.with_name(f".{file.name}.partial")
    try:
        yield aside
        if durable:
            fsync(aside)
        os.replace(aside, file)
        if durable:
            fsync(file.parent)
    finally:
        aside.unlink(missing_ok=True)


def write_whole(file: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Replace `file` by `content`, text as UTF-8; otherwise as `replacing`."""
    with replacing(file, durable=durable) as aside:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)


def fsync(path: Path) -> None:
    """Wait until the disk has a file, or what a folder calls its files."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
