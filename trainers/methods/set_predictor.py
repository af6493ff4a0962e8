"""The module behind a rule that sets W_p: one linear layer, and the running moments of the rule."""

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from trainers.networks.two_views import Pair


class Rule(Protocol):
    """What sets W_p from running moments of the features z and the targets t."""

    @property
    def rho(self) -> float:
        """Weight of the old moments."""
        ...

    @property
    def every(self) -> int:
        """Optimiser steps between two sets of W_p."""
        ...

    @property
    def first(self) -> int | None:
        """Step of the first set; `every` where it is None."""
        ...

    @property
    def centred(self) -> bool:
        """Whether the moments are about the running mean of z."""
        ...

    @property
    def learns(self) -> bool:
        """Whether the optimiser moves W_p between sets."""
        ...

    def moments(self, z: Pair, t: Pair) -> Tensor:  # -> (k, d, d)
        """Return the batch's moments; the first is a correlation of z."""
        ...

    @property
    def solve(self) -> Callable[..., Tensor]:  # (d, d) each -> (d, d)
        """Return W_p of the moments."""
        ...


class ClosedForm(nn.Module):
    r"""A linear layer that a rule sets, and the running moments that it sets it by.

    Moments of a centred rule are kept about the running mean m, with that mean: from old moments
    C and a batch's C' about its own mean m',

    .. math:: C \leftarrow \rho C + (1 - \rho) C' + \rho (1 - \rho) (m' - m)(m' - m)^\top,

    which is :math:`\hat F - m m^\top` without the difference of large numbers.

    References
    ----------
    Chan, Golub, LeVeque (1983), The American Statistician 37, Eq. 2.1, with weights that decay.
    """

    def __init__(self, rule: Rule, d: int) -> None:
        super().__init__()
        self.rule = rule
        self.linear = nn.Linear(d, d, bias=False).requires_grad_(rule.learns)
        nothing = torch.zeros(1, d), torch.zeros(1, d)
        self.register_buffer("moments", rule.moments(nothing, nothing).fill_(torch.nan))
        self.register_buffer("mean", torch.zeros(d))  # of a centred rule
        self.register_buffer("rest", torch.zeros(d))  # of the mean, below its rounding
        self.moments: Tensor
        self.mean: Tensor
        self.rest: Tensor

    def forward(self, z: Tensor) -> Tensor:  # (batch, d) -> (batch, d)
        """Return W_p z."""
        return self.linear(z)

    def matrix(self) -> Tensor:
        """Return W_p (d, d)."""
        return self.linear.weight

    @property
    def running_correlation(self) -> Tensor:
        r""":math:`\hat F` (d, d) as the rule uses it."""
        return self.moments[0]

    @torch.no_grad()
    def after_step(self, step: int, z: Pair, t: Pair) -> None:
        """Take the features of a step into the running means, and set W_p if it is due.

        Raises
        ------
        FloatingPointError
            The moments or W_p are not finite.
        """
        z, t = (z[0].float(), z[1].float()), (t[0].float(), t[1].float())
        if self.rule.centred:
            z, mean, rest = _about_mean(z)
        moments, rho = self.rule.moments(z, t), self.rule.rho
        if step > 1:
            moments = torch.lerp(moments, self.moments, rho)
        if self.rule.centred:
            if step > 1:
                moved = (mean - self.mean) + (rest - self.rest)
                moments += rho * (1 - rho) * torch.outer(moved, moved)
                mean, rest = _sum(self.mean, self.rest + (1 - rho) * moved)
            self.mean.copy_(mean)
            self.rest.copy_(rest)
        self.moments.copy_(moments)
        first = self.rule.first or self.rule.every
        if step >= first and (step - first) % self.rule.every == 0:
            self.linear.weight.copy_(self.rule.solve(*self.moments))

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *args: Any) -> None:
        # An older checkpoint: moments of a centred rule were not about the mean.
        if f"{prefix}rest" not in state and f"{prefix}mean" in state:
            mean = state[f"{prefix}mean"]
            state[f"{prefix}rest"] = torch.zeros_like(mean)
            if self.rule.centred:
                moments = state[f"{prefix}moments"]
                state[f"{prefix}moments"] = moments - torch.outer(mean, mean)
        super()._load_from_state_dict(state, prefix, *args)


def _about_mean(z: Pair) -> tuple[Pair, Tensor, Tensor]:
    # The mean of large numbers is rounded; the mean of what is left over is its missing part.
    mean = torch.cat(z).mean(0)
    z = z[0] - mean, z[1] - mean
    rest = torch.cat(z).mean(0)
    return (z[0] - rest, z[1] - rest), mean, rest


def _sum(large: Tensor, small: Tensor) -> tuple[Tensor, Tensor]:
    # large + small, rounded, and what the rounding left out.
    total = large + small
    return total, small - (total - large)
