"""LeJEPA: views agree, and features are Gaussian along every direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainers.methods.losses import Loss
from trainers.options import option

if TYPE_CHECKING:
    from torch import Tensor

KNOTS, END = 17, 3.0  # of the integral over frequencies


@dataclass(frozen=True)
class LeJEPA(Loss):
    r"""Invariance of the views and SIGReg, a test that features are N(0, I).

    .. math:: L = (1 - \lambda) \frac1{nd} \sum \|\tfrac{q - t}2\|^2
        + \lambda\, \tfrac12 [R(q) + R(t)], \quad
        R(z) = \operatorname{E}_a\, n \int_{-3}^{3} e^{-u^2/2}
        \bigl| \tfrac1n \textstyle\sum_i e^{\mathrm i u\, a \cdot z_i} - e^{-u^2/2} \bigr|^2 du

    over unit vectors a (`directions` of them, fresh ones at every step), the statistic of Epps and
    Pulley by the trapezoidal rule on 17 knots from 0 to 3, doubled. The first term is the mean
    squared distance of both views from their mean. Meant for ``--predictor none --target
    attached``.

    Null level: features that are N(0, I) have :math:`\operatorname{E} R = \int e^{-u^2/2}
    (1 - e^{-u^2}) du`, 1.0525 on these knots, whatever n is.

    References
    ----------
    Balestriero, LeCun (2025), arXiv:2511.08544; galilai-group/lejepa, MINIMAL.md, read in copies;
    Epps, Pulley (1983), Biometrika 70. The paper's lambda of .05 is recalled, not read.
    """

    factor: float = option(1.0, "c: 1 is the published code's", above=0)
    gaussian: float = option(0.05, "lambda, of SIGReg; 1 - lambda is of the distance", least=0)
    directions: int = option(256, "along which features are to be Gaussian", least=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.gaussian > 1:
            raise ValueError(f"loss gaussian is {self.gaussian}; a share, at most 1, wanted")

    def at(self, step: int) -> Loss:
        """Return the loss of a step, which has directions of its own."""
        return _OfStep(factor=self.factor, iso=self.iso, whole=self, step=step)

    def distance(self, q: Tensor, t: Tensor) -> Tensor:
        """Return the loss of one view's predictions and the other's targets, at step 0."""
        return self.at(0).distance(q, t)


@dataclass(frozen=True, kw_only=True)
class _OfStep(Loss):
    whole: LeJEPA
    step: int

    def distance(self, q: Tensor, t: Tensor) -> Tensor:
        A, share = directions(self.step, q, self.whole.directions), self.whole.gaussian
        near = ((q - t) / 2).square().mean()
        return (1 - share) * near + share * (_away(q @ A) + _away(t @ A)) / 2


def directions(step: int, like: Tensor, count: int) -> Tensor:  # -> (d, count)
    """Return the unit vectors of a step, for features (batch, d); the same on every device."""
    import torch

    generator = torch.Generator().manual_seed(step)
    A = torch.randn(like.shape[1], count, generator=generator, dtype=torch.float64)
    return (A / A.norm(dim=0)).to(like)


def _away(x: Tensor) -> Tensor:  # (batch, directions) -> (): Epps and Pulley's statistic, its mean
    import torch

    u = torch.linspace(0, END, KNOTS, dtype=x.dtype, device=x.device)
    weights = torch.full_like(u, 2 * END / (KNOTS - 1))
    weights[[0, -1]] /= 2
    normal = torch.exp(-(u**2) / 2)
    phases = x[:, :, None] * u
    apart = (phases.cos().mean(0) - normal) ** 2 + phases.sin().mean(0) ** 2
    return len(x) * (apart @ (weights * normal)).mean()
