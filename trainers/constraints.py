r"""What a learned predictor is held to after every optimiser step.

The literature calls three things "symmetric predictor": a product W_p that equals its transpose,
one that is also positive semi-definite, and factors that are tied (W_p = W^T W, implying both).

Momentum buffers are left as they are. For ``symmetric`` on one layer and for ``tied`` this is no
choice: both are orthogonal projections onto a linear space, gradients are taken on that space, and
what a buffer has outside of it is projected away with the weights, so that clearing it would change
nothing. For the other two the buffer keeps pushing towards the boundary, as in projected SGD.
"""

from collections.abc import Callable

import torch
from torch import Tensor

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
    s, U = torch.linalg.eigh(symmetric_part(P))
    return (U * s.clamp(min=0)) @ U.mT


@torch.no_grad()
def project(weights: list[Tensor], nearest: Nearest) -> None:
    r"""Move the linear layers, in place, so that their product W_p is in the set of `nearest`.

    The product goes to the nearest one. Two layers follow by Gauss-Newton steps of least norm, and
    are not tied: with K what the product lacks, :math:`\delta W_2 = \Lambda W_1^\top`,
    :math:`\delta W_1 = W_2^\top \Lambda`, where :math:`\Lambda W_1^\top W_1 + W_2 W_2^\top
    \Lambda = K`.
    """
    wide = [weight.double() for weight in weights]
    if len(weights) == 1:
        weights[0].copy_(nearest(wide[0]))
        return
    W1, W2 = wide
    for _ in range(ROUNDS):
        P = W2 @ W1
        K = nearest(P) - P
        if K.norm() <= TOLERANCE * P.norm():
            break
        a, U = torch.linalg.eigh(W1.mT @ W1)
        b, V = torch.linalg.eigh(W2 @ W2.mT)
        both = (b[:, None] + a).clamp(min=torch.finfo(a.dtype).tiny)
        L = V @ (V.mT @ K @ U / both) @ U.mT
        W1, W2 = W1 + W2.mT @ L, W2 + L @ W1.mT
    weights[0].copy_(W1)
    weights[1].copy_(W2)


@torch.no_grad()
def tie(weights: list[Tensor]) -> None:
    r"""Set both layers, in place, to :math:`W = (W_1 + W_2^\top)/2` and its transpose.

    References
    ----------
    The code of Tian, Chen, Ganguli (2021) for its symmetric two-layer predictor.
    """
    W = (weights[0] + weights[1].mT) / 2
    weights[0].copy_(W)
    weights[1].copy_(W.mT)


CONSTRAINTS: dict[str, Callable[[list[Tensor]], None]] = {
    "none": lambda weights: None,
    "symmetric": lambda weights: project(weights, symmetric_part),
    "psd": lambda weights: project(weights, positive_part),
    "tied": tie,
}
