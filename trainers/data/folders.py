"""Folders of images as their users mean them: with classes, parts to train and test on, or not."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from trainers.data.image_files import decode_images
from trainers.data.images import listed
from trainers.data.labels import UNLABELLED
from trainers.data.listing import (
    Listing,
    children,
    in_order,
    list_files,
    loose_images,
    with_images,
)
from trainers.data.source import Source

TRAIN = ("train", "training")
TEST = ("test", "testing", "val", "valid", "validation")
"""Names of parts, in any case; of several to test on, the first of these is taken."""
SIDE = 64  # pixels, where none are asked for
HELD_OUT = 0.2  # of a class, where a folder has no labelled test part


class Layout(NamedTuple):
    """Images of a folder by part, each with its class ("" for none)."""

    train: Listing
    test: Listing
    notes: tuple[str, ...]
    """What was left out, held out or gone into, for the user to see."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the training images, 2 before 10."""
        return tuple(sorted({name for name, _ in self.train if name}, key=in_order))

    def labels(self) -> tuple[Tensor, Tensor]:  # (n,), (m,)
        """Return the labels of both parts: positions in `classes`, -1 for none."""
        number = {name: k for k, name in enumerate(self.classes)} | {"": UNLABELLED}
        train, test = (
            torch.tensor([number[name] for name, _ in part], dtype=torch.int64)
            for part in (self.train, self.test)
        )
        return train, test


def read_folder(path: Path, size: int | None) -> Source:
    """Read the images below a folder, their central squares scaled to `size` pixels, or `SIDE`.

    Raises
    ------
    ValueError
        There is no image, the parts cannot be told from the classes, or test has a class that train
        has not.
    OSError
        An image is not readable.
    """
    layout, side = lay_out(path), size or SIDE
    y_train, y_test = layout.labels()
    x_train, x_test = (
        decode_images([file for _, file in part], side) for part in (layout.train, layout.test)
    )
    return Source(layout.classes, x_train, y_train, x_test, y_test, notes=layout.notes)


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
    parts = _parts(path)
    train_part, *test_parts = _unwrapped_alike(parts)
    if train_part != parts[0]:
        notes.append(f"taken from {train_part.relative_to(parts[0])}/ in each part")
    train, others = list_files(train_part)
    test, more = list_files(test_parts[0]) if test_parts else ([], Counter[str]())
    others += more
    if not train:
        found = f"; it has {_counted(others)}" if others else ""
        raise ValueError(f"{path} has no images; CLASS/*.png, train/CLASS/*.png ... wanted{found}")
    if parts[0] != path:
        notes += _beside(path, parts)
    classes = {name for name, _ in train} - {""}
    if strange := sorted({name for name, _ in test} - classes - {""}, key=in_order):
        raise ValueError(
            f"{path}: test has classes {strange} that train has not; images without a class belong "
            f"directly into {parts[1].name}/"
        )
    notes += _remarks(train_part, train, others)
    if classes and not any(name for name, _ in test):
        if test:
            notes.append(f"{parts[1].name}/ has no classes and is not scored")
        train, held_out = hold_out(train_part, train)
        test = held_out + test
        notes.append("a fifth of each class is held out as test images")
    return Layout(train, test, tuple(notes))


def _beside(path: Path, parts: list[Path]) -> Iterator[str]:
    """Yield what of a folder of parts is not read."""
    if unused := [part.name for part in parts[2:]]:
        yield f"{', '.join(unused)} left out"
    if loose := loose_images(path):
        yield f"{loose} images beside {parts[0].name}/ left out"
    if empty := [folder.name for folder in children(path) if folder not in with_images(path)]:
        yield f"no images in {listed(empty)}"


def _remarks(folder: Path, train: Listing, others: "Counter[str]") -> Iterator[str]:
    """Yield what of a part to train on may be otherwise than its user means it."""
    classes = {name for name, _ in train} - {""}
    if empty := [child.name for child in children(folder) if child.name not in classes]:
        yield f"no images in {listed(empty)}"
    if len(classes) == 1:
        yield f"one class alone, {next(iter(classes))}: any accuracy is 100 %"
    folded = Counter(name.casefold() for name in classes)
    if alike := [n for n in sorted(sorted(classes), key=str.casefold) if folded[n.casefold()] > 1]:
        yield f"classes that differ in case alone: {listed(alike)}"
    deeper = {name for name, file in train if name and file.parent != folder / name}
    if deeper:
        yield f"classes with folders in them: {listed(sorted(deeper, key=in_order))}"
    if others:
        yield f"no images that are read: {_counted(others)}"


def _counted(suffixes: "Counter[str]") -> str:
    by_number = sorted(suffixes.items(), key=lambda item: (-item[1], item[0]))
    words = [f"{n} {suffix or 'without suffix'}" for suffix, n in by_number]
    return listed(words, most=4)


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
    while len(inner := with_images(path)) == 1 and not loose_images(path):
        path = inner[0]
        if path.name.lower() in TRAIN:
            return path.parent
    return path if len(inner) > 1 else root


def _unwrapped_alike(parts: list[Path]) -> list[Path]:
    """Return the folder of classes in each part, where all keep theirs in one: ``train/images``."""
    inner = _unwrapped(parts[0])
    within = inner.relative_to(parts[0])
    alike = inner != parts[0] and all((part / within).is_dir() for part in parts)
    return [part / within for part in parts] if alike else parts


def _parts(path: Path) -> list[Path]:
    """Return the folder to train on and those to test on: `path` alone where there are no parts."""
    children = with_images(path)
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
