"""Batch norm of two views in one batch, each with statistics of its own."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class PerView(nn.Module):
    """Batch statistics for each half of a batch that is two views; what two passes compute."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise `x` (2 batch, ...)."""
        if not self.training:
            return super().forward(x)
        first, second = x.chunk(2)
        return torch.cat([super().forward(first), super().forward(second)])


class PerViewBatchNorm1d(PerView, nn.BatchNorm1d):
    """One-dimensional."""


class PerViewBatchNorm2d(PerView, nn.BatchNorm2d):
    """Two-dimensional."""


_PER_VIEW: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: PerViewBatchNorm1d,
    nn.BatchNorm2d: PerViewBatchNorm2d,
}


def norm_per_view(network: nn.Module) -> None:
    """Turn the batch norms of `network` into `PerViewBatchNorm`; its state stays as it is."""
    turn_into(network, _PER_VIEW)


def turn_into(network: nn.Module, kinds: Mapping[type[nn.Module], type[nn.Module]]) -> None:
    """Turn the modules of `network` that are of one of `kinds` into what it names."""
    for module in network.modules():
        # A new class and not a new module: names in the state_dict do not change.
        module.__class__ = kinds.get(type(module), type(module))
