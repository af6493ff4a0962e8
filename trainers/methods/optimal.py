"""The predictor of least Euclidean loss, by the printed equation and by the one that was run."""

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

# B = U^T E[t z^T] U in the eigenvectors U of E[z z^T], d the eigenvalues -> U^T W_p U.
EQUATIONS: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "printed": lambda B, d, ridge: B / (d + ridge),
    "sylvester": lambda B, d, ridge: (B + B.mT) / (d[:, None] + d + 2 * ridge),
}


@dataclass(frozen=True)
class Optimal:
    r"""The linear predictor that minimises the Euclidean loss for the network as it is.

    From the running means :math:`M = \operatorname{E}[z z^\top]` of both views and
    :math:`M_2 = \operatorname{E}[t z^\top]`, the target of one view with the other's z,

    =============  =====================================================  =====================
    `equation`     W_p                                                    source
    =============  =====================================================  =====================
    ``printed``    :math:`M_2 (M + \lambda I)^{-1}`                       DirectPred, section 3
    ``sylvester``  the symmetric solution of                              DirectPred's code, and
                   :math:`(M + \lambda I) W_p + W_p (M + \lambda I)       so the numbers of its
                   = M_2 + M_2^\top`                                      Table 1
    =============  =====================================================  =====================

    The first is the least-squares fit of t by z. The second is the symmetric W_p of least loss; in
    the eigenvectors of M, with eigenvalues d,
    :math:`W_{ij} = (M_2 + M_2^\top)_{ij} / (d_i + d_j + 2 \lambda)`. (The code writes ``dyn_reg``
    for :math:`2 \lambda`.) The two agree where M and M_2 commute and M_2 is symmetric, as in an
    aligned linear network: there :math:`p_j = \tau s_j / (k s_j + \lambda)`. Elsewhere they do
    not: on M = diag(1, 3) and M_2 with one entry of 1 at row 1, column 2, without ridge, the first
    has 1/3 there and the second 1/4 there and in its mirror image.

    With the theory's linear network ``printed`` is
    :math:`W_a X W^\top (W (X + X') W^\top + \lambda I)^{-1}`, and
    :math:`\lambda = \eta / \alpha_p`. When W_p is set: as in `Direct`. Setting it often is worse
    than not setting it: DirectPred's Table 1.

    Raises
    ------
    ValueError
        A setting is out of its range.
    FloatingPointError
        In training: features or W_p are beyond float32.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, section 3 and Table 1, and the function
    ``minimal_space`` of its code.
    """

    every: int = option(1, "optimiser steps between two sets of W_p", least=1)
    first: int | None = option(
        None, "the first such step (default: EVERY; DirectPred's code: 1)", least=1
    )
    rho: float = option(0.3, "weight of the old moments, in [0, 1)", least=0, below=1)
    ridge: float = option(1e-4, "lambda: eta / alpha_p of the flow", above=0)
    equation: str = option("printed", f"one of {', '.join(EQUATIONS)}: see the table in Optimal")

    def __post_init__(self) -> None:
        check_fields(self, "predictor")
        check_first(self.first, self.every)
        choose("predictor equation", self.equation, EQUATIONS)

    centred = False
    recorded_as = "weight"

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        return {"kind": "least-squares", "ridge": self.ridge}

    @property
    def learns(self) -> bool:
        """Whether the optimiser moves W_p between sets."""
        return self.every > 1

    def build(self, d: int) -> ClosedForm:
        """Make the module for features of size `d`."""
        from trainers.methods.set_predictor import ClosedForm

        return ClosedForm(self, d)

    def moments(self, z: Pair, t: Pair) -> Tensor:  # -> (2, d, d)
        """Return E[z z^T] and E[t z^T] of the batch, the target of one view with the other's z."""
        import torch

        F = same_view(z)
        across = (t[1].mT @ z[0] + t[0].mT @ z[1]) / (2 * len(z[0]))
        return torch.stack([(F + F.mT) / 2, across])

    def solve(self, F: Tensor, across: Tensor) -> Tensor:  # (d, d), (d, d) -> (d, d)
        """Return W_p of E[z z^T] and E[t z^T], in their dtype."""
        import torch

        d, U = torch.linalg.eigh(exactly(F))
        B = U.mT @ exactly(across) @ U
        # Below 0 by rounding only, which must not undo the ridge.
        W = EQUATIONS[self.equation](B, d.clamp(min=0), self.ridge)
        return as_weight(U @ W @ U.mT, F)
