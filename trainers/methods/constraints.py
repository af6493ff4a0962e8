r"""What a learned predictor is held to after every optimiser step.

The literature calls three things "symmetric predictor": a product W_p that equals its transpose,
one that is also positive semi-definite, and factors that are tied (W_p = W^T W, implying both).

Momentum buffers are left as they are. For ``symmetric`` on one layer and for ``tied`` this is no
choice: both are orthogonal projections onto a linear space, gradients are taken on that space, and
what a buffer has outside of it is projected away with the weights, so that clearing it would change
nothing. For the other two the buffer keeps pushing towards the boundary, as in projected SGD.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from trainers.methods.running_moments import exactly

if TYPE_CHECKING:
    from torch import Tensor

    from trainers.networks.two_views import Pair

    Nearest = Callable[[Tensor], Tensor]  # (d, d) -> (d, d)

TOLERANCE = 1e-7  # of a product, relative: below float32's own rounding
ROUNDS = 20


def symmetric_part(P: Tensor) -> Tensor:  # (d, d) -> (d, d)
    """Return the symmetric matrix nearest to `P` in the Frobenius norm."""
    return (P + P.mT) / 2


def positive_part(P: Tensor) -> Tensor:  # (d, d) -> (d, d)
    """Return the symmetric positive semi-definite matrix nearest to `P`.

    References
    ----------
    Higham (1988), Linear Algebra and its Applications 103, Theorem 2.1.
    """
    import torch

    s, U = torch.linalg.eigh(symmetric_part(P))
    return (U * s.clamp(min=0)) @ U.mT


def project(weights: list[Tensor], nearest: Nearest) -> None:
    r"""Move the linear layers, in place, so that their product W_p is in the set of `nearest`.

    One layer goes to the nearest matrix of the set. The product P of two goes to the nearest one of
    a rank that it can have: behind a bottleneck of h < d hidden units, the one with the h
    eigenvalues that are largest in size. The layers follow by Gauss-Newton steps of least norm, and
    are not tied: with K what the product lacks, :math:`\delta W_2 = \Lambda W_1^\top`,
    :math:`\delta W_1 = W_2^\top \Lambda`, where :math:`\Lambda W_1^\top W_1 + W_2 W_2^\top
    \Lambda = K`. Where these lead nowhere or far away, because the layers lack a direction, they
    go to the nearest pair of balanced factors, :math:`W_1 W_1^\top = W_2^\top W_2`.

    Raises
    ------
    FloatingPointError
        A weight is not finite.
    """
    import torch

    with torch.no_grad():
        _project(weights, nearest)


def _project(weights: list[Tensor], nearest: Nearest) -> None:
    import torch

    wide = [exactly(weight, "weights of the predictor") for weight in weights]
    if len(weights) == 1:
        weights[0].copy_(nearest(wide[0]))
        return
    W1, W2 = wide
    P = exactly(W2 @ W1, "weights of the predictor")
    start, S = (W1, W2), nearest(P)
    s, U = torch.linalg.eigh(symmetric_part(P))  # S has the same eigenvectors
    kept = (U.mT @ S @ U).diagonal()
    # Of directions that are not kept, those that the layers have.
    order = (kept.abs() + 1e-9 * s.abs()).argsort(descending=True)[: len(W1)]
    s, U = kept[order], U[:, order]
    if len(W1) < len(P):
        S = (U * s) @ U.mT
    found = least_change(start, S)
    if found is None or _apart(found, start) > _size(start):
        balanced = balanced_factors(start, s, U)
        if found is None or _apart(balanced, start) < _apart(found, start):
            found = balanced
    weights[0].copy_(found[0])
    weights[1].copy_(found[1])


def least_change(factors: Pair, S: Tensor) -> Pair | None:
    """Return (W_1, W_2) near the given ones with W_2 W_1 = S (d, d); None if none are found."""
    import torch

    W1, W2 = factors
    size = W1.norm() * W2.norm()
    # A product of nearly nothing is known to the rounding of its factors only.
    least = TOLERANCE * torch.maximum((W2 @ W1).norm(), 0.01 * size)
    for _ in range(ROUNDS):
        K = S - W2 @ W1
        if K.norm() <= least:
            return W1, W2
        if K.norm() > 1e3 * (size + S.norm()):
            return None
        a, U = torch.linalg.eigh(W1.mT @ W1)
        b, V = torch.linalg.eigh(W2 @ W2.mT)
        both = b[:, None] + a
        # What neither layer reaches stays lacking.
        L = (V.mT @ K @ U / both).where(both > 1e-12 * both.max(), 0.0)
        L = V @ L @ U.mT
        W1, W2 = W1 + W2.mT @ L, W2 + L @ W1.mT
    return None


def balanced_factors(factors: Pair, s: Tensor, U: Tensor) -> Pair:  # (h, d), (d, h); (r,), (d, r)
    """Return the balanced (W_1, W_2) nearest to the given ones with W_2 W_1 = U diag(s) U^T."""
    import torch

    W1, W2 = factors
    root, sign = s.abs().sqrt()[:, None], s.sign()[:, None]
    target = root * (U.mT @ W2) + sign * root * (W1 @ U).mT
    left, _, right = torch.linalg.svd(target, full_matrices=False)
    turn = left @ right  # (r, h), orthonormal rows
    return (sign * root * turn).mT @ U.mT, U @ (root * turn)


def _size(pair: Pair) -> float:
    return math.hypot(pair[0].norm(), pair[1].norm())


def _apart(one: Pair, other: Pair) -> float:
    return _size((one[0] - other[0], one[1] - other[1]))


def tie(weights: list[Tensor]) -> None:
    r"""Set both layers, in place, to :math:`W = (W_1 + W_2^\top)/2` and its transpose.

    References
    ----------
    The code of Tian, Chen, Ganguli (2021) for its symmetric two-layer predictor.
    """
    import torch

    with torch.no_grad():
        W = (weights[0] + weights[1].mT) / 2
        weights[0].copy_(W)
        weights[1].copy_(W.mT)


def unit_diagonal(weights: list[Tensor]) -> None:
    """Set the diagonal, in place, to 1: only what is off it learns.

    References
    ----------
    Wen, Li (2022), arXiv:2205.06226, whose head begins at the identity.
    """
    import torch

    with torch.no_grad():
        weights[0].fill_diagonal_(1.0)


CONSTRAINTS: dict[str, Callable[[list[Tensor]], None]] = {
    "none": lambda weights: None,
    "symmetric": lambda weights: project(weights, symmetric_part),
    "psd": lambda weights: project(weights, positive_part),
    "tied": tie,
    "off-diagonal": unit_diagonal,
}
