"""A named experiment: a method, the options that make an experiment of it, what was published."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainers.methods.method import Method

# DirectPred's code: its projector ends in a bias, its predictor does not.
AT_CIFAR = "--data cifar10 --encoder resnet18 --epochs 100 --projector-bias yes"
AT_STL = "--data stl10 --encoder resnet18-large --epochs 100 --projector-bias yes"
PREDICTOR_DECAY_ONLY = {"encoder_decay": 0.0, "projector_decay": 0.0}
TCG = "Tian, Chen, Ganguli 2021"


@dataclass(frozen=True)
class Preset:
    """A method with the options that make an experiment of it.

    Parameters
    ----------
    method : Method
    what : str
        In a few words.
    source : str
        Where it comes from.
    options : mapping
        Fields of `Config` that differ from their defaults.
    published : str
        Top-1 accuracy in percent of a linear probe, as published.
    at : str
        Flags of the data, network and length that it was published with.
    """

    method: Method
    what: str
    source: str
    options: Mapping[str, Any] = field(default_factory=dict)
    published: str = ""
    at: str = ""
