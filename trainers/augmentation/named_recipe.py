"""Augmentation that a user brings: recipes of ours, a function of a batch, or torchvision's v2."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from analysis.checks.fields import shown
from trainers.augmentation.recipes import RECIPES, Recipe
from trainers.named import failed, find, is_named
from trainers.options import choose
from trainers.randomness import uniforms

STREAM = 7  # of the seeds for what is not ours, apart from those of other purposes


@dataclass(frozen=True, kw_only=True)
class OwnRecipe(Recipe):
    """A view that someone else's function makes; of the fields of `Recipe`, mean and std count."""

    call: Callable[..., Any]
    per_sample: bool
    """It takes one image (3, h, w), as torchvision's transforms do; else a batch."""

    @property
    def by_batch(self) -> bool:
        """Whether it takes a batch."""
        return not self.per_sample

    def views(
        self, images: Tensor, seed: int, step: int, view: int, samples: Tensor, size: int
    ) -> Tensor:  # (batch, 3, h, w), ... -> (batch, 3, size, size)
        """Make a view of a batch; torch's generator is seeded by (seed, step, view[, sample]).

        Raises
        ------
        ValueError
            The function fails, or makes something else than float images of that size.
        """
        name, devices = self.source, [images.device] if images.device.type == "cuda" else []
        keys = (uniforms(seed, step, view, samples, 1, stream=STREAM)[:, 0] * 2**24).long().tolist()
        with torch.random.fork_rng(devices=devices):
            try:
                if self.per_sample:
                    made = []
                    for image, key in zip(images, keys, strict=True):
                        torch.manual_seed(key)
                        made.append(self.call(image))
                    out = torch.stack(made)
                else:
                    torch.manual_seed(keys[0])
                    out = self.call(images)
            except Exception as error:  # whatever a stranger's code does
                raise failed(
                    f"views {name!r} fail on images of shape {tuple(images.shape)}", error
                ) from error
        wanted = (len(images), 3, size, size)
        if not isinstance(out, Tensor) or not out.is_floating_point() or out.shape != wanted:
            told = f"{tuple(out.shape)} {out.dtype}" if isinstance(out, Tensor) else shown(out)
            raise ValueError(f"views {name!r} make {told}; floats of shape {wanted} wanted")
        return out.float().contiguous(memory_format=torch.channels_last)


def recipes_called(name: str) -> tuple[Recipe, Recipe]:
    """Return the recipes of both views by a name of `RECIPES`, or ``package.module:name``.

    Raises
    ------
    ValueError
        There is no such recipe.
    """
    return named_recipes(name) if is_named(name) else choose("recipe", name, RECIPES)


def named_recipes(name: str) -> tuple[Recipe, Recipe]:
    """Return the recipes of both views that ``package.module:name`` stands for.

    That is a `Recipe`, a pair of them, one of torchvision's transforms, which gets one image
    (3, h, w) uint8 at a time, or a function of a batch (batch, 3, h, w) uint8. These two return
    floats (..., 3, size, size), normalised, and draw from torch's generator, so that a run that is
    resumed sees the same views. Their attributes `mean` and `std`, if they have them, normalise
    images that are not augmented, for evaluation.

    Raises
    ------
    ValueError
        It is not there, or something else.
    """
    found = find("views", name)
    pair = found if isinstance(found, tuple) else (found, found)
    if len(pair) != 2:
        raise ValueError(f"views {name!r} are {len(pair)}; one for both views, or two, wanted")
    first, second = (_recipe(name, one) for one in pair)
    return first, second


def _recipe(name: str, found: Any) -> Recipe:
    if isinstance(found, Recipe):
        return found
    if isinstance(found, type) or not callable(found):
        raise ValueError(f"views {name!r} are {shown(found)}; a Recipe or a function wanted")
    per_sample = type(found).__module__.startswith("torchvision.transforms")
    mean, std = getattr(found, "mean", Recipe.mean), getattr(found, "std", Recipe.std)
    return OwnRecipe(source=name, call=found, per_sample=per_sample, mean=mean, std=std)
