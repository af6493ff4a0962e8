"""What one step of learning leaves behind, for the record of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
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

    def detached(self) -> Step:
        """Return it without what a gradient needs."""
        z, q, t = ((a.detach(), b.detach()) for a, b in (self.z, self.q, self.t))
        return Step(z, q, t, self.loss.detach(), self.grad_norm)


def whole(parts: Sequence[Step], grad_norm: Tensor) -> Step:
    """Return the step of a batch that passed in parts of one size: rows in their order, mean loss.

    Parameters
    ----------
    parts : sequence of Step
        Of which no gradient is wanted any more.
    grad_norm : Tensor ()
        Of the batch.
    """
    if len(parts) == 1:
        return replace(parts[0], grad_norm=grad_norm)
    z, q, t = (
        (torch.cat([pair[0] for pair in pairs]), torch.cat([pair[1] for pair in pairs]))
        for pairs in zip(*((part.z, part.q, part.t) for part in parts), strict=True)
    )
    return Step(z, q, t, torch.stack([part.loss for part in parts]).mean(), grad_norm)
