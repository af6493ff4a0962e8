"""How the two views pass through a network that has batch norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor, nn

# In words: what can be chosen here is known without torch.
Pair: TypeAlias = "tuple[Tensor, Tensor]"  # of both views, (batch, ...) each
Both: TypeAlias = "Callable[[nn.Module, Pair], Pair]"


def separate(network: nn.Module, x: Pair) -> Pair:
    """Pass one view after the other: each has batch statistics of its own."""
    return network(x[0]), network(x[1])


def together(network: nn.Module, x: Pair) -> Pair:
    """Pass both views as one batch."""
    import torch

    first, second = network(torch.cat(x)).chunk(2)
    return first, second


def _leave(network: nn.Module) -> None:
    pass


def _norm_per_view(network: nn.Module) -> None:
    from trainers.networks.per_view_norm import norm_per_view

    norm_per_view(network)


def _sync(network: nn.Module) -> None:
    from trainers.networks.synced_norm import sync_norms

    sync_norms(network)


# name: (how views pass, what is done to a network before)
BATCH_NORMS: dict[str, tuple[Both, Callable[[nn.Module], None]]] = {
    "separate": (separate, _leave),
    "fused": (together, _leave),
    "fused-per-view": (together, _norm_per_view),
    "synced": (separate, _sync),
}
