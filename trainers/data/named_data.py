"""Data that a user brings: arrays by their names, or map-style datasets, one for each part."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from analysis.checks.fields import shown
from analysis.checks.names import unknown
from analysis.checks.one_line import one_line
from trainers.data.labels import UNLABELLED, number_labels
from trainers.data.source import Source, Triple, planes
from trainers.named import failed, find

ARRAYS = ("x_train", "y_train", "x_test", "y_test", "x_unlabelled", "classes", "mean", "std")
HOLD = 5  # as in folders: a fifth tests
PARTS = ("train", "test", "unlabelled")


def read_named(name: str) -> Source:
    """Return the images that ``package.module:name`` stands for; it is called if it can be.

    What it gives is a mapping of arrays, ``x_train`` and, if there are any, ``y_train``,
    ``x_test``, ``y_test``, ``x_unlabelled``; or of map-style datasets, ``train`` and, if there are
    any, ``test`` and ``unlabelled``, whose samples are an image or an image and its label; or one
    dataset alone, ``train``. Images are uint8, as `planes` takes them, or PIL's. Beside them may
    stand ``classes``, and the ``mean`` and ``std`` of each channel, in units of white. Where no
    part tests, a fifth of the labelled images is held out.

    Raises
    ------
    ValueError
        It is not there, fails, or gives something else.
    """
    found = find("data", name)
    is_dataset = hasattr(found, "__getitem__") and hasattr(found, "__len__")
    if callable(found) and not is_dataset:
        try:
            found = found()
        except Exception as error:  # whatever a stranger's code does
            raise failed(f"data {name!r} fails", error) from error
    given = found if isinstance(found, Mapping) else {"train": found}
    for key in given:
        if key not in (*ARRAYS, *PARTS):
            raise ValueError(f"{name}: {unknown('part', str(key), [*ARRAYS, *PARTS])}")
    x, y = {}, {}
    for part in PARTS:
        if part in given:
            x[part], y[part] = _samples(f"{part} of {name}", given[part])
        elif f"x_{part}" in given:
            x[part] = _array(f"x_{part} of {name}", given[f"x_{part}"])
            y[part] = _labels(f"y_{part} of {name}", given.get(f"y_{part}"), len(x[part]))
    if "train" not in x:
        raise ValueError(f"data {name!r} gives {shown(found)}; x_train, or a dataset, wanted")
    images = {part: planes(f"x_{part} of {name}", values) for part, values in x.items()}
    shapes = {part: tuple(values.shape[1:]) for part, values in images.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"{name}: images are {shapes}; one shape wanted")
    notes: tuple[str, ...] = ()
    if "test" not in x and (y["train"] != _nothing(y["train"])).any():
        held = np.arange(len(y["train"])) % HOLD == HOLD - 1
        images["test"], y["test"] = images["train"][held], y["train"][held]
        images["train"], y["train"] = images["train"][~held], y["train"][~held]
        notes = (f"every {HOLD}th image was held out: there is no test part",)
    bare = np.full(0, _nothing(y["train"]))
    try:
        classes, *numbers = number_labels(y["train"], y.get("test", bare), given.get("classes"))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    train, test = (torch.from_numpy(values) for values in numbers)
    if "unlabelled" in images:
        images["train"] = torch.cat([images["train"], images["unlabelled"]])
        train = torch.cat([train, torch.full((len(images["unlabelled"]),), UNLABELLED)])
    mean, std = (_triple(f"{key} of {name}", given.get(key)) for key in ("mean", "std"))
    x_test = images.get("test", images["train"][:0])
    return Source(classes, images["train"], train, x_test, test, notes=notes, mean=mean, std=std)


def _nothing(labels: np.ndarray) -> str | int:
    return "" if labels.dtype.kind == "U" else UNLABELLED


def _array(what: str, values: Any) -> np.ndarray:
    if isinstance(values, Tensor):
        values = values.detach().cpu()
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ValueError(f"{what} is no array: {one_line(error)}") from None


def _labels(what: str, values: Any, n: int) -> np.ndarray:
    if values is None:
        return np.full(n, UNLABELLED)
    labels = _array(what, values)
    if labels.ndim == 0 or len(labels) != n:
        raise ValueError(f"{what} is for {n} images; it has shape {labels.shape}")
    return labels


def _samples(what: str, dataset: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of a map-style dataset: a sample is an image, or image and label."""
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
        raise ValueError(f"{what} is {shown(dataset)}; a dataset with len() and [i] wanted")
    images, labels = [], []
    for i in range(len(dataset)):
        sample = dataset[i]
        pair = isinstance(sample, tuple | list) and len(sample) >= 2
        images.append(_array(f"image {i} of {what}", sample[0] if pair else sample))
        labels.append(sample[1] if pair else UNLABELLED)
        if images[i].shape != images[0].shape or images[i].dtype != np.uint8:
            raise ValueError(
                f"image {i} of {what} has shape {images[i].shape} and {images[i].dtype}; uint8 of "
                f"one shape wanted, {images[0].shape} as the first: leave transforms out, or resize"
            )
    if not images:
        raise ValueError(f"{what} has no samples")
    return np.stack(images), _array(f"labels of {what}", labels)


def _triple(what: str, values: Any) -> Triple | None:
    if values is None:
        return None
    numbers = _array(what, values).astype(float).ravel()
    if (
        numbers.shape not in ((1,), (3,))
        or not np.isfinite(numbers).all()
        or (what.startswith("std") and not (numbers > 0).all())
    ):
        raise ValueError(f"{what} is {shown(values)}; a number for each of 3 channels wanted")
    red, green, blue = np.broadcast_to(numbers, 3).tolist()
    return red, green, blue
