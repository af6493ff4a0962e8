"""Where images come from: rendered, and torchvision's downloads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchvision import datasets

from analysis.checks.memory import ran_out
from analysis.checks.one_line import one_line
from trainers import ranks
from trainers.data.shapes import SHAPES, render_shapes
from trainers.data.source import Source, planes


def read_shapes(root: Path, size: int | None) -> Source:
    """Render 6,000 training and 1,500 test images of `SHAPES`; the same whatever a run's seed."""
    side = size or 32
    train, test = render_shapes(6000, side), render_shapes(1500, side, stream=1)
    return Source(tuple(SHAPES), *train, *test, f"render_shapes, size {side}, streams 0 and 1")


def read_cifar10(root: Path, size: int | None) -> Source:
    """Read CIFAR-10 (Krizhevsky 2009): 50,000 and 10,000 images of 32 pixels, 10 classes."""
    return _in_two_parts("cifar10", datasets.CIFAR10, root)


def read_cifar100(root: Path, size: int | None) -> Source:
    """Read CIFAR-100 (Krizhevsky 2009): as CIFAR-10, in 100 classes."""
    return _in_two_parts("cifar100", datasets.CIFAR100, root)


def read_fashion_mnist(root: Path, size: int | None) -> Source:
    """Read Fashion-MNIST (Xiao+ 2017): 60,000 and 10,000 grey images of 28 pixels, 10 classes."""
    return _in_two_parts("fashion-mnist", datasets.FashionMNIST, root)


def _in_two_parts(name: str, kind: Callable[..., Any], root: Path) -> Source:
    try:
        with ranks.one_first():
            train, test = (kind(root, train=t, download=True) for t in (True, False))
        x = [planes(name, np.asarray(data.data)) for data in (train, test)]
        y = [torch.as_tensor(data.targets) for data in (train, test)]
        for images, labels in zip(x, y, strict=True):
            if images.shape[1:] != x[0].shape[1:] or len(images) != len(labels):
                raise ValueError(f"{len(labels)} labels of images of shape {tuple(images.shape)}")
    except Exception as error:  # what torchvision does not check: assertions, struct's, pickle's
        words = str(error).lower()
        missing = "not found" in words or "download" in words
        if isinstance(error, OSError) or (isinstance(error, RuntimeError) and missing):
            raise _offline(name, root, error) from error
        if ran_out(error):
            raise
        raise OSError(
            f"{name} under {root} is damaged ({one_line(error)}); remove its files, and they are "
            "downloaded again"
        ) from error
    return Source(tuple(train.classes), x[0], y[0], x[1], y[1])


def read_stl10(root: Path, size: int | None) -> Source:
    """Read STL-10 (Coates+ 2011): 5,000 labelled, then 100,000 unlabelled; 8,000 to test."""
    try:
        with ranks.one_first():
            train, test = (
                datasets.STL10(root, split=s, download=True) for s in ("train+unlabeled", "test")
            )
    except (OSError, RuntimeError) as error:
        raise _offline("stl10", root, error) from error
    x = [torch.from_numpy(data.data) for data in (train, test)]
    y = [torch.from_numpy(data.labels).long() for data in (train, test)]
    return Source(tuple(test.classes), x[0], y[0], x[1], y[1])


def _offline(name: str, root: Path, error: Exception) -> OSError:
    return OSError(
        f"{name} could not be downloaded ({error}): connect, or put the files under {root}, "
        "or pass --data FILE.npz"
    )
