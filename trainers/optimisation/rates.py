"""The parts of a network that have a rate and a decay of their own."""

from dataclasses import dataclass

from analysis.checks.fields import check_fields
from trainers.options import choose

PARTS = ("encoder", "projector", "predictor")
DECAYS = {
    "coupled": "added to the gradient, and so multiplied by the learning rate (torch's SGD)",
    "decoupled": "W <- (1 - decay) W at each step, times the schedule (SGDW)",
}
TRUST = 1e-3
"""The trust coefficient of LARS in its paper, and in BYOL's code."""
OPTIMISERS = {
    "sgd": "one rate for all weights of a part (torch's SGD)",
    "lars": "each layer's step in proportion to the norm of its weights (`LARS`)",
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


def decay_in_flow(encoder: Rate, lr: float, decay: str) -> float:
    r"""Return the predictor's decay w_p at which :math:`\eta_p = \eta_s`.

    Coupled, an optimiser multiplies a decay by the part's rate: :math:`\eta_s = w / c` and
    :math:`\eta_p = \alpha_p w_p / c` with :math:`\alpha_p` the predictor's rate over the
    encoder's, so :math:`w_p = w / \alpha_p`. Decoupled, it does not: both are decay over the flow
    time of a step, so :math:`w_p = w`.

    Parameters
    ----------
    encoder : Rate
    lr : float
        Of the predictor.
    decay : str
        Of `DECAYS`.

    Raises
    ------
    ValueError
        Coupled, and the predictor has no rate.

    Examples
    --------
    >>> decay_in_flow(Rate(0.05, 1e-3), 0.5, "coupled")
    0.0001
    """
    if decay == "decoupled":
        return encoder.decay
    if not lr > 0:
        raise ValueError(
            "flow-decay divides by the predictor's learning rate, which is 0; leave it out"
        )
    return encoder.decay * encoder.lr / lr


def check_lars(optimiser: str, trust: float, decay: str, flow_decay: bool) -> None:
    """Check that options that only one of `OPTIMISERS` has are not given with the other.

    Raises
    ------
    ValueError
        There is no such optimiser, or it does not have them.
    """
    choose("optimiser", optimiser, OPTIMISERS)
    if optimiser == "sgd" and trust != TRUST:
        raise ValueError(f"trust is {trust}, of LARS; --optimiser lars wanted, or leave it out")
    if optimiser == "lars" and (decay != "coupled" or flow_decay):
        given = "flow-decay is yes" if flow_decay else f"decay is {decay}"
        raise ValueError(f"{given} under LARS, whose decay is part of the gradient; leave it out")
