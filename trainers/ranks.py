"""The processes of one training: each has its share of the batch, all see the whole, one writes."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def count() -> int:
    """Return how many processes train together: 1 without ``torch.distributed``."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def number() -> int:
    """Return which of them this process is, from 0."""
    return dist.get_rank() if count() > 1 else 0


def writes() -> bool:
    """Return whether this process is the one that writes: rank 0."""
    return number() == 0


@contextmanager
def joined() -> Iterator[None]:
    """Join the processes that ``torchrun`` started, if it did, until the end of the block.

    Raises
    ------
    ValueError
        They cannot be joined.
    """
    started = int(os.environ.get("WORLD_SIZE", "1")) > 1
    if not started or count() > 1 or not dist.is_available():
        yield
        return
    try:
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    except (RuntimeError, ValueError) as error:
        told = " ".join(str(error).split())
        raise ValueError(f"WORLD_SIZE is set, and the processes cannot be joined: {told}") from None
    try:
        yield
    finally:
        dist.destroy_process_group()


@contextmanager
def one_first() -> Iterator[None]:
    """Let rank 0 through the block, and then the others: what it puts on a disk is there by then.

    Every process is to come by; rank 0 lets the others go on also if it fails.
    """
    if not writes():
        dist.barrier()
    try:
        yield
    finally:
        if count() > 1 and writes():
            dist.barrier()


def share(samples: Tensor) -> Tensor:  # (batch,) -> (batch / ranks,)
    """Return the part of a batch that this process takes: shares lie one after another.

    Raises
    ------
    ValueError
        The batch is not a multiple of the number of processes.
    """
    if len(samples) % count():
        raise ValueError(
            f"batch-size is {len(samples)}, for {count()} processes; a multiple of their number "
            "wanted"
        )
    return samples.chunk(count())[number()]


def gathered(x: Tensor) -> Tensor:  # (batch / ranks, ...) -> (batch, ...)
    """Return the shares of all processes in order; the gradient passes to one's own alone.

    A loss of what is gathered is the same everywhere, and the gradient of each process is that of
    its share: `add_gradients` makes the whole of them.
    """
    if count() == 1:
        return x
    parts = [torch.empty_like(x) for _ in range(count())]
    dist.all_gather(parts, x.detach().contiguous())
    parts[number()] = x
    return torch.cat(parts)


def add_gradients(parameters: Sequence[Tensor]) -> None:
    """Let every process have the sum of all gradients, in one message."""
    there = [weight.grad for weight in parameters if weight.grad is not None]
    if count() == 1 or not there:
        return
    flat = torch.cat([gradient.flatten() for gradient in there])
    dist.all_reduce(flat)
    for gradient, whole in zip(there, flat.split([g.numel() for g in there]), strict=True):
        gradient.copy_(whole.view_as(gradient))


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


class Total(torch.autograd.Function):
    """`total`, whose gradient is the sum of all processes' gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Return the sum over all processes."""
        return total(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Return the sum of what reaches the sum, wherever it does."""
        return total(gradients[0])
