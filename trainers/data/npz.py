"""Images and labels of an ``.npz`` file: everything is asked of it before much of it is read."""

import os
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
import torch

from analysis.checks.fields import shown
from analysis.checks.one_line import one_line
from trainers.data.labels import number_labels
from trainers.data.source import Source, planes

WANTED = ("x_train", "y_train", "x_test", "y_test")


def read_npz(path: Path, size: int | None) -> Source:
    """Read x_train, y_train, x_test, y_test and, if there, classes from an ``.npz`` file.

    Images are uint8, (n, h, w, 3), (n, 3, h, w) or grey with 1 channel or none; labels are integers
    or strings, of whatever values: see `number_labels`.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is none, cannot be read, lacks an array, or one is not what it must be.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise FileNotFoundError(f"{path}: {what}; an .npz file with {', '.join(WANTED)} wanted")
    if not zipfile.is_zipfile(path):
        raise ValueError(
            f"{path} is not an .npz file; save one with numpy.savez({', '.join(WANTED)})"
        )
    arrays = _arrays(path)
    x = [planes(f"x_{part} of {path}", arrays[f"x_{part}"]) for part in ("train", "test")]
    if x[0].shape[1:] != x[1].shape[1:]:
        raise ValueError(
            f"{path}: training images are {tuple(x[0].shape[1:])} and test images "
            f"{tuple(x[1].shape[1:])}; one shape wanted"
        )
    labels = [arrays[f"y_{part}"] for part in ("train", "test")]
    flat = [y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y for y in labels]
    for part, images, y in zip(("train", "test"), x, flat, strict=True):
        if len(y) != len(images):
            raise ValueError(f"{path} has {len(images)} images in x_{part} and {len(y)} labels")
    try:
        classes, *numbers = number_labels(flat[0], flat[1], arrays.get("classes"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    y_train, y_test = map(torch.from_numpy, numbers)
    return Source(classes, x[0], y_train, x[1], y_test)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = set(archive.files)
            if not (missing := [name for name in WANTED if name not in names]):
                _check_sizes(path)
                there = [name for name in (*WANTED, "classes") if name in names]
                return {name: np.atleast_1d(archive[name]) for name in there}
    except (Exception, MemoryError) as error:  # by what is broken: zip's, zlib's, tokenizer's
        reason = one_line(error)
        raise ValueError(
            f"{path} cannot be read ({reason[:120]}); plain arrays, not pickled, wanted"
        ) from error
    raise ValueError(f"{path} has {shown(sorted(names))}; it lacks {missing}")


def _check_sizes(path: Path) -> None:
    """Check that members hold as much as they say, and that the memory does: a lie is no array."""
    total = 0
    with zipfile.ZipFile(path) as file:
        for member in file.infolist():
            if member.filename.removesuffix(".npy") in (*WANTED, "classes"):
                with file.open(member) as stream:
                    total += _claimed(stream, member)
    if total > (memory := _memory()):
        raise ValueError(f"its arrays take {total:.1e} bytes, and the memory has {memory:.1e}")


def _claimed(stream: IO[bytes], member: zipfile.ZipInfo) -> int:
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in read:
        return member.file_size
    shape, _, dtype = read[version](stream)
    count = 1
    for side in shape:
        count *= side
    if min(shape, default=0) < 0 or (
        not dtype.hasobject and stream.tell() + count * dtype.itemsize != member.file_size
    ):
        raise ValueError(
            f"{member.filename} says it has shape {shape}, and holds {member.file_size} bytes"
        )
    return member.file_size


def _memory() -> float:
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):  # not everywhere
        return float("inf")
