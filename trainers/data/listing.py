"""The files below a folder of images: which are images, and of which class."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from trainers.data.image_files import suffixes

Listing = list[tuple[str, Path]]
# Of archives, network drives and disks: thumbnails and what was deleted, among others.
SYSTEM = (
    *("__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information"),
    *("lost+found", "__pycache__", "thumbs.db", "desktop.ini"),
)


def list_images(folder: Path) -> Listing:
    """Return (class, file) of the images below a folder, sorted; class "" directly in it.

    Links are followed. What begins with a dot, or is of `SYSTEM`, is no part of a data set.

    Raises
    ------
    OSError
        A folder in it cannot be read.
    """
    return list_files(folder)[0]


def list_files(folder: Path) -> tuple[Listing, "Counter[str]"]:
    """Return the images below a folder, and how many files there are of other suffixes."""
    images, others = [], Counter[str]()
    for file in _files(folder):
        if is_image(file):
            images.append(file)
        else:
            others[file.suffix.lower()] += 1
    parts = [(file.relative_to(folder).parts, file) for file in sorted(images)]
    return [(names[0] if len(names) > 1 else "", file) for names, file in parts], others


def with_images(path: Path) -> list[Path]:
    """Return the folders in `path` that have images, at whatever depth."""
    return [child for child in children(path) if any(map(is_image, _files(child)))]


def loose_images(path: Path) -> int:
    """Return how many images lie in `path` itself."""
    return sum(map(is_image, path.iterdir()))


def children(path: Path) -> list[Path]:
    """Return the folders in `path`, without what is hidden."""
    return sorted(c for c in path.iterdir() if c.is_dir() and not _hidden(c.name))


def _files(folder: Path, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:  # a link that leads back
        return
    for child in folder.iterdir():
        if _hidden(child.name):
            continue
        if child.is_dir():
            yield from _files(child, above | {real})
        else:
            yield child


def is_image(file: Path) -> bool:
    """Return whether a file is read as an image, by its suffix in whatever case."""
    # A link to nothing is refused by name when it is read.
    known = file.suffix.lower() in suffixes() and not _hidden(file.name)
    return known and (file.is_file() or (file.is_symlink() and not file.is_dir()))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in SYSTEM


def in_order(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return what sorts names as people do: class 2 before class 10."""
    parts = re.split(r"([0-9]+)", name)
    return [(int(part), "") if i % 2 else (0, part) for i, part in enumerate(parts)], name
