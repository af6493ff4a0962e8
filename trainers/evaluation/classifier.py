"""A classifier kept with its run: enough to name the images of a folder, without the data."""

import math
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from analysis.checks.paths import path_of
from analysis.store.atomic import sweep_leftovers
from analysis.store.schema import FEATURES
from trainers.augmentation.recipes import Recipe
from trainers.augmentation.views import normalise
from trainers.data.grey import seen
from trainers.data.images import ImageData
from trainers.evaluation.cached_features import CHUNK
from trainers.evaluation.protocol import Score
from trainers.networks.network import part
from trainers.runs import checkpoint
from trainers.runs.agreement import check_same_options
from trainers.runs.divergence import all_finite, refuse_diverged
from trainers.runs.form import check_like, config_of, count, member, texts, wrong
from trainers.runs.network import build_network
from trainers.runs.own_code import said_changes

FILE = "classifier.pt"


class Classifier:
    """A network from images to classes.

    Parameters
    ----------
    network : nn.Module
        From normalised images to logits.
    classes : tuple of str
    recipe : Recipe
        Its mean and std normalise.
    size : int
        Height and width of the images that it was trained on, in pixels.
    channels : {3, 1}
        That the network sees.
    """

    def __init__(
        self,
        network: nn.Module,
        classes: tuple[str, ...],
        recipe: Recipe,
        size: int,
        channels: int = 3,
    ) -> None:
        self.network = network.eval()
        self.classes, self.recipe, self.size = classes, recipe, size
        self.channels = channels

    @torch.no_grad()
    def probabilities(self, images: Tensor) -> Tensor:  # (n, 3, h, w) -> (n, classes)
        """Return the softmax of the logits of uint8 images."""
        parts = [
            self.network(seen(normalise(chunk, self.recipe, self.size), self.channels)).softmax(1)
            for chunk in images.split(CHUNK)
        ]
        named = torch.cat(parts)
        if not named.isfinite().all():
            raise FloatingPointError("the classifier's probabilities are not finite")
        return named


def save(
    run: Path,
    score: Score,
    state: Mapping[str, Any],
    data: ImageData,
    protocol: str,
    network: str,
    features: str,
    check: Callable[[], None] = checkpoint.nothing,
) -> None:
    """Write the classifier of a score to ``RUN/classifier.pt``: tensors, numbers, strings.

    `check`, raises: as `trainers.runs.checkpoint.replace`.
    """
    assert score.classifier is not None
    recipe = data.recipes[0]
    content = {
        "network": {k: v.cpu() for k, v in score.classifier.state_dict().items()},
        "config": state["config"],
        "step": state["step"],
        "protocol": protocol,
        "features": features,
        "taken_from": network,
        "accuracy": score.accuracy,
        "classes": list(data.classes),
        "mean": list(recipe.mean),
        "std": list(recipe.std),
        "size": data.size,
    }
    checkpoint.replace(run / FILE, content, check)
    sweep_leftovers(run, FILE)


def load_classifier(run: str | Path) -> Classifier:
    """Read the classifier of a run.

    Raises
    ------
    FileNotFoundError
        There is none.
    ValueError
        It is damaged or of another run, its weights are not finite, or the run diverged.
    """
    file = path_of("run", run) / FILE
    if not file.is_file():
        again = f"`eigenspace evaluate {shlex.quote(str(run))}`"
        raise FileNotFoundError(f"no classifier at {file}; {again} makes one")
    refuse_diverged(Path(run))
    content = checkpoint.read(file)
    config = config_of(file, content)
    check_same_options(Path(run), file, content["config"])
    said_changes(Path(run), config)
    size, classes = count(file, content, "size"), tuple(texts(file, content, "classes"))
    mean, std = (_channels(file, content, name) for name in ("mean", "std"))
    features = member(file, content, "features", str)
    weights = member(file, content, "network", dict)
    if features not in FEATURES or not size or not classes:
        raise wrong(file, f"names {len(classes)} classes by {features!r} of images of size {size}")
    body = part(build_network(config, (config.channels, size, size))[0], features)
    head = weights.get("1.weight")
    width = head.shape[-1] if isinstance(head, Tensor) and head.ndim else 0
    network = nn.Sequential(body, nn.Linear(width, len(classes)))
    check_like(file, "network", weights, network.state_dict())
    if not all_finite(weights):
        raise ValueError(f"{file} has weights that are not finite; nothing can be named by it")
    network.load_state_dict(weights)
    recipe = Recipe(source=str(file), mean=mean, std=std)
    network = network.to(memory_format=torch.channels_last)
    return Classifier(network, classes, recipe, size, config.channels)


def _channels(file: Path, content: Mapping[str, Any], name: str) -> tuple[float, float, float]:
    values: list[float] = member(file, content, name, list)
    good = [type(value) in (int, float) and math.isfinite(value) for value in values]
    if good != [True] * 3 or (name == "std" and min(values) <= 0):
        raise wrong(file, f"has {name!r} {values}; three numbers wanted")
    return values[0], values[1], values[2]
