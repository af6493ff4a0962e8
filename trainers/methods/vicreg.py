"""Variance, invariance, covariance: no predictor and no stop-gradient, and no collapse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainers.methods.losses import Loss
from trainers.options import option

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST = 1e-4  # of a variance, under its root


@dataclass(frozen=True)
class VICReg(Loss):
    r"""Invariance of the views, a floor under each feature's spread, and no covariance.

    .. math:: L = \lambda \frac1{nd} \sum \|q - t\|^2
        + \mu \frac{v(q) + v(t)}2 + \nu\, (c(q) + c(t)), \quad
        v(z) = \frac1d \sum_j \max(0, 1 - \sqrt{\operatorname{Var} z_j + 10^{-4}}), \quad
        c(z) = \frac1d \sum_{i \ne j} \operatorname{Cov}(z)_{ij}^2

    as the published code has it, with unbiased variances over the batch; the paper's Eqs. 5 and 6
    have the squared distance not over d, and the sum of both v and not their mean. Meant for
    ``--predictor none --target attached``: the published method has neither predictor nor
    stop-gradient. With them, q and t are what predictor and target put out.

    References
    ----------
    Bardes, Ponce, LeCun (2022), arXiv:2105.04906; facebookresearch/vicreg, main_vicreg.py.
    """

    factor: float = option(1.0, "c: 1 is the published code's", above=0)
    invariance: float = option(25.0, "lambda, of the distance of the views", least=0)
    variance: float = option(25.0, "mu, of the floor under the spread", least=0)
    covariance: float = option(1.0, "nu, of the covariances", least=0)

    def distance(self, q: Tensor, t: Tensor) -> Tensor:
        """Return the loss of one view's predictions and the other's targets (batch, d)."""
        near = (q - t).square().mean()
        spread = (_short(q) + _short(t)) / 2
        together = _covariance(q) + _covariance(t)
        return self.invariance * near + self.variance * spread + self.covariance * together


def _short(z: Tensor) -> Tensor:
    return (1 - (z.var(0) + SMALLEST).sqrt()).clamp(min=0).mean()


def _covariance(z: Tensor) -> Tensor:
    centred = z - z.mean(0)
    C = centred.mT @ centred / (len(z) - 1)
    return (C.square().sum() - C.diagonal().square().sum()) / z.shape[1]
