"""What a protocol of evaluation is: from cached features to one accuracy and how it came about."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

from analysis.checks.fields import shown
from analysis.store.reader import SnapshotWriter
from trainers.evaluation.cached_features import CachedFeatures


@dataclass(frozen=True)
class Score:
    """An accuracy, measured once on the test images."""

    accuracy: float
    """Share of the test images that get their true label, in [0, 1]."""
    attrs: Mapping[str, Any]
    """The protocol in words, its settings, what it chose, its other accuracies: plain values."""
    classifier: nn.Module | None = None
    """From normalised images to logits, where the protocol makes one."""


class EvaluationProtocol(Protocol):
    """A frozen value with its settings."""

    def score(self, cached: CachedFeatures) -> Score:
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


def record(
    writer: SnapshotWriter,
    step: int,
    epoch: float,
    name: str,
    protocol: EvaluationProtocol,
    score: Score,
    *,
    network: str = "online",
    features: str = "encoder",
    changed: Sequence[str] = (),
) -> None:
    """Add a score to the table of evaluations; `name` is the protocol's in `PROTOCOLS`.

    `changed` is what `TrainedRun.changed` is.
    """
    options = settings(protocol)
    found = {k: v for k, v in score.attrs.items() if k not in options and k != "protocol"}
    details = found | {
        "description": score.attrs.get("protocol", ""),
        "features": f"{features}, batch norm in evaluation mode, images not augmented",
        "epoch_rule": "last",
        **({"changed_since_training": list(changed)} if changed else {}),
    }
    accuracy: dict[str, Any] = {f"{name}_accuracy": score.accuracy}
    writer.append_evaluation(
        step,
        epoch,
        network=network,
        features=features,
        options=options,
        details=details,
        **accuracy,
    )


def settings(protocol: EvaluationProtocol, name: str = "protocol") -> dict[str, Any]:
    """Return every setting of a protocol, plain values; the message calls it `name`.

    Raises
    ------
    ValueError
        It is not a dataclass.
    """
    if not dataclasses.is_dataclass(protocol) or isinstance(protocol, type):
        raise ValueError(
            f"{name} is {shown(protocol)}, no value of a dataclass, whose fields are its settings"
        )
    return dataclasses.asdict(protocol)
