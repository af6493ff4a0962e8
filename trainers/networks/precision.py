"""In which precision networks compute."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from trainers.networks.two_views import Pair

# What can be chosen is known without torch.
PRECISIONS = {
    "fp32": "everything in float32",
    "bf16": "convolutions and linear layers in bfloat16; weights, batch statistics, targets' "
    "average, loss, moments and W_p in float32",
}


def computing(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Return the context of a forward pass: torch's autocast, or nothing.

    Parameters
    ----------
    precision : str
        A name in `PRECISIONS`.
    device : torch.device
    """
    if precision == "fp32":
        return nullcontext()
    import torch

    return torch.autocast(device.type, torch.bfloat16)


def full(views: Pair) -> Pair:
    """Return what left a network in float32: a loss and a moment have that, whatever made them."""
    return views[0].float(), views[1].float()
