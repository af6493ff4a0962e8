"""Correlations of data under augmentation, X and X', and of what linear networks make of them."""

import numpy as np

from analysis.checks.numbers import check_numbers
from dynamics.flows.base import transpose


def additive_noise(data: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (X, X') of views x + n: the data's correlation, and the noise's covariance.

    Parameters
    ----------
    data, noise : array (feature, feature)

    Raises
    ------
    ValueError
        One is not finite.

    Examples
    --------
    >>> X, noise = additive_noise(np.diag([1.0, 2]), 0.5 * np.eye(2))
    >>> print(np.diag(X + noise))  # the same-view correlation
    [1.5 2.5]
    """
    return check_numbers("data", data), check_numbers("noise", noise)


def scrambled_subspace(data: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Return (X, X') of views :math:`(P_c + U B U^\top) x`, entries of B independent and normal.

    .. math:: X = P_c \Sigma P_c, \quad X' = \operatorname{tr}(U^\top \Sigma U)\, U U^\top

    with P_c the projector on what U does not span. The paper gives the same-view correlation as
    Sigma (App. D); for this B it is :math:`P_c \Sigma P_c + \operatorname{tr}(\ldots) U U^\top`.

    Parameters
    ----------
    data : array (feature, feature)
        Correlation of the data, Sigma.
    basis : array (feature, direction)
        U, orthonormal columns.

    Raises
    ------
    ValueError
        The columns of `basis` are not orthonormal, or a number is not finite.

    Examples
    --------
    >>> X, noise = scrambled_subspace(np.diag([1.0, 2, 3]), np.eye(3)[:, 2:])
    >>> print(np.diag(X), np.diag(noise))
    [1. 2. 0.] [0. 0. 3.]
    """
    check_numbers("data", data)
    check_numbers("basis", basis)
    if not np.allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-8):
        raise ValueError("basis has columns that are not orthonormal")
    kept = np.eye(len(data)) - basis @ basis.T
    return kept @ data @ kept, np.trace(basis.T @ data @ basis) * basis @ basis.T


def correlations(
    X: np.ndarray, Xp: np.ndarray, W: np.ndarray, Wp: np.ndarray, Wa: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the second moments of features, targets and predictions, in the schema's names."""
    same = W @ (X + Xp) @ transpose(W)
    return {
        "correlation": same,
        "cross_correlation": W @ X @ transpose(W),
        "target_correlation": Wa @ X @ transpose(W),
        "prediction_correlation": Wp @ same,
    }


def check_data(X: np.ndarray, Xp: np.ndarray) -> None:
    """Check the correlations of the data.

    Raises
    ------
    ValueError
        They are not finite, square, symmetric and of one size.
    """
    for name, M in (("X", X), ("Xp", Xp)):
        check_numbers(name, M)
        if M.ndim != 2 or M.shape != X.shape or M.shape[0] != M.shape[1]:
            raise ValueError(f"{name} has shape {M.shape}; two square matrices of one size wanted")
        if not np.allclose(M, M.T, atol=1e-10 * (1 + np.abs(M).max())):
            raise ValueError(f"{name} is not symmetric")
