"""Folders of images as their users mean them: with classes, parts to train and test on, or not."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from trainers.data.image_files import decode_images, suffixes
from trainers.data.sources import Source

TRAIN = ("train", "training")
TEST = ("test", "testing", "val", "valid", "validation")
"""Names of parts, in any case; of several to test on, the first of these is taken."""
HELD_OUT = 0.2  # of a class, where a folder has no labelled test part

Listing = list[tuple[str, Path]]


class Layout(NamedTuple):
    """Images of a folder by part, each with its class ("" for none)."""

    train: Listing
    test: Listing
    notes: tuple[str, ...]
    """What was left out, held out or gone into, for the user to see."""


def read_folder(path: Path, size: int | None) -> Source:
    """Read the images below a folder, their central squares scaled to `size` pixels (64).

    Raises
    ------
    ValueError
        There is no image, the parts cannot be told from the classes, or test has a class that train
        has not.
    OSError
        An image is not readable.
    """
    side = size or 64
    layout = lay_out(path)
    classes = tuple(sorted({name for name, _ in layout.train if name}))
    number = {name: k for k, name in enumerate(classes)} | {"": -1}
    both = (layout.train, layout.test)
    x = [decode_images([file for _, file in part], side) for part in both]
    y = [torch.tensor([number[name] for name, _ in part], dtype=torch.int64) for part in both]
    return Source(classes, x[0], y[0], x[1], y[1], notes=layout.notes)


def lay_out(root: Path) -> Layout:
    """Find the images below a folder and what they are for.

    ``train/CLASS/*`` and ``test/CLASS/*`` (or a name of `TEST`), ``CLASS/*``, or images without
    classes. A folder that holds nothing but one folder of several is gone into. `TRAIN` is a part,
    and no class, where a part of `TEST` stands beside it or nothing does. Without labelled test
    images a fifth is held out: see `hold_out`.

    Raises
    ------
    ValueError
        There is no image, parts and classes stand side by side, or test has a class that train has
        not.
    OSError
        A folder cannot be read.
    """
    path = _unwrapped(root)
    notes = [f"taken from {path.relative_to(root)}/ in it"] if path != root else []
    train_part, *test_parts = _parts(path)
    train = list_images(train_part)
    test = list_images(test_parts[0]) if test_parts else []
    if unused := [part.name for part in test_parts[1:]]:
        notes.append(f"{', '.join(unused)} left out")
    if not train:
        raise ValueError(f"{path} has no images; CLASS/*.png, train/CLASS/*.png ... wanted")
    classes = {name for name, _ in train} - {""}
    if strange := sorted({name for name, _ in test} - classes - {""}):
        raise ValueError(
            f"{path}: test has classes {strange} that train has not; images without a class belong "
            f"directly into {test_parts[0].name}/"
        )
    if empty := sorted(child.name for child in _children(train_part) if child.name not in classes):
        notes.append(f"no images in {', '.join(empty)}")
    if classes and not any(name for name, _ in test):
        if test:
            notes.append(f"{test_parts[0].name}/ has no classes and is not scored")
        train, held_out = hold_out(train_part, train)
        test = held_out + test
        notes.append("a fifth of each class is held out as test images")
    return Layout(train, test, tuple(notes))


def list_images(folder: Path) -> Listing:
    """Return (class, file) of the images below a folder, sorted; class "" directly in it.

    Links are followed. What begins with a dot, and ``__MACOSX``, is no part of a data set.

    Raises
    ------
    OSError
        A folder in it cannot be read.
    """
    parts = [(file.relative_to(folder).parts, file) for file in sorted(_images(folder))]
    return [(names[0] if len(names) > 1 else "", file) for names, file in parts]


def hold_out(folder: Path, listed: Listing) -> tuple[Listing, Listing]:
    """Split images into those that train and those that test, about a fifth of each class.

    An image tests if a hash of its name below `folder` says so, whatever else is there: images that
    come later leave the others where they are. So that no class lacks either, the lowest hash of a
    class of two or more tests and the highest trains, whatever they are; only an image that trains
    by this exception can come to test later, in a share 0.2^n of classes that have n images.
    """
    hashes: dict[str, list[tuple[float, Path]]] = {}
    for name, file in listed:
        hashes.setdefault(name, []).append((_share(file.relative_to(folder).as_posix()), file))
    tested = set()
    for name, members in hashes.items():
        if name and len(members) > 1:
            lowest, *others, _ = sorted(members)
            tested |= {lowest[1], *(file for share, file in others if share < HELD_OUT)}
    parts: tuple[Listing, Listing] = [], []
    for name, file in listed:
        parts[file in tested].append((name, file))
    return parts


def _share(name: str) -> float:  # uniform in [0, 1)
    digest = hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def _unwrapped(root: Path) -> Path:
    """Return the folder of several that `root` holds and nothing else, or `root`."""
    path = root
    while len(inner := _with_images(path)) == 1 and not _loose(path):
        path = inner[0]
        if path.name.lower() in TRAIN:
            return path.parent
    return path if len(inner) > 1 else root


def _parts(path: Path) -> list[Path]:
    """Return the folder to train on and those to test on: `path` alone where there are no parts."""
    children = _with_images(path)
    train = [child for child in children if child.name.lower() in TRAIN]
    test = sorted(
        (child for child in children if child.name.lower() in TEST),
        key=lambda child: TEST.index(child.name.lower()),
    )
    if not train or not (test or len(children) == 1):
        return [path]
    if others := [child.name for child in children if child not in (train[0], *test)]:
        raise ValueError(
            f"{path} has {train[0].name}/ and {test[0].name}/ beside {', '.join(others)}: parts or "
            "classes? Keep either in a folder of its own"
        )
    return [train[0], *test]


def _with_images(path: Path) -> list[Path]:
    return [child for child in _children(path) if any(True for _ in _images(child))]


def _loose(path: Path) -> bool:
    return any(c.suffix.lower() in suffixes() and c.is_file() for c in path.iterdir())


def _children(path: Path) -> list[Path]:
    return sorted(c for c in path.iterdir() if c.is_dir() and not _hidden(c.name))


def _images(folder: Path, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:  # a link that leads back
        return
    for child in folder.iterdir():
        if _hidden(child.name):
            continue
        if child.is_dir():
            yield from _images(child, above | {real})
        elif child.suffix.lower() in suffixes() and (child.is_file() or child.is_symlink()):
            yield child  # a link to nothing is refused by name when it is read


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"
