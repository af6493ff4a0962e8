"""Where targets come from: a slow copy of the online network, or the network itself, detached."""

import copy
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from trainers.networks import Network
from trainers.options import option


@dataclass(frozen=True)
class EMA:
    r"""A target network that follows the online one, BYOL's.

    .. math:: W_a \leftarrow m \, W_a + (1 - m) \, W

    after every optimiser step, over parameters only: the target keeps BN statistics of its own and
    runs on batch statistics. It starts as a copy. With m = 0 it gives the run of `StopGradient`, at
    the price of its forward passes.

    References
    ----------
    Grill et al. (2020), arXiv:2006.07733, Eq. 1.
    """

    momentum: float = option(0.996, "weight of the old target parameters, in [0, 1]")

    def __post_init__(self) -> None:
        if not 0 <= self.momentum <= 1:
            raise ValueError(f"target momentum is {self.momentum}; it must lie in [0, 1]")

    def build(self, online: Network) -> "EMATarget":
        """Make the target network of `online`."""
        return EMATarget(online, self.momentum)


@dataclass(frozen=True)
class StopGradient:
    """The online network's own output behind a stop-gradient, SimSiam's: one forward pass less.

    References
    ----------
    Chen, He (2020), arXiv:2011.10566, section 3.
    """

    def build(self, online: Network) -> "DetachedTarget":
        """Make the target of `online`."""
        return DetachedTarget()


class EMATarget(nn.Module):
    """The network behind `EMA`."""

    def __init__(self, online: Network, momentum: float) -> None:
        super().__init__()
        self.network = copy.deepcopy(online).requires_grad_(False)
        self.momentum = momentum

    @torch.no_grad()
    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the targets (batch, d) of the views `x`; `z` is what the online network makes."""
        return cast(Tensor, self.network(x))

    @torch.no_grad()
    def update(self, online: Network) -> None:
        """Move towards `online`."""
        torch._foreach_lerp_(
            list(self.network.parameters()), list(online.parameters()), 1 - self.momentum
        )

    @torch.no_grad()
    def tau(self, online: Network) -> Tensor:
        r""":math:`\langle W_a, W \rangle / \|W\|^2` over all parameters: 1 at the start."""
        pairs = list(zip(self.network.parameters(), online.parameters(), strict=True))
        across = torch.stack([torch.sum(target * weight) for target, weight in pairs]).sum()
        return across / torch.stack([torch.sum(weight**2) for _, weight in pairs]).sum()


class DetachedTarget(nn.Module):
    """The target behind `StopGradient`: it has no network of its own."""

    network = None

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Return `z` (batch, d) without its gradient."""
        return z.detach()

    def update(self, online: Network) -> None:
        """Do nothing: the target is the online network."""

    def tau(self, online: Network) -> Tensor:
        """Return 1."""
        return torch.ones((), device=next(online.parameters()).device)
