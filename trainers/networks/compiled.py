"""Encoders whose passes are compiled."""

from __future__ import annotations

import torch
from torch import nn

from trainers.say import say


def compile_encoder(encoder: nn.Module, device: torch.device) -> None:
    """Compile an encoder in place; names in its state_dict stay as they are.

    On a CPU, batch norm, pool and ReLU of `conv4` become one compiled function, which is faster
    there than the whole encoder compiled. Any other encoder is compiled whole.

    Parameters
    ----------
    encoder : torch.nn.Module
    device : torch.device
        Where it computes.
    """
    # Not at the top: to decorate for the compiler takes as long as to import torch.
    from trainers.networks.norm_pool_relu import fuse_blocks

    if device.type != "cpu" or not fuse_blocks(encoder):
        encoder.compile()


def can_compile(device: torch.device) -> bool:
    """Return whether torch finds what it compiles with, by trying; a line on stderr if not."""
    try:
        torch.compile(torch.neg, dynamic=False)(torch.zeros(2, device=device))
    except Exception as error:  # torch raises what its backends do
        told = str(error).strip().splitlines()[0]
        say(f"compile: torch cannot here ({told}); trained without it, equal but for rounding")
        return False
    return True
