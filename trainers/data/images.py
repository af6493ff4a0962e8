"""Labelled images on the device, and their views."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from trainers.augmentation.recipes import Recipe
from trainers.augmentation.views import normalise, two_views
from trainers.data.fingerprint import Fingerprint, hash_of
from trainers.data.grey import seen
from trainers.data.mapped_images import Images
from trainers.say import said_later


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageData:
    """A data set of images, held whole on the device as bytes, or mapped from the disk.

    Moving bytes once and converting there is what makes the views cheap; nothing else is loaded
    while training. Of mapped images each batch is read, and moved, when it is asked for.
    """

    name: str
    classes: tuple[str, ...]
    x_train: Images
    """(n, 3, h, w) uint8"""
    y_train: Tensor
    """(n,) int64 positions in `classes`; -1 where there is no label"""
    x_test: Images
    y_test: Tensor
    recipes: tuple[Recipe, Recipe]
    size: int
    """Height and width of the views and of `plain` images, in pixels."""
    seed: int = 0
    channels: int = 3
    """Of the views and of `plain` images: 1 if a network is to see one plane of grey images,
    normalised as the first."""
    drawn: str = ""
    """What the pixels follow from, where they are computed and not read."""
    hashed: str = ""
    """As `Source` has it."""
    notes: tuple[str, ...] = ()
    """What `account` says besides."""

    @property
    def device(self) -> torch.device:
        """Where labels are, and views are made."""
        return self.y_train.device

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one image of a view."""
        return (self.channels, self.size, self.size)

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """Of images and labels, in their order; of rendered ones by what they follow from."""
        # Rendered pixels differ in their last bit from one machine to another.
        pixels: list[Any] = [self.drawn] if self.drawn else [self.x_train, self.x_test]
        with said_later(f"reading {self.name} for its fingerprint"):
            hashed = self.hashed or hash_of([*pixels, self.y_train, self.y_test])
        return Fingerprint(
            train=len(self.x_train),
            test=len(self.x_test),
            shape=tuple(self.x_train.shape[1:]),
            classes=self.classes,
            hash=hashed,
        )

    @property
    def account(self) -> str:
        """One line on what they are: classes, images of each part, where they come from."""
        parts = [f"{len(self.classes)} classes" if self.classes else "no classes"]
        for what, labels in (("training", self.y_train), ("test", self.y_test)):
            bare = int((labels < 0).sum())
            without = f" ({bare} without label)" if bare and self.classes else ""
            parts.append(f"{len(labels)} {what} images{without}")
        notes = [*self.notes]
        trained, tested = (set(y[y >= 0].unique().tolist()) for y in (self.y_train, self.y_test))
        everyone = set(range(len(self.classes)))
        for what, missing in (("training", everyone - trained), ("test", trained - tested)):
            if missing and (tested or what == "training"):
                names = listed(self.classes[k] for k in sorted(missing))
                notes.append(f"no {what} image of {names}")
        return "; ".join([f"{self.name}: {', '.join(parts)}", *notes])

    @property
    def by_batch(self) -> bool:
        """Whether a view is someone's function of a whole batch."""
        return any(recipe.by_batch for recipe in self.recipes)

    def __len__(self) -> int:
        return len(self.x_train)

    def views(
        self, step: int, samples: Tensor
    ) -> tuple[Tensor, Tensor]:  # (batch,) -> (batch, channels, size, size) x 2
        """Return two augmented views of the training images numbered `samples`.

        Deterministic in (seed, step, sample); `samples` on the CPU spares waiting for the device.
        """
        images = self.x_train[samples.to(self.x_train.device, non_blocking=True)]
        return self.pair(images, samples, step)

    def pair(
        self, images: Tensor, samples: Tensor, step: int = 0
    ) -> tuple[Tensor, Tensor]:  # (batch, 3, h, w), (batch,) -> (batch, channels, size, size) x 2
        """Return two augmented views of `images`, which `samples` number."""
        x1, x2 = two_views(
            images.to(self.device),
            self.recipes,
            seed=self.seed,
            step=step,
            samples=samples,
            size=self.size,
        )
        return seen(x1, self.channels), seen(x2, self.channels)

    def plain(self, images: Tensor) -> Tensor:  # (batch, 3, h, w) -> (batch, channels, size, size)
        """Return images without augmentation, normalised as view 1: for evaluation."""
        x = normalise(images.to(self.device), self.recipes[0], self.size)
        return seen(x, self.channels)


def listed(names: Iterable[str], most: int = 5) -> str:
    """Return names in a row, at most `most` of them and how many more there are.

    Examples
    --------
    >>> listed("abcd", most=2)
    'a, b and 2 more'
    """
    known = [*names]
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more
