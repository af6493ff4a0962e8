"""Files that are whole or not there: written aside, then renamed over what they replace."""

import os
import re
import secrets
import sys
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

# What is written aside is called `.NAME.TOKEN.partial`; zarr calls it `NAME.TOKEN.partial`.
LEFTOVER = re.compile(r"(\..*\.[0-9a-f]{16}|[^.]+\.[0-9a-f]{32})\.partial", re.DOTALL)
LONGEST = 200  # bytes of a name that are kept beside the token: a name may have 255


@contextmanager
def replacing(file: Path, *, durable: bool = False) -> Iterator[Path]:
    """Give a path beside `file` to write to; at the end of the block it becomes `file`.

    A kill at any instruction leaves the old file or the new one. An error in the block leaves the
    old file, and nothing beside it. The path is an empty file of a name that nothing had: what lies
    there is touched by no one else, and is nobody else's.

    Parameters
    ----------
    file : path
        Its folder is there.
    durable : bool
        Also wait for the disk (fsync): needed against power loss, not kills.

    Raises
    ------
    OSError
        The disk is full, or the folder cannot be written to; the message names `file`.
    """
    with _naming(file):
        aside = _aside(file)
        try:
            yield aside
            if durable:
                fsync(aside)
            os.replace(aside, file)
            if durable:
                fsync(file.parent)
        finally:
            aside.unlink(missing_ok=True)


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.strerror is None:  # it has a message of its own
            raise
        raise type(error)(f"{file} could not be written: {reason(error)}") from error


def _aside(file: Path) -> Path:
    name = os.fsencode(file.name)[:LONGEST].decode(errors="ignore")
    while True:
        aside = file.with_name(f".{name}.{secrets.token_hex(8)}.partial")
        try:
            os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            continue
        return aside


def write_whole(file: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Replace `file` by `content`, text as UTF-8; otherwise as `replacing`."""
    with replacing(file, durable=durable) as aside:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)


def write_all(contents: Mapping[Path, bytes], *, durable: bool = False) -> set[Path]:
    """Replace files one after the other, each as `write_whole`; folders are made.

    Where it is asked, they wait for the disk together, before the first is renamed and after the
    last: of twenty files that takes half as long as each by itself.

    Returns
    -------
    set of Path
        The folders in which something is new.
    """
    folders = {file.parent for file in contents}
    asides: dict[Path, Path] = {}
    try:
        for file, content in contents.items():
            with _naming(file):
                folders |= make_missing(file.parent)
                asides[file] = _aside(file)
                asides[file].write_bytes(content)
        if durable:
            fsync_all(asides.values())
        for file, aside in asides.items():
            with _naming(file):
                os.replace(aside, file)
    finally:
        for aside in asides.values():
            aside.unlink(missing_ok=True)
    if durable:
        fsync_all(folders)
    return folders


def sweep_leftovers(folder: Path, name: str = "") -> None:
    """Remove what a killed `replacing` left in a folder, of the file `name` or of any.

    Nobody else may be writing there. Names that are not of our making, links and folders are left.
    """
    ours = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{16}}\.partial") if name else LEFTOVER
    for entry in entries(folder):
        if ours.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            os.unlink(entry.path)


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder, nothing where there is none, or a link to one."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    with os.scandir(folder) as found:
        return list(found)


def make_missing(folder: Path) -> set[Path]:
    """Make a folder and those above it that are not there; return in which ones it was made."""
    if folder.is_dir():
        return set()
    above = make_missing(folder.parent)
    folder.mkdir(exist_ok=True)
    return {folder.parent, *above}


def fsync(path: Path) -> None:
    """Wait until the disk has a file, or what a folder calls its files."""
    if sys.platform == "win32" and path.is_dir():
        return  # of a folder there is no such thing
    descriptor = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_all(paths: Collection[Path]) -> None:
    """Wait until the disk has them all."""
    with ThreadPoolExecutor(min(len(paths), 16) or 1) as pool:
        list(pool.map(fsync, paths))


def reason(error: BaseException) -> str:
    """Return what an error says, one of the system without its number and paths."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def in_words(error: BaseException) -> str:
    """Return what an error says, one of the system as path and reason, without its number."""
    path = getattr(error, "filename2", None) or getattr(error, "filename", None)
    return (
        f"{os.fsdecode(path)}: {reason(error)}" if isinstance(path, str | bytes) else reason(error)
    )
