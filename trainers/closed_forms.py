"""Predictors that a closed form of running moments sets: `Direct` and `Optimal`."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainers.choices import choose
from trainers.options import option
from trainers.passes import Pair

Spectrum = Callable[[Tensor, float, float], Tensor]  # (s (d,), power, eps) -> p (d,)

# s is ascending, as eigh gives it, and not below 0.
NORMALISATIONS: dict[str, Spectrum] = {
    "paper": lambda s, power, eps: s**power + eps * s[-1],
    "max": lambda s, power, eps: ((s / s[-1]) ** power + eps).clamp(min=1e-4),
    "max-inside": lambda s, power, eps: (s / s[-1] + eps) ** power,
    "frobenius": lambda s, power, eps: (s / s.norm()) ** power + eps,
    "none": lambda s, power, eps: s**power + eps,
}

# Where p is linear in s, power 1 needs no eigenvectors: only the norm that s is divided by.
SCALES: dict[str, Callable[[Tensor], Tensor | float]] = {
    "frobenius": torch.linalg.matrix_norm,
    "none": lambda F: 1.0,
}


def same_view(z: Pair) -> Tensor:  # -> (d, d)
    """Return E[z z^T] over the rows of both views."""
    rows = torch.cat(z)
    return rows.mT @ rows / len(rows)


def cross_view(z: Pair) -> Tensor:  # -> (d, d)
    """Return E[z_1 z_2^T]; its symmetric part is what a rule uses."""
    return z[0].mT @ z[1] / len(z[0])


CORRELATIONS = {"same": same_view, "cross": cross_view}


@dataclass(frozen=True)
class Direct:
    r"""A linear predictor set from the running correlation: DirectSet(alpha).

    .. math:: \hat F \leftarrow \rho \hat F + (1 - \rho) \operatorname{E}[z z^\top], \quad
              \hat F = U \operatorname{diag}(s) U^\top, \quad W_p = U \operatorname{diag}(p) U^\top

    over both views of the batch before the batch's own step changes the network; the first batch
    starts :math:`\hat F`. Paper and codes disagree on p(s), so `normalise` names one:

    ==============  ================================================  ========================
    `normalise`     :math:`p_j`                                       source
    ==============  ================================================  ========================
    ``paper``       :math:`s_j^a + \epsilon \max s`                   DirectPred, Eq. 18
    ``max``         :math:`\max((s_j/\max s)^a + \epsilon, 10^{-4})`  DirectPred's code, and so
                                                                      its figures of accuracy
    ``max-inside``  :math:`(s_j/\max s + \epsilon)^a`                 IsoLoss's code
    ``frobenius``   :math:`(s_j/\|s\|)^a + \epsilon`                  DirectCopy, as the
                                                                      reproduction reads it
    ``none``        :math:`s_j^a + \epsilon`                          DirectCopy, as DirectPred's
                                                                      code runs it
    ==============  ================================================  ========================

    with s first lowered by `offset` and cut at 0 (DirectPred, Table 7). `centred` takes the running
    mean's outer product from :math:`\hat F` (which hurts, says the paper); ``views="cross"`` uses
    the symmetric part of :math:`\operatorname{E}[z_1 z_2^\top]` across the views of an image, the
    theory's F.

    W_p is set after every `every`-th optimiser step (those divisible by it). In between it follows
    the optimiser, whose momentum buffer is kept across the sets; with ``every=1`` the optimiser
    never sees it. The first step uses the random W_p.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Eqs. 18 and 19. Wang, Chen, Du, Tian (2021),
    arXiv:2110.04947 (DirectCopy, DirectSet).
    """

    power: float = option(0.5, "a: 1/2 DirectPred, 1 DirectCopy")
    eps: float = option(0.1, "boost of the small eigenvalues")
    rho: float = option(0.3, "weight of the old correlation, in [0, 1)")
    every: int = option(1, "optimiser steps between two sets of W_p")
    normalise: str = option("max", f"one of {', '.join(NORMALISATIONS)}: see the table in Direct")
    offset: float = option(0.0, "c, subtracted from the eigenvalues of F first")
    centred: bool = option(False, "use the covariance: subtract the mean's outer product")
    views: str = option("same", "same: E[z z^T] of one view; cross: across the views of an image")

    def __post_init__(self) -> None:
        if not self.power > 0:
            raise ValueError(f"predictor power is {self.power}; it must be above 0")
        if not self.eps >= 0:
            raise ValueError(f"predictor eps is {self.eps}; it must not be negative")
        _check_running(self.rho, self.every)
        choose("predictor normalise", self.normalise, NORMALISATIONS)
        choose("predictor views", self.views, CORRELATIONS)

    @property
    def learns(self) -> bool:
        """Whether the optimiser moves W_p between sets."""
        return self.every > 1

    recorded_as = "weight"

    def build(self, d: int) -> "ClosedForm":
        """Make the module for features of size `d`."""
        return ClosedForm(self, d)

    def moments(self, z: Pair, t: Pair) -> Tensor:  # -> (1, d, d)
        """Return the batch's correlation, whose running mean `solve` is given."""
        F = CORRELATIONS[self.views](z)
        # A float32 product of z with itself is symmetric to rounding only.
        return ((F + F.mT) / 2)[None]

    def solve(self, F: Tensor) -> Tensor:  # (d, d) -> (d, d)
        """Return W_p of the symmetric correlation `F`, in its dtype."""
        if self.power == 1 and self.offset == 0 and self.normalise in SCALES:
            return F / SCALES[self.normalise](F) + self.eps * torch.eye(len(F), device=F.device)
        # Roots amplify the rounding of small eigenvalues: 1e-7 in s becomes 3e-4 in p. MPS has no
        # float64, and no eigh either.
        host = F.cpu() if F.device.type == "mps" else F
        s, U = torch.linalg.eigh(host.double())
        s = (s - self.offset).clamp(min=0)
        p = NORMALISATIONS[self.normalise](s, self.power, self.eps)
        return ((U * p) @ U.mT).to(F)


@dataclass(frozen=True)
class Optimal:
    r"""The linear predictor that minimises the Euclidean loss for the network as it is.

    .. math:: W_p^* = \operatorname{E}[t z^\top] \,
                      \bigl(\operatorname{E}[z z^\top] + \lambda I\bigr)^{-1}

    from running means with weight `rho`, set after every `every`-th optimiser step. With the
    theory's linear network this is :math:`W_a X W^\top (W (X + X') W^\top + \lambda I)^{-1}`, and
    :math:`\lambda = \eta / \alpha_p`. Setting it often is worse than not setting it: DirectPred's
    Table 1.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, section 3 and Table 1.
    """

    every: int = option(1, "optimiser steps between two sets of W_p")
    rho: float = option(0.3, "weight of the old moments, in [0, 1)")
    ridge: float = option(1e-4, "lambda: eta / alpha_p of the flow")

    def __post_init__(self) -> None:
        _check_running(self.rho, self.every)
        if not self.ridge > 0:
            raise ValueError(f"predictor ridge is {self.ridge}; it must be above 0")

    centred = False
    recorded_as = "weight"

    @property
    def learns(self) -> bool:
        """Whether the optimiser moves W_p between sets."""
        return self.every > 1

    def build(self, d: int) -> "ClosedForm":
        """Make the module for features of size `d`."""
        return ClosedForm(self, d)

    def moments(self, z: Pair, t: Pair) -> Tensor:  # -> (2, d, d)
        """Return E[z z^T] and E[t z^T] of the batch, the target of one view with the other's z."""
        F = same_view(z)
        across = (t[1].mT @ z[0] + t[0].mT @ z[1]) / (2 * len(z[0]))
        return torch.stack([(F + F.mT) / 2, across])

    def solve(self, F: Tensor, across: Tensor) -> Tensor:  # (d, d), (d, d) -> (d, d)
        """Return W_p of E[z z^T] and E[t z^T], in their dtype."""
        host = (M.cpu() if M.device.type == "mps" else M for M in (F, across))
        left, right = (M.double() for M in host)
        left = left + self.ridge * torch.eye(len(left), dtype=left.dtype, device=left.device)
        return torch.linalg.solve(left, right, left=False).to(F)


def _check_running(rho: float, every: int) -> None:
    if not 0 <= rho < 1:
        raise ValueError(f"predictor rho is {rho}; it must lie in [0, 1)")
    if every < 1:
        raise ValueError(f"predictor every is {every}; it must be at least 1")


class ClosedForm(nn.Module):
    """The module behind `Direct` and `Optimal`: one linear layer, and the moments that set it."""

    def __init__(self, rule: Direct | Optimal, d: int) -> None:
        super().__init__()
        self.rule = rule
        self.linear = nn.Linear(d, d, bias=False).requires_grad_(rule.learns)
        nothing = torch.zeros(1, d), torch.zeros(1, d)
        self.register_buffer("moments", rule.moments(nothing, nothing).fill_(torch.nan))
        self.register_buffer("mean", torch.full((d,), torch.nan))
        self.moments: Tensor
        self.mean: Tensor

    def forward(self, z: Tensor) -> Tensor:  # (batch, d) -> (batch, d)
        """Return W_p z."""
        return self.linear(z)

    def matrix(self) -> Tensor:
        """Return W_p (d, d)."""
        return self.linear.weight

    @property
    def running_correlation(self) -> Tensor:
        r""":math:`\hat F` (d, d) as the rule uses it."""
        F = self.moments[0]
        return F - torch.outer(self.mean, self.mean) if self.rule.centred else F

    @torch.no_grad()
    def after_step(self, step: int, z: Pair, t: Pair) -> None:
        """Take the features of a step into the running means, and set W_p if it is due."""
        z, t = (z[0].float(), z[1].float()), (t[0].float(), t[1].float())
        moments, mean = self.rule.moments(z, t), torch.cat(z).mean(0)
        if step > 1:
            moments = torch.lerp(moments, self.moments, self.rule.rho)
            mean = torch.lerp(mean, self.mean, self.rule.rho)
        self.moments.copy_(moments)
        self.mean.copy_(mean)
        if step % self.rule.every == 0:
            self.linear.weight.copy_(self.rule.solve(self.running_correlation, *self.moments[1:]))
