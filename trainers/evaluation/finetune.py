"""Fine-tuning: the whole encoder learns on, with labels."""

import copy
import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from analysis.checks.fields import check_fields
from trainers.augmentation.recipes import RECIPES
from trainers.augmentation.views import DRAWS, augment
from trainers.data.grey import seen
from trainers.data.mapped_images import only
from trainers.evaluation.cached_features import CachedFeatures, features
from trainers.evaluation.protocol import Score, share_right
from trainers.options import option
from trainers.randomness import permutation, uniforms


@dataclass(frozen=True)
class FineTune:
    """A linear layer on the encoder, and both trained by SGD on labelled crops and flips.

    The rate falls to 0 on a cosine; the last epoch counts. A copy learns, the run's encoder stays.

    Raises
    ------
    ValueError
        A setting is out of its range.
    """

    epochs: int = option(10, "passes over the labelled images", least=1)
    batch_size: int = option(128, "images in a batch", least=2)
    lr: float = option(0.01, "learning rate of SGD at the start", above=0)
    momentum: float = option(0.9, "of SGD", least=0, below=1)
    weight_decay: float = option(0.0, "of SGD", least=0)
    labels: float = option(1.0, "share of the labels that is used", above=0, most=1)

    def __post_init__(self) -> None:
        check_fields(self, "finetune")

    @property
    def attrs(self) -> dict[str, Any]:
        """The protocol, as it is stored beside the accuracy."""
        return asdict(self) | {
            "protocol": "fine-tuning by SGD on crops and flips, cosine rate, last epoch",
            "split": "test, once; trained on nine tenths of train, the rest validates",
        }

    def score(self, cached: CachedFeatures) -> Score:
        """Train to the last epoch, test."""
        fit, validation = cached.split
        fit = fit[: max(round(self.labels * len(fit)), 1)]
        data, device = cached.data, cached.labels.device
        recipe = replace(RECIPES["crop"][0], mean=data.recipes[0].mean, std=data.recipes[0].std)
        width = features(cached.encoder, data, cached.images[:1]).shape[1]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            layer = nn.Linear(width, cached.classes)
        network = nn.Sequential(copy.deepcopy(cached.encoder), layer).to(device).train()
        network.requires_grad_(True)
        optimiser = torch.optim.SGD(
            network.parameters(), self.lr, self.momentum, weight_decay=self.weight_decay
        )
        if len(fit) < 2:
            raise ValueError(
                f"finetune labels is {self.labels}, which leaves {len(fit)} image to train on; 2 "
                "or more wanted, for batch norm"
            )
        size = min(self.batch_size, len(fit))
        whole = len(fit) // size * size  # a last part-full batch is dropped
        orders = (permutation(0, epoch, len(fit))[:whole] for epoch in range(self.epochs))
        batches = torch.cat(list(orders)).view(-1, size)
        for step, batch in enumerate(batches):
            chosen = fit[batch.to(device)]
            draws = uniforms(0, step, 1, chosen.cpu(), DRAWS)
            x = augment(cached.images[chosen].to(device), recipe, draws, data.size)
            x = seen(x, data.channels)
            cosine = math.cos(math.pi * step / len(batches))
            optimiser.param_groups[0]["lr"] = self.lr * (1 + cosine) / 2
            optimiser.zero_grad()
            cross_entropy(network(x), cached.labels[chosen]).backward()
            optimiser.step()
        network.eval()
        held_out = features(network, data, only(cached.images, validation))
        found = {
            "labels_used": len(fit),
            "validation_accuracy": share_right(held_out, cached.labels[validation]),
        }
        accuracy = share_right(features(network, data, cached.queries), cached.truth)
        return Score(accuracy, self.attrs | found, network)
