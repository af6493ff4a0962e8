"""Where images come from: torchvision's downloads, an ``.npz`` file, a folder."""

import pickle
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torchvision import datasets
from tqdm import tqdm

from trainers.randomness import permutation
from trainers.shapes import SHAPES, render_shapes

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
Listing = list[tuple[str, Path]]
HELD_OUT = 5  # every fifth image of a class tests where a folder has no test part


class Source(NamedTuple):
    """Images as they were read: (n, 3, h, w) uint8 and (n,) int64 labels, -1 for none."""

    classes: tuple[str, ...]
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    drawn: str = ""
    """What pixels follow from that are computed here; empty where they were read."""


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

    Images are uint8, (n, h, w, 3), (n, 3, h, w) or grey with 1 channel or none; labels integers.
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
            arrays = {k: np.asarray(archive[k]) for k in (*wanted, "classes") if k in archive}
        except (ValueError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ValueError(
                f"{path} cannot be read ({error}); plain arrays, not pickled, wanted"
            ) from error
    parts = []
    for split in ("train", "test"):
        images = _planes(f"x_{split} of {path}", arrays[f"x_{split}"])
        labels = _labels(f"y_{split} of {path}", arrays[f"y_{split}"], len(images))
        parts += [images, labels]
    if parts[0].shape[1:] != parts[2].shape[1:]:
        raise ValueError(
            f"{path}: training images are {tuple(parts[0].shape[1:])} and test images "
            f"{tuple(parts[2].shape[1:])}; one shape wanted"
        )
    highest = int(torch.cat([parts[1], parts[3]]).max())
    classes = tuple(map(str, arrays.get("classes", range(highest + 1))))
    if highest >= len(classes):
        raise ValueError(f"{path} has label {highest} and {len(classes)} classes; one name each")
    return Source(classes, parts[0], parts[1], parts[2], parts[3])


def read_folder(path: Path, size: int | None) -> Source:
    """Read ``train/CLASS/*`` and ``test/CLASS/*``, or ``CLASS/*``, or unlabelled images.

    Without a test part every fifth image of each class, by name, is held out for tests. Images are
    resized so that the central square of `size` pixels (64) remains. Training images are shuffled,
    always in the same way, so that the first N are a fair sample.
    """
    side = size or 64
    if (path / "train").is_dir():
        held_out = next((path / s for s in ("test", "val") if (path / s).is_dir()), None)
        train, test = list_images(path / "train"), list_images(held_out) if held_out else []
    else:
        train, test = list_images(path), []
    classes = tuple(sorted({name for name, _ in train if name}))
    if strange := sorted({name for name, _ in test} - set(classes)):
        raise ValueError(f"{path}: test has classes {strange} that train has not")
    if not train:
        raise ValueError(f"{path} has no images; CLASS/*.png, train/CLASS/*.png ... wanted")
    if classes and not test:
        train, test = _split(train)
    train = [train[i] for i in permutation(0, 0, len(train)).tolist()]
    number = {name: k for k, name in enumerate(classes)} | {"": -1}
    x = [decode_images([file for _, file in listed], side) for listed in (train, test)]
    y = [
        torch.tensor([number[name] for name, _ in listed], dtype=torch.int64)
        for listed in (train, test)
    ]
    return Source(classes, x[0], y[0], x[1], y[1])


def list_images(folder: Path) -> Listing:
    """Return (class, file) of the images below a folder, sorted; class "" directly in it."""
    found = sorted(f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
    parts = [(f.relative_to(folder).parts, f) for f in found]
    return [(p[0] if len(p) > 1 else "", f) for p, f in parts if not f.name.startswith(".")]


def _split(listed: Listing) -> tuple[Listing, Listing]:
    parts: tuple[Listing, Listing] = [], []
    seen: dict[str, int] = {}
    for name, file in listed:
        seen[name] = seen.get(name, 0) + 1
        parts[bool(name) and seen[name] % HELD_OUT == 0].append((name, file))
    return parts


def decode_images(files: list[Path], side: int) -> Tensor:  # -> (n, 3, side, side)
    """Return the central squares of images, scaled to `side`, uint8.

    Raises
    ------
    OSError
        One is not readable.
    """

    def decode(file: Path) -> np.ndarray:
        try:
            with Image.open(file) as image:
                square = ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.BILINEAR)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise OSError(f"{file} is not a readable image ({error}); mend or remove it") from error
        return np.asarray(square).transpose(2, 0, 1)

    out = torch.empty(len(files), 3, side, side, dtype=torch.uint8)
    with ThreadPoolExecutor() as pool:  # Pillow decodes outside the interpreter's lock
        images = pool.map(decode, files)
        for k, image in enumerate(tqdm(images, "reading", len(files), disable=None, leave=False)):
            out[k] = torch.from_numpy(image.copy())
    return out


def _planes(what: str, images: np.ndarray) -> Tensor:  # -> (n, 3, h, w)
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise ValueError(
            f"{what} has shape {images.shape} and {images.dtype}; "
            "(n, height, width, 3) or (n, 3, height, width) uint8 wanted"
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


def _labels(what: str, labels: np.ndarray, n: int) -> Tensor:  # -> (n,)
    if labels.size == n and labels.ndim == 2:
        labels = labels[:, 0]
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{what} has shape {labels.shape} and {labels.dtype}; {n} integers wanted, one an image"
        )
    if n and labels.min() < -1:
        raise ValueError(f"{what} has label {labels.min()}; 0 and up, or -1 for unlabelled, wanted")
    return torch.from_numpy(labels.astype(np.int64))


def _offline(name: str, root: Path, error: Exception) -> OSError:
    return OSError(
        f"{name} could not be downloaded ({error}): connect, or put the files under {root}, "
        "or pass --data FILE.npz"
    )
