"""The linear probe of the TensorFlow reproduction: Adam with a decaying rate."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from analysis.checks.fields import check_fields
from trainers.evaluation.cached_features import CachedFeatures
from trainers.evaluation.protocol import Score, share_right
from trainers.options import option
from trainers.randomness import permutation


@dataclass(frozen=True)
class AdamProbe:
    r"""One layer on cached features by Adam.

    .. math:: \alpha_t = \alpha_T + (\alpha_0 - \alpha_T) (1 - t / T)^p

    is the rate at step t of T. The last
    epoch counts. A tenth of the training images is held out and followed beside the rest.

    Raises
    ------
    ValueError
        A setting is out of its range.

    References
    ----------
    Höppe, Miszkurka, Bogatov Wilkman (2022), ReScience C: Keras' Adam, 5e-2 to 5e-4, p = 2.
    """

    epochs: int = option(50, "passes over the features", least=1)
    batch_size: int = option(128, "features in a batch", least=1)
    lr: float = option(5e-2, "learning rate at the start", above=0)
    final_lr: float = option(5e-4, "at the end", above=0)
    power: float = option(2.0, "of the decay between", above=0)

    def __post_init__(self) -> None:
        check_fields(self, "adam")

    @property
    def attrs(self) -> dict[str, Any]:
        """The protocol, as it is stored beside the accuracy."""
        return asdict(self) | {
            "protocol": "one linear layer by Adam, polynomial decay of its rate, last epoch",
            "split": "test, once; trained on nine tenths of train, the rest validates",
        }

    def rate(self, progress: float) -> float:
        """Return the learning rate, `progress` of the steps being done."""
        return self.final_lr + (self.lr - self.final_lr) * (1 - progress) ** self.power

    def score(self, cached: CachedFeatures) -> Score:
        """Train to the last epoch, test."""
        fit, validation = cached.split
        x, y = cached.train[fit], cached.labels[fit]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            layer = nn.Linear(x.shape[1], cached.classes)
            nn.init.xavier_uniform_(layer.weight)  # Keras' Dense
            nn.init.zeros_(layer.bias)
        layer = layer.to(x.device)
        optimiser = torch.optim.Adam(layer.parameters(), lr=self.lr, eps=1e-7)  # Keras' epsilon
        size = min(self.batch_size, len(x))
        per_epoch = len(x) // size
        curves: dict[str, list[float]] = {"train": [], "validation": []}
        for epoch in range(self.epochs):
            order = permutation(0, epoch + 1, len(x)).to(x.device)
            for i in range(per_epoch):
                batch = order[i * size : (i + 1) * size]
                rate = self.rate((epoch * per_epoch + i) / (self.epochs * per_epoch))
                optimiser.param_groups[0]["lr"] = rate
                optimiser.zero_grad()
                cross_entropy(layer(x[batch]), y[batch]).backward()
                optimiser.step()
            with torch.no_grad():
                curves["train"].append(share_right(layer(x), y))
                held_out = layer(cached.train[validation]), cached.labels[validation]
                curves["validation"].append(share_right(*held_out))
        with torch.no_grad():
            accuracy = share_right(layer(cached.test), cached.truth)
        found = {f"{name}_accuracy": curve[-1] for name, curve in curves.items()}
        found_by_epoch = {f"{name}_accuracy_by_epoch": curve for name, curve in curves.items()}
        attrs = self.attrs | found | found_by_epoch
        return Score(accuracy, attrs, nn.Sequential(cached.encoder, layer))
