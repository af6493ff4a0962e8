"""The parts of a network that have a rate and a decay of their own."""

from dataclasses import dataclass

from analysis.checks.fields import check_fields

PARTS = ("encoder", "projector", "predictor")
DECAYS = {
    "coupled": "added to the gradient, and so multiplied by the learning rate (torch's SGD)",
    "decoupled": "W <- (1 - decay) W at each step, times the schedule (SGDW)",
}


@dataclass(frozen=True)
class Rate:
    """What one part of the network is trained with."""

    lr: float
    """alpha, before the schedule."""
    decay: float
    """w."""

    def __post_init__(self) -> None:
        check_fields(self)
