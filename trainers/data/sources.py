"""Where images come from: rendered, torchvision's downloads, an ``.npz`` file."""

import pickle
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torchvision import datasets

from trainers.data.labels import number_labels
from trainers.data.shapes import SHAPES, render_shapes


class Source(NamedTuple):
    """Images as they were read: (n, 3, h, w) uint8 and (n,) int64 labels, -1 for none."""

    classes: tuple[str, ...]
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    drawn: str = ""
    """What pixels follow from that are computed here; empty where they were read."""
    notes: tuple[str, ...] = ()
    """What was left out, held out or found missing, for the user to see."""


def read_shapes(root: Path, size: int | None) -> Source:
    """Render 6,000 training and 1,500 test images of `SHAPES`; the same whatever a run's seed."""
    side = size or 32
    train, test = render_shapes(6000, side), render_shapes(1500, side, stream=1)
    return Source(tuple(SHAPES), *train, *test, f"render_shapes, size {side}, streams 0 and 1")


def read_cifar10(root: Path, size: int | None) -> Source:
    """Read CIFAR-10 (Krizhevsky 2009): 50,000 and 10,000 images of 32 pixels, 10 classes."""
    try:
        train, test = (datasets.CIFAR10(root, train=t, download=True) for t in (True, False))
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise _offline("cifar10", root, error) from error
    x = [_planes("cifar10", data.data) for data in (train, test)]
    y = [torch.tensor(data.targets) for data in (train, test)]
    return Source(tuple(train.classes), x[0], y[0], x[1], y[1])


def read_stl10(root: Path, size: int | None) -> Source:
    """Read STL-10 (Coates+ 2011): 5,000 labelled, then 100,000 unlabelled; 8,000 to test."""
    try:
        train, test = (
            datasets.STL10(root, split=s, download=True) for s in ("train+unlabeled", "test")
        )
    except (OSError, RuntimeError) as error:
        raise _offline("stl10", root, error) from error
    x = [torch.from_numpy(data.data) for data in (train, test)]
    y = [torch.from_numpy(data.labels).long() for data in (train, test)]
    return Source(tuple(test.classes), x[0], y[0], x[1], y[1])


def read_npz(path: Path, size: int | None) -> Source:
    """Read x_train, y_train, x_test, y_test and, if there, classes from an ``.npz`` file.

    Images are uint8, (n, h, w, 3), (n, 3, h, w) or grey with 1 channel or none; labels are integers
    or strings, of whatever values: see `number_labels`.
    """
    wanted = ("x_train", "y_train", "x_test", "y_test")
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; an .npz file with {wanted} wanted")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not an .npz file; save one with numpy.savez({wanted})")
    with np.load(path, allow_pickle=False) as archive:
        if missing := [key for key in wanted if key not in archive]:
            raise ValueError(f"{path} has {sorted(archive)}; it lacks {missing}")
        try:
            arrays = {k: np.atleast_1d(archive[k]) for k in (*wanted, "classes") if k in archive}
        except (ValueError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ValueError(
                f"{path} cannot be read ({error}); plain arrays, not pickled, wanted"
            ) from error
    x = [_planes(f"x_{part} of {path}", arrays[f"x_{part}"]) for part in ("train", "test")]
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


def _planes(what: str, images: np.ndarray) -> Tensor:  # -> (n, 3, h, w)
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise ValueError(
            f"{what} has shape {images.shape} and {images.dtype}; (n, height, width, 3) or "
            f"(n, 3, height, width) uint8 wanted{_BYTES.get(images.dtype.kind, '')}"
        )
    x = torch.from_numpy(images)
    if x.ndim == 3:
        x = x[:, None]
    elif x.shape[3] in (1, 3):
        x = x.permute(0, 3, 1, 2)
    if x.shape[1] not in (1, 3):
        raise ValueError(f"{what} has shape {images.shape}; 3 channels, or 1 if grey, wanted")
    if x.numel() == 0:
        raise ValueError(f"{what} has no images: its shape is {images.shape}")
    return x.expand(-1, 3, -1, -1).contiguous()


_BYTES = {
    "f": "; (255 * x).round().astype('uint8') makes it of values from 0 to 1",
    "u": "; (x / white * 255).round().astype('uint8') makes it, with white the largest value",
    "i": "; x.astype('uint8') makes it of values from 0 to 255",
    "b": "; x.astype('uint8') * 255 makes it",
}


def _offline(name: str, root: Path, error: Exception) -> OSError:
    return OSError(
        f"{name} could not be downloaded ({error}): connect, or put the files under {root}, "
        "or pass --data FILE.npz"
    )
