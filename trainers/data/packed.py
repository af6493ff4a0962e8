"""A packed folder of images: arrays on the disk that are trained from without being held in memory.

``x_train.npy`` and ``x_test.npy`` (n, 3, side, side) uint8, ``y_train.npy`` and ``y_test.npy`` (n,)
int64, and ``pack.json``, which is written last: without it a folder is not packed.
"""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analysis.checks.fields import shown
from analysis.checks.one_line import one_line
from trainers.data.array_file import MappedArray
from trainers.data.blocks import BLOCK, pixel_hash
from trainers.data.mapped_images import MappedImages
from trainers.data.pack_log import read_log
from trainers.data.source import Source

FILE = "pack.json"
FORMAT = "eigenspace pack 1"
PARTS = ("train", "test")


def is_packed(path: Path) -> bool:
    """Return whether a folder is packed, or half so."""
    return _description(path) is not None or read_log(path) is not None


def _description(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((path / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(found, dict) and str(found.get("format")).startswith("eigenspace pack")
    return found if ours else None


def described(path: Path) -> dict[str, Any] | None:
    """Return what a folder that is packed says of itself, None of any other.

    Raises
    ------
    ValueError
        It was packed by another version of the library.
    """
    found = _description(path)
    if found is not None and found["format"] != FORMAT:
        raise ValueError(
            f"{path} is a {shown(found['format'])}, of another version of the library; pack anew"
        )
    return found


def read_packed(path: Path, size: int | None) -> Source:
    """Open a packed folder: labels are read, images stay on the disk.

    Of the pixels the first and the last block of each part are compared with the hashes that were
    taken when they were packed; what is between is believed.

    Raises
    ------
    ValueError
        It is half packed, or is not as it was packed.
    OSError
        An array is missing or cannot be read.
    """
    if (found := described(path)) is None:
        raise ValueError(half_packed(path))
    try:
        classes, notes = tuple(map(str, found["classes"])), tuple(map(str, found["notes"]))
        hashes = {part: [str(one) for one in found["pixels"][part]] for part in PARTS}
        hashed, x, y = str(found["hash"]), {}, {}
        for part in PARTS:
            x[part] = _mapped(path / f"x_{part}.npy", found[part], found["side"], hashes[part])
            y[part] = _labels(path / f"y_{part}.npy", found[part], len(classes))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path / FILE} is damaged ({one_line(error)}); pack anew") from None
    return Source(
        classes,
        MappedImages(x["train"]),
        y["train"],
        MappedImages(x["test"]),
        y["test"],
        notes=notes,
        hashed=hashed,
    )


def half_packed(path: Path) -> str:
    """Return what is to be said of a folder whose packing has begun and not ended."""
    found = read_log(path)
    if found is None:
        return f"{path} is not packed"
    plan, done = found
    command = shlex.join(["pack", plan.folder, str(path), "--size", str(plan.side)])
    return (
        f"{path} is half packed, {min(len(done) * BLOCK, plan.images)} of {plan.images} images; "
        f"`eigenspace {command}` goes on"
    )


def _mapped(file: Path, n: int, side: int, hashes: list[str]) -> MappedArray:
    array = MappedArray(file)
    images = array.values
    if images.shape != (n, 3, side, side) or len(hashes) != -(-n // BLOCK):
        raise ValueError(
            f"{file} has shape {images.shape}, and {(n, 3, side, side)} was packed; pack anew"
        )
    for number in {0, len(hashes) - 1} if hashes else ():
        if pixel_hash(images[number * BLOCK : (number + 1) * BLOCK]) != hashes[number]:
            raise ValueError(f"{file} has other pixels than were packed; pack anew")
    return array


def _labels(file: Path, n: int, classes: int) -> Tensor:
    try:
        labels = np.load(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{file} is no .npy file: {one_line(error)}") from None
    if (
        labels.shape != (n,)
        or labels.dtype != np.int64
        or (n and not -1 <= labels.min() <= labels.max() < classes)
    ):
        raise ValueError(f"{file} is not the labels of {n} images of {classes} classes; pack anew")
    return torch.from_numpy(labels)
