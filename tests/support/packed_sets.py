"""Packed folders made without an image: of values at hand, or as large as one likes."""

import json
from pathlib import Path

import numpy as np

from trainers.data.array_file import make_array
from trainers.data.blocks import BLOCK, pixel_hash
from trainers.data.packed import FILE, FORMAT


def write_pack(out: Path, x_train, y_train, x_test, y_test, classes) -> Path:
    """Write a packed folder of arrays."""
    out.mkdir(parents=True, exist_ok=True)
    pixels = {}
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        np.save(out / f"x_{part}.npy", x)
        np.save(out / f"y_{part}.npy", y)
        starts = range(0, len(x), BLOCK)
        pixels[part] = [pixel_hash(x[first : first + BLOCK]) for first in starts]
    return _described(out, x_train.shape[-1], len(x_train), len(x_test), classes, pixels)


def sparse_pack(out: Path, n: int, side: int) -> Path:
    """Write a packed folder of `n` black images to train on, unlabelled: files without a block."""
    out.mkdir(parents=True, exist_ok=True)
    black = np.zeros((BLOCK, 3, side, side), np.uint8)
    pixels = {"train": [pixel_hash(black)] * (n // BLOCK), "test": []}
    if n % BLOCK:
        pixels["train"].append(pixel_hash(black[: n % BLOCK]))
    for part, count in (("train", n), ("test", 0)):
        make_array(out / f"x_{part}.npy", (count, 3, side, side))
        np.save(out / f"y_{part}.npy", np.full(count, -1))
    return _described(out, side, n, 0, (), pixels)


def _described(out, side, train, test, classes, pixels):
    words = {"format": FORMAT, "folder": "nowhere", "side": side, "train": train, "test": test}
    words |= {"classes": list(classes), "notes": [], "hash": "00", "pixels": pixels}
    (out / FILE).write_text(json.dumps(words))
    return out
