"""The modules behind the targets: a slow copy of the online network, or what it puts out itself."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from trainers.networks.network import Network
from trainers.networks.two_views import Both, Pair


class EMATarget(nn.Module):
    """The network behind `EMA`; `momentum_at` is m by the share of the run that is done."""

    def __init__(
        self, online: Network, momentum_at: Callable[[float], float], *, buffers: bool
    ) -> None:
        super().__init__()
        self.network = copy.deepcopy(online).requires_grad_(False)
        self.momentum_at = momentum_at
        self.buffers_too = buffers

    @torch.no_grad()
    def forward(self, x: Pair, z: Pair, both: Both) -> Pair:
        """Return the targets (batch, d) of the views `x`; `z` is what the online network makes."""
        return both(self.network, x)

    @torch.no_grad()
    def update(self, online: Network, progress: float) -> None:
        """Move towards `online`, `progress` of the run being done."""
        mine: list[Tensor] = list(self.network.parameters())
        theirs: list[Tensor] = list(online.parameters())
        if self.buffers_too:
            pairs = zip(self.network.buffers(), online.buffers(), strict=True)
            for own, other in pairs:
                if own.is_floating_point():
                    mine.append(own)
                    theirs.append(other)
                else:
                    own.copy_(other)
        torch._foreach_lerp_(mine, theirs, 1 - self.momentum_at(progress))

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
