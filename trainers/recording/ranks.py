"""The processes of one training: what each has seen is summed, and one writes."""

import torch
import torch.distributed as dist
from torch import Tensor


def count() -> int:
    """Return how many processes train together: 1 without ``torch.distributed``."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def writes() -> bool:
    """Return whether this process is the one that writes: rank 0."""
    return count() == 1 or dist.get_rank() == 0


def total(x: Tensor) -> Tensor:
    """Return the sum of `x` over all processes; every one of them is to call it."""
    if count() == 1:
        return x
    x = x.clone()
    dist.all_reduce(x)
    return x


def mean(x: Tensor) -> Tensor:
    """Return the mean of `x` over all processes; every one of them is to call it."""
    return total(x) / torch.tensor(count()).to(x)
