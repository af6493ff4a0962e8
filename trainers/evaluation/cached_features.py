"""The features of a data set, computed once: what every evaluation protocol works on."""

from functools import cached_property
from typing import TypeGuard

import torch
from torch import Tensor, nn

from trainers.data.load import Data, ImageData
from trainers.data.mapped_images import Images, only
from trainers.randomness import permutation
from trainers.runs.divergence import finite_features

CHUNK = 512  # images at a time
HELD_OUT = 10  # one labelled training image in ten validates


class CachedFeatures:
    """Labelled images without augmentation, and what `encoder` makes of them.

    Parameters
    ----------
    encoder : nn.Module
        From normalised images to features; applied in evaluation mode.
    data : ImageData

    Raises
    ------
    ValueError
        Training or test images have no labels.
    """

    def __init__(self, encoder: nn.Module, data: ImageData) -> None:
        if not has_labels(data):
            raise ValueError(f"{data.name} has no labels to train and test by; accuracy needs both")
        train, test = data.y_train >= 0, data.y_test >= 0
        self.encoder = encoder
        self.data = data
        self.images, self.labels = only(data.x_train, train), data.y_train[train]
        self.queries, self.truth = only(data.x_test, test), data.y_test[test]

    @cached_property
    def train(self) -> Tensor:  # (n, features)
        """Features of the training images."""
        return features(self.encoder, self.data, self.images)

    @cached_property
    def test(self) -> Tensor:  # (m, features)
        """Features of the test images."""
        return features(self.encoder, self.data, self.queries)

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.data.classes)

    @cached_property
    def split(self) -> tuple[Tensor, Tensor]:
        """Numbers of the training images that fit and of those that validate.

        One in ten validates, at random, the same ones for every run on the same images.

        Raises
        ------
        ValueError
            There are too few to hold any out.
        """
        n = len(self.labels)
        if n < HELD_OUT:
            raise ValueError(f"{n} labelled training images; at least {HELD_OUT} wanted, to split")
        order = permutation(0, 0, n).to(self.labels.device)
        return order[n // HELD_OUT :], order[: n // HELD_OUT]


def has_labels(data: Data) -> TypeGuard[ImageData]:
    """Return whether an accuracy can be measured on `data`."""
    if not isinstance(data, ImageData):
        return False
    return bool((data.y_train >= 0).any() and (data.y_test >= 0).any())


@torch.no_grad()
def features(encoder: nn.Module, data: ImageData, images: Images) -> Tensor:  # -> (n, features)
    """Return the features of un-augmented `images`, batch norm in evaluation mode.

    Raises
    ------
    FloatingPointError
        Some are not finite: the network has diverged, and an accuracy of it is not one.
    """
    was_training = encoder.training
    encoder.eval()
    try:
        out = torch.cat([encoder(data.plain(chunk)).float() for chunk in images.split(CHUNK)])
    finally:
        encoder.train(was_training)
    return finite_features(out)
