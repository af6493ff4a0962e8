"""Redundancy reduction: the views' cross-correlation is to be the identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainers.methods.losses import Loss
from trainers.options import option

if TYPE_CHECKING:
    from torch import Tensor

EPS = 1e-5  # batch norm's, of a variance


@dataclass(frozen=True)
class BarlowTwins(Loss):
    r"""Each feature agrees across views, and no two features say the same.

    .. math:: L = \sum_i (1 - C_{ii})^2 + \lambda \sum_{i \ne j} C_{ij}^2, \quad
        C = \frac1n \sum \hat q\, \hat t^\top

    with features standardised over the batch (biased variance, eps 1e-5), as batch norm does in the
    published code, whose lambda is .0051 (the paper: 5e-3). Meant for ``--predictor none --target
    attached``. Of a linear network and without standardisation, modes come up one at a time.

    References
    ----------
    Zbontar, Jing, Misra, LeCun, Deny (2021), arXiv:2103.03230, Eq. 1; facebookresearch/barlowtwins.
    """

    factor: float = option(1.0, "c: 1 is the published code's", above=0)
    redundancy: float = option(0.0051, "lambda, of what is off the diagonal", least=0)

    def distance(self, q: Tensor, t: Tensor) -> Tensor:
        """Return the loss of one view's predictions and the other's targets (batch, d)."""
        C = _standard(q).mT @ _standard(t) / len(q)
        on = (1 - C.diagonal()).square().sum()
        off = C.square().sum() - C.diagonal().square().sum()
        return on + self.redundancy * off


def _standard(z: Tensor) -> Tensor:
    return (z - z.mean(0)) / (z.var(0, unbiased=False) + EPS).sqrt()
