"""DirectPred, DirectCopy and any DirectSet: W_p as a power of the correlation of its input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.checks.fields import check_fields
from trainers.methods.running_moments import as_weight, check_first, exactly, same_view
from trainers.options import choose, option

if TYPE_CHECKING:
    from torch import Tensor

    from trainers.methods.set_predictor import ClosedForm
    from trainers.networks.two_views import Pair

    Spectrum = Callable[[Tensor, float, float], Tensor]  # (s (d,), power, eps) -> p (d,)


def _over(s: Tensor, size: Tensor) -> Tensor:
    # 0 / 0 is 0: without a positive eigenvalue every share is that of a mode at 0.
    import torch

    return s / size.clamp(min=torch.finfo(s.dtype).tiny)


def _over_largest(s: Tensor) -> Tensor:
    return _over(s, s.max())


def _over_norm(s: Tensor) -> Tensor:
    q = _over(s, s.abs().max())  # squares of s itself might overflow
    return _over(q, q.norm())


# s is ascending, as eigh gives it, and not below 0.
NORMALISATIONS: dict[str, Spectrum] = {
    "paper": lambda s, power, eps: s**power + eps * s[-1],
    "max": lambda s, power, eps: (_over_largest(s) ** power + eps).clamp(min=1e-4),
    "max-inside": lambda s, power, eps: (_over_largest(s) + eps) ** power,
    "frobenius": lambda s, power, eps: _over_norm(s) ** power + eps,
    "none": lambda s, power, eps: s**power + eps,
}

# Where p is linear in s and no s is cut, power 1 needs no eigenvectors: only what divides F.
LINEAR_IN_F: dict[str, Callable[[Tensor], Tensor]] = {"frobenius": _over_norm, "none": lambda F: F}


def cross_view(z: Pair) -> Tensor:  # -> (d, d)
    """Return E[z_1 z_2^T]; its symmetric part is what a rule uses."""
    return z[0].mT @ z[1] / len(z[0])


CORRELATIONS = {"same": same_view, "cross": cross_view}


def _nothing_to_cut(F: Tensor, eps: float) -> bool:
    # Whether F + (the rounding of a d x d matrix of its largest entry) I has a Cholesky factor.
    import torch

    rounding = eps * len(F) ** 0.5 * F.abs().max() * torch.eye(len(F)).to(F)
    return not torch.linalg.cholesky_ex(F + rounding).info.item()


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

    with s first lowered by `offset` and cut at 0 (DirectPred, Table 7), so that no eigenvalue of
    W_p is below the p of s = 0. Where no s is above 0, a collapsed network or views that share
    nothing, the quotients are 0 and W_p is that p times I. `centred` takes the running mean's outer
    product from :math:`\hat F` (which hurts, says the paper); ``views="cross"`` uses the symmetric
    part of :math:`\operatorname{E}[z_1 z_2^\top]` across the views of an image, the theory's F: it
    has eigenvalues below 0 where views share less than the batch's noise.

    W_p is set after step `first` (`every` by default) and every `every`-th from there: with
    ``every=5`` after 5, 10, 15, and with ``first=1``, as in DirectPred's code, after 1, 6, 11. In
    between it follows the optimiser, whose momentum buffer is kept across the sets; with
    ``every=1`` the optimiser never sees it. The first step uses the random W_p.

    Raises
    ------
    ValueError
        A setting is out of its range.
    FloatingPointError
        In training: features, or W_p under `paper` or `none`, are beyond float32.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Eqs. 18 and 19. Wang, Chen, Du, Tian (2021),
    arXiv:2110.04947 (DirectCopy, DirectSet).

    Examples
    --------
    >>> import torch
    >>> Direct(eps=0.1, normalise="max").solve(torch.diag(torch.tensor([1.0, 4.0])))
    tensor([[0.6000, 0.0000],
            [0.0000, 1.1000]])
    """

    power: float = option(0.5, "a: 1/2 DirectPred, 1 DirectCopy", above=0)
    eps: float = option(0.1, "boost of the small eigenvalues", least=0)
    rho: float = option(0.3, "weight of the old correlation, in [0, 1)", least=0, below=1)
    every: int = option(1, "optimiser steps between two sets of W_p", least=1)
    first: int | None = option(
        None, "the first such step (default: EVERY; DirectPred's code: 1)", least=1
    )
    normalise: str = option("max", f"one of {', '.join(NORMALISATIONS)}: see the table in Direct")
    offset: float = option(0.0, "c, subtracted from the eigenvalues of F first")
    centred: bool = option(False, "use the covariance: subtract the mean's outer product")
    views: str = option("same", "same: E[z z^T] of one view; cross: across the views of an image")

    def __post_init__(self) -> None:
        check_fields(self, "predictor")
        check_first(self.first, self.every)
        choose("predictor normalise", self.normalise, NORMALISATIONS)
        choose("predictor views", self.views, CORRELATIONS)

    @property
    def learns(self) -> bool:
        """Whether the optimiser moves W_p between sets."""
        return self.every > 1

    recorded_as = "weight"

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        names = ("power", "eps", "normalise", "offset", "views")
        return {"kind": "spectrum", **{name: getattr(self, name) for name in names}}

    def build(self, d: int) -> ClosedForm:
        """Make the module for features of size `d`."""
        from trainers.methods.set_predictor import ClosedForm

        return ClosedForm(self, d)

    def moments(self, z: Pair, t: Pair) -> Tensor:  # -> (1, d, d)
        """Return the batch's correlation, whose running mean `solve` is given."""
        F = CORRELATIONS[self.views](z)
        # A float32 product of z with itself is symmetric to rounding only.
        return ((F + F.mT) / 2)[None]

    def solve(self, F: Tensor) -> Tensor:  # (d, d) -> (d, d)
        """Return W_p of the symmetric correlation `F`, in its dtype."""
        import torch

        # Roots amplify the rounding of small eigenvalues: 1e-7 in s becomes 3e-4 in p.
        exact = exactly(F)
        linear = self.power == 1 and self.offset == 0 and self.normalise in LINEAR_IN_F
        if linear and _nothing_to_cut(exact, torch.finfo(F.dtype).eps):
            W = LINEAR_IN_F[self.normalise](exact) + self.eps * torch.eye(len(F)).to(exact)
            return as_weight(W, F)
        s, U = torch.linalg.eigh(exact)
        s = (s - self.offset).clamp(min=0)
        p = NORMALISATIONS[self.normalise](s, self.power, self.eps)
        return as_weight((U * p) @ U.mT, F)
