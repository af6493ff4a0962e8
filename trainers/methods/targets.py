"""Where targets come from: a slow copy of the online network, or the network itself."""

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from trainers.networks.encoders import Network
from trainers.networks.two_views import Both, Pair
from trainers.options import option


@dataclass(frozen=True)
class EMA:
    r"""A target network that follows the online one, BYOL's.

    .. math:: W_a \leftarrow m \, W_a + (1 - m) \, W

    after every optimiser step, over parameters only unless `buffers` adds the BN statistics: the
    target runs on batch statistics either way. It starts as a copy. With m = 0 it gives the run of
    `StopGradient`, at the price of its forward passes. With `final`, m rises along half a cosine:
    :math:`m_k = m_K - (m_K - m_0) (1 + \cos(\pi k / K)) / 2` at step k of K.

    References
    ----------
    Grill et al. (2020), arXiv:2006.07733, Eq. 1 and section 3.3.
    """

    momentum: float = option(0.996, "weight of the old target parameters, in [0, 1]")
    final: float | None = option(None, "momentum at the end, on a cosine (default: constant)")
    buffers: bool = option(False, "average BN statistics too")

    def __post_init__(self) -> None:
        for name in ("momentum", "final"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"target {name} is {value}; it must lie in [0, 1]")

    def momentum_at(self, progress: float) -> float:
        """Return m where `progress` in (0, 1] of the run's steps are done."""
        if self.final is None:
            return self.momentum
        return self.final - (self.final - self.momentum) * (1 + math.cos(math.pi * progress)) / 2

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        return {"stop_gradient": True, "ema": self.momentum, "scheduled": self.final is not None}

    def build(self, online: Network) -> "EMATarget":
        """Make the target network of `online`."""
        return EMATarget(online, self)


@dataclass(frozen=True)
class StopGradient:
    """The online network's own output behind a stop-gradient, SimSiam's: one forward pass less.

    References
    ----------
    Chen, He (2020), arXiv:2011.10566, section 3.
    """

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        return {"stop_gradient": True, "ema": None, "scheduled": False}

    def build(self, online: Network) -> "OwnTarget":
        """Make the target of `online`."""
        return OwnTarget(detach=True)


@dataclass(frozen=True)
class Attached:
    """The online network's own output, gradient and all: no stop-gradient, the theory's collapse.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Theorem 2.
    """

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        return {"stop_gradient": False, "ema": None, "scheduled": False}

    def build(self, online: Network) -> "OwnTarget":
        """Make the target of `online`."""
        return OwnTarget(detach=False)


class EMATarget(nn.Module):
    """The network behind `EMA`."""

    def __init__(self, online: Network, rule: EMA) -> None:
        super().__init__()
        self.network = copy.deepcopy(online).requires_grad_(False)
        self.rule = rule

    @torch.no_grad()
    def forward(self, x: Pair, z: Pair, both: Both) -> Pair:
        """Return the targets (batch, d) of the views `x`; `z` is what the online network makes."""
        return both(self.network, x)

    @torch.no_grad()
    def update(self, online: Network, progress: float) -> None:
        """Move towards `online`, `progress` of the run being done."""
        mine: list[Tensor] = list(self.network.parameters())
        theirs: list[Tensor] = list(online.parameters())
        if self.rule.buffers:
            pairs = zip(self.network.buffers(), online.buffers(), strict=True)
            for own, other in pairs:
                if own.is_floating_point():
                    mine.append(own)
                    theirs.append(other)
                else:
                    own.copy_(other)
        torch._foreach_lerp_(mine, theirs, 1 - self.rule.momentum_at(progress))

    @torch.no_grad()
    def tau(self, online: Network) -> Tensor:
        r""":math:`\langle W_a, W \rangle / \|W\|^2` over all parameters: 1 at the start."""
        pairs = list(zip(self.network.parameters(), online.parameters(), strict=True))
        across = torch.stack([torch.sum(target * weight) for target, weight in pairs]).sum()
        return across / torch.stack([torch.sum(weight**2) for _, weight in pairs]).sum()


class OwnTarget(nn.Module):
    """The target behind `StopGradient` and `Attached`: it has no network of its own."""

    network = None

    def __init__(self, *, detach: bool) -> None:
        super().__init__()
        self.detach = detach

    def forward(self, x: Pair, z: Pair, both: Both) -> Pair:
        """Return `z` (batch, d), with its gradient or without."""
        return (z[0].detach(), z[1].detach()) if self.detach else z

    def update(self, online: Network, progress: float) -> None:
        """Do nothing: the target is the online network."""

    def tau(self, online: Network) -> Tensor:
        """Return 1."""
        return torch.ones((), device=next(online.parameters()).device)
