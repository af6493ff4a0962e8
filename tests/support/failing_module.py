"""What a user might bring that is made without fault, and fails when it is called."""

import random
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from trainers.methods.closed_forms import Direct
from trainers.methods.losses import Euclidean, Loss
from trainers.methods.predictor_modules import LearnedPredictor
from trainers.methods.targets import EMA

patience: list[int] = []
"""How many more calls `Late` bears, if there is a number."""


@dataclass(frozen=True)
class Beyond(Loss):
    def distance(self, q, t):
        return q[:, 1000].mean()


@dataclass(frozen=True)
class PerImage(Loss):
    def distance(self, q, t):
        return (q - t).square().mean(1)


@dataclass(frozen=True)
class Cut(Loss):
    def distance(self, q, t):
        return (q - t).square().mean().detach()


@dataclass(frozen=True)
class Number(Loss):
    def distance(self, q, t):
        return 3.0


@dataclass(frozen=True)
class Late(Euclidean):
    def distance(self, q, t):
        if patience:
            patience[0] -= 1
            if patience[0] < 0:
                raise KeyError("too late")
        return super().distance(q, t)


@dataclass(frozen=True)
class Drawing(Euclidean):
    """Draws from every generator, and does not mind what."""

    def distance(self, q, t):
        torch.rand(1), random.random(), np.random.random()  # noqa: NPY002
        return super().distance(q, t)


@dataclass(frozen=True)
class Unsolved(Direct):
    flow: ClassVar = {"kind": "unsolved"}

    def solve(self, F):
        raise IndexError("no such mode")


@dataclass(frozen=True)
class Singular(Direct):
    flow: ClassVar = {"kind": "singular"}

    def solve(self, F):
        return torch.linalg.cholesky(-F)


@dataclass(frozen=True)
class OnlyLinear:
    flow: ClassVar = {"kind": "linear"}
    learns: ClassVar = True
    recorded_as: ClassVar = "weight"

    def build(self, d):
        return nn.Linear(d, d)


@dataclass(frozen=True)
class Narrow(OnlyLinear):
    def build(self, d):
        return LearnedPredictor("none", nn.Linear(d, d - 1))


@dataclass(frozen=True)
class NoTarget(EMA):
    def build(self, online):
        return 1 / 0


class Fussy(nn.Module):
    """Takes the two images that it is tried on, and no batch."""

    def __init__(self, in_channels, image_size):
        super().__init__()
        self.linear = nn.Linear(in_channels * image_size**2, 4)

    def forward(self, x):
        if len(x) > 2:
            raise TypeError("two images wanted")
        return self.linear(x.flatten(1))


def low(batch):
    return batch[:, :, 1:].float()
