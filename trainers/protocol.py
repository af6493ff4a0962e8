"""What a protocol of evaluation is: from cached features to one accuracy and how it came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

from trainers.bank import Bank


@dataclass(frozen=True)
class Score:
    """An accuracy, measured once on the test images."""

    accuracy: float
    """Share of the test images that get their true label, in [0, 1]."""
    attrs: Mapping[str, Any]
    """The protocol, its settings, what it chose, and its other accuracies: plain values."""
    classifier: nn.Module | None = None
    """From normalised images to logits, where the protocol makes one."""


class EvaluationProtocol(Protocol):
    """A frozen value with its settings."""

    def score(self, bank: Bank) -> Score:
        """Fit on training features or images, and test once."""


def share_right(logits: Tensor, labels: Tensor) -> float:  # (n, classes), (n,)
    """Return the share of rows whose largest logit is that of their label.

    Raises
    ------
    FloatingPointError
        A logit is not finite: the first class would win.
    """
    if not logits.isfinite().all():
        raise FloatingPointError("the logits are not finite; lower the learning rate of the probe")
    return float((logits.argmax(1) == labels).double().mean())


def taken_from(network: str = "online", features: str = "encoder") -> dict[str, Any]:
    """Return what the store says of the features behind an accuracy."""
    return {
        "network": network,
        "features": f"{features}, batch norm in evaluation mode, images not augmented",
        "epoch_rule": "last",
    }
