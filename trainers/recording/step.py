"""What one step of learning leaves behind, for the record of it."""

from dataclasses import dataclass

from torch import Tensor

from trainers.networks.two_views import Pair


@dataclass(frozen=True)
class Step:
    """What one step leaves behind: features z, predictions q, targets t (batch, d) and the loss."""

    z: Pair
    q: Pair
    t: Pair
    loss: Tensor
    grad_norm: Tensor
