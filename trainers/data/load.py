"""Data by name: images embedded, downloaded or the user's own; the theory's Gaussian vectors."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from analysis.checks.fields import checked
from analysis.checks.paths import path_of
from analysis.store.visible import visible
from trainers.augmentation.named_recipe import recipes_called
from trainers.augmentation.recipes import RECIPES, Recipe
from trainers.data.fingerprint import Fingerprint
from trainers.data.folders import read_folder
from trainers.data.gaussian import GaussianData
from trainers.data.grey import check_grey
from trainers.data.images import ImageData
from trainers.data.limit import limited
from trainers.data.mapped_images import moved
from trainers.data.named_data import read_named
from trainers.data.npz import read_npz
from trainers.data.packed import is_packed, read_packed
from trainers.data.source import Source
from trainers.data.sources import (
    read_cifar10,
    read_cifar100,
    read_fashion_mnist,
    read_shapes,
    read_stl10,
)
from trainers.named import is_named
from trainers.options import choose

__all__ = ["DATA", "Data", "GaussianData", "ImageData", "label_of", "load_data", "place_of"]

CACHE = Path("~/.cache/eigenspace")
SMALL = 48  # sides up to this get the recipe made for CIFAR's 32 pixels, others STL-10's for 96


class Data(Protocol):
    """What the training loop asks of data; it does not know of images."""

    @property
    def name(self) -> str:
        """What errors and the run's attributes call the data."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample of a view."""

    @property
    def fingerprint(self) -> Fingerprint:
        """What tells these data from others at the same place."""

    @property
    def account(self) -> str:
        """One line on what they are, for the user to check."""

    @property
    def by_batch(self) -> bool:
        """Whether a view depends on the batch around its sample."""

    def __len__(self) -> int:
        """Training samples per epoch."""

    def views(self, step: int, samples: Tensor) -> tuple[Tensor, Tensor]:  # (batch,) -> 2 batches
        """Return two float32 views on the device, deterministic in (seed, step, sample)."""


class _Kind(NamedTuple):
    read: Callable[[Path, int | None], Source]
    recipe: str | None = None


DATA = {
    "shapes": _Kind(read_shapes, "shapes"),
    "cifar10": _Kind(read_cifar10, "directpred-cifar"),
    "cifar100": _Kind(read_cifar100, "directpred-cifar"),
    "fashion-mnist": _Kind(read_fashion_mnist, "crop"),
    "stl10": _Kind(read_stl10, "directpred-stl10"),
}
"""Images by name. ``gaussian``, a folder and an ``.npz`` file are the other choices."""
_FILE, _FOLDER = _Kind(read_npz), _Kind(read_folder, "directpred-stl10")
_PACKED = _Kind(read_packed, _FOLDER.recipe)


def load_data(
    name: str,
    *,
    recipe: str | None = None,
    size: int | None = None,
    limit: int | None = None,
    channels: int = 3,
    seed: int = 0,
    device: torch.device | str = "cpu",
    root: Path | None = None,
) -> Data:
    """Load data by name or path.

    Parameters
    ----------
    name : str
        ``shapes`` or ``gaussian`` (nothing to download), ``cifar10``, ``cifar100``,
        ``fashion-mnist`` or ``stl10`` (downloaded once into `root`, checksums verified), a folder
        of images, one that `pack` made of it, which stays on the disk, an ``.npz`` file, or
        ``package.module:name`` (see `read_named`).
    recipe : str, optional
        A name in `RECIPES`, or ``package.module:name`` (see `named_recipes`); the data's own by
        default.
    size : int, optional
        Height and width of the views in pixels: the images' shorter side by default, in folders 64.
    limit : int, optional
        Keep this many training images: of named data the first, of a folder or file the first where
        their labels are in mixed order, else some of every class (`trainers.data.limit`).
    channels : {3, 1}
        Of the views: of grey images a network may see one plane.
    seed : int
        Settles the views. The images themselves are the same for every seed.
    device : torch.device or str
        Where images are kept and views are made.
    root : Path, optional
        Where downloads go, ``~/.cache/eigenspace`` by default.

    Raises
    ------
    ValueError
        An unknown name or recipe, an option out of range, a file that does not hold what it must.
    OSError
        A file is missing, an image unreadable, or a download failed.
    """
    known = isinstance(name, str) and (name in DATA or name == "gaussian")
    name = name if known else str(path_of("data", name))
    size, limit = checked("size", size, int | None), checked("limit", limit, int | None)
    seed = checked("seed", seed, int, {"least": 0})
    options = {"recipe": recipe, "size": size, "limit": limit}
    if name == "gaussian":
        if given := [key for key, value in options.items() if value is not None]:
            raise ValueError(f"data 'gaussian' takes no {given}: its vectors are drawn, not stored")
        if channels != 3:
            raise ValueError("data 'gaussian' takes no channels: its vectors are no images")
        return GaussianData(seed=seed, device=device)
    for key, value in (("size", size), ("limit", limit)):
        if value is not None and value < 1:
            raise ValueError(f"{key} = {value}; at least 1 wanted")
    if recipe is not None and not is_named(recipe):
        choose("recipe", recipe, RECIPES)  # before anything is downloaded
    kind, path = _kind(name), Path(name).expanduser()
    if name in DATA:
        path = (CACHE if root is None else root).expanduser()
    source = kind.read(path, size)
    if limit is not None and limit > len(source.x_train):
        raise ValueError(
            f"limit = {limit}, and {name} has {len(source.x_train)} training images; fewer wanted"
        )
    source = limited(source, limit, in_order=name in DATA)
    if channels == 1:
        for part, images in (("training", source.x_train), ("test", source.x_test)):
            check_grey(f"{name}, {part}", images)
    side = size or min(source.x_train.shape[2:])
    own = kind.recipe or ("directpred-cifar" if side <= SMALL else "directpred-stl10")
    return ImageData(
        name=name,
        classes=source.classes,
        x_train=moved(source.x_train, device),
        y_train=source.y_train.to(device),
        x_test=moved(source.x_test, device),
        y_test=source.y_test.to(device),
        recipes=_recipes(recipe, own, source),
        seed=seed,
        size=side,
        channels=channels,
        drawn=source.drawn,
        hashed=source.hashed,
        notes=source.notes,
    )


def place_of(name: str) -> str:
    """Return where data called `name` are found from any working directory: an absolute path.

    Names of `DATA`, ``gaussian`` and ``package.module:name`` stay as they are.
    """
    known = name in DATA or name == "gaussian" or _is_object(name)
    return name if known else str(Path(name).expanduser().absolute())


def label_of(name: str) -> str:
    """Return what figures and folders call data: ``photos.v2`` of a folder, ``a`` of ``a.npz``."""
    found = Path(os.path.normpath(place_of(name))).name.removesuffix(".npz")
    return visible(found)  # a name on disk may be no text


def _kind(name: str) -> _Kind:
    path = Path(name).expanduser()
    if name in DATA:
        return DATA[name]
    if _is_object(name):
        return _Kind(lambda path, size: read_named(name))
    if path.suffix == ".npz":
        return _FILE
    if name and path.is_dir():
        return _PACKED if is_packed(path) else _FOLDER
    if path.is_file():
        raise ValueError(f"{name} is a file, and no .npz; a folder of images or an .npz wanted")
    if len(path.parts) > 1:
        raise FileNotFoundError(f"{name}: no such folder or file{_seen_from(path)}")
    return choose("data", name, {**DATA, "gaussian": _FILE, "FOLDER": _FOLDER, "FILE.npz": _FILE})


def _is_object(name: str) -> bool:
    return is_named(name) and not Path(name).exists()


def _recipes(given: str | None, own: str, source: Source) -> tuple[Recipe, Recipe]:
    """Return the recipes of both views; normalised as the data say, unless a recipe was asked."""
    if given is not None:
        return recipes_called(given)
    first, second = (
        replace(recipe, mean=source.mean or recipe.mean, std=source.std or recipe.std)
        for recipe in RECIPES[own]
    )
    return first, second


def _seen_from(path: Path) -> str:
    return "" if path.is_absolute() else f" in {Path.cwd()}"
