"""What a user might bring, found by ``users_module:NAME``: good, and bad in every way."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Optional

import numpy as np
import torch
from torch import nn
from torchvision.transforms import v2

from trainers.augmentation.recipes import Recipe
from trainers.methods.closed_forms import Direct
from trainers.methods.losses import Loss
from trainers.methods.targets import EMA
from trainers.options import option


class Net(nn.Module):
    """Takes what it has a name for."""

    def __init__(self, width=4, in_channels=3):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, width, 3), nn.BatchNorm2d(width), nn.ReLU(), nn.Flatten()
        )

    def forward(self, x):
        return self.body(x).view(len(x), self.body[0].out_channels, -1).mean(2)


class Dropping(Net):
    """Draws at every training step."""

    def forward(self, x):
        return nn.functional.dropout(super().forward(x), 0.5, self.training)


def sized(image_size):
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * image_size**2, 7))


def spatial():
    return nn.Conv2d(3, 4, 3)


def empty():
    return nn.Flatten()


def broken():
    raise RuntimeError("no weights\nhere")


class Wide(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(5, 5)

    def forward(self, x):
        return self.linear(x.flatten(1))


def moody(self, x):
    """In the place of `Net.forward`: bears the two images that it is tried on."""
    return x.new_zeros(2, 5) if len(x) == 2 else [][len(x)]


NUMBER = 3


def images(n, seed=0):
    rng, y = np.random.default_rng(seed), np.arange(n) % 4
    x = rng.integers(0, 60, (n, 8, 8, 3)) + 60 * y[:, None, None, None]
    return x.astype(np.uint8), y


def arrays():
    (x, y), (x_test, y_test) = images(40), images(12, 1)
    return {"x_train": torch.tensor(x), "y_train": y, "x_test": x_test, "y_test": y_test}


def scaled():
    return arrays() | {"mean": 0.5, "std": [0.1, 0.2, 0.4], "x_unlabelled": images(8, 2)[0]}


@dataclass
class Pairs:
    n: int = 20

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return np.full((8, 8, 3), i, np.uint8), i % 3


PAIRS = Pairs()
PARTS = {"train": Pairs(), "test": Pairs(5), "unlabelled": [image for image, _ in (PAIRS[3],)]}
bare = {"x_train": images(10)[0]}
floats = {"x_train": images(10)[0] / 255}
lengths = {"x_train": images(10)[0], "y_train": np.zeros(3, int)}
ragged = {"train": [np.zeros((8, 8, 3), np.uint8), np.zeros((8, 9, 3), np.uint8)]}
misnamed = {"xtrain": images(10)[0]}
zero = {"x_train": images(10)[0], "std": 0.0}


def noisy(batch):
    return batch.float() / 255 + 0.1 * torch.randn(batch.shape)


class Scaled:
    """A callable with the statistics of its own."""

    mean, std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)

    def __call__(self, batch):
        return (batch.float() / 255 - 0.5) / 0.25


callable_object = Scaled()
torchvision_s = v2.Compose([v2.RandomCrop(8, 2), v2.ToDtype(torch.float32, scale=True)])
recipe = Recipe(source="mine", flip=0.5)
two = (recipe, Recipe(source="mine", flip=1.0))
three = (recipe, recipe, recipe)


def bytes_out(batch):
    return batch


def smaller(batch):
    return batch[:, :, :4].float()


@dataclass(frozen=True)
class L1(Loss):
    """The mean absolute distance, times a weight."""

    weight: float = option(1.0, "of the distance", above=0)

    def distance(self, q, t):
        return self.weight * (q - t).abs().sum(1).mean()


@dataclass(frozen=True)
class Half(Direct):
    """Half of what it would be."""

    flow: ClassVar = {"kind": "half"}

    def solve(self, F):
        return super().solve(F) / 2


@dataclass(frozen=True)
class Slow(EMA):
    """By another name."""


@dataclass(frozen=True, kw_only=True)
class Open(Direct):
    """Has a field without a default."""

    must: float


@dataclass(frozen=True)
class Abstract(Loss):
    """Says no distance."""


@dataclass
class Loose:
    """A target that is not frozen."""

    flow: ClassVar = {"stop_gradient": True}

    def build(self, online):
        raise NotImplementedError


class NoFields(EMA):
    """Its number is no field: the decorator is missing."""

    speed: float = 2.0


@dataclass(frozen=True)
class Plain(Loss):
    """Fields as anyone writes them, and some that no flag can say."""

    weight: float = 1.0
    norm: Literal["l1", "l2"] = "l1"
    clip: Optional[int] = None  # noqa: UP045 (as many still write it)
    sizes: tuple[int, ...] = (1, 2)
    anything: Any = None

    def distance(self, q, t):
        return self.weight * (q - t).abs().mean()


@dataclass(frozen=True)
class Lost(EMA):
    """One of its fields is of a kind that is not there."""

    speed: "Velocity" = 1.0  # noqa: F821
