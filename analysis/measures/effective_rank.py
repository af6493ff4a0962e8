"""How many dimensions a spectrum spans, where eigenvalues fall off and do not end."""

import numpy as np
import xarray as xr

from analysis.linalg.labelled import over_modes
from analysis.store.schema import Variable

RANKS = {
    "entropy_rank": Variable("entropy rank", symbol=r"$e^{H(\lambda)}$"),
    "participation_ratio": Variable(
        "participation ratio", symbol=r"$(\Sigma\lambda)^2/\Sigma\lambda^2$"
    ),
    "stable_rank": Variable("stable rank", symbol=r"$\Sigma\lambda^2/\lambda_1^2$"),
}

# How far below zero, relative to the largest, an eigenvalue of a float32 Gram matrix may fall.
NEGATIVE = 1e-4


def entropy_rank(values: xr.DataArray) -> xr.DataArray:
    r"""Exponential of the entropy of a spectrum: how many dimensions it fills.

    .. math:: e^{H(q)}, \quad q_j = \lambda_j / \textstyle\sum_i \lambda_i

    This is the entropy of the *eigenvalues* of a second moment. RankMe, of the singular values of
    the features, is the same with :math:`\sqrt{\lambda_j}` and is larger.

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a positive semi-definite matrix; those below 0 by rounding count as 0.

    Returns
    -------
    DataArray (...)
        In [1, d]: 1 for rank one, d for an isotropic spectrum; invariant to scale and order. NaN
        for a spectrum of zeros. Null level, n rows of white noise, n at least d:
        :math:`d\, e^{-(d - 1)(d + 2) / (2 d n + 4)}`, to half a percent: 56.4 for d = 64, n = 256.

    Raises
    ------
    ValueError
        `values` has no dim ``mode``, or is negative beyond rounding.

    References
    ----------
    Roy, Vetterli (2007), The effective rank; null for d, n large: Page (1993), Phys. Rev. Lett. 71,
    1291.

    Examples
    --------
    >>> from analysis.registry.examples import s
    >>> print(entropy_rank(s).values.round(4))
    1.7548
    """
    return over_modes(entropy_rank_of, values, "entropy_rank", RANKS)


def participation_ratio(values: xr.DataArray) -> xr.DataArray:
    r"""Participation ratio :math:`(\sum_j \lambda_j)^2 / \sum_j \lambda_j^2` of a spectrum.

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a positive semi-definite matrix; those below 0 by rounding count as 0.

    Returns
    -------
    DataArray (...)
        In [1, d] and at most `entropy_rank`: 1 for rank one, d for an isotropic spectrum; invariant
        to scale and order. NaN for a spectrum of zeros. Null level, n rows of white noise:
        :math:`(d n + 2) / (n + d + 1)`, to 2 % from (2, 8) on: 51.0 for d = 64, n = 256.

    Raises
    ------
    ValueError
        `values` has no dim ``mode``, or is negative beyond rounding.

    Examples
    --------
    >>> from analysis.registry.examples import s
    >>> print(participation_ratio(s).values.round(4))
    1.6
    """
    return over_modes(participation_ratio_of, values, "participation_ratio", RANKS)


def stable_rank(values: xr.DataArray) -> xr.DataArray:
    r"""Stable rank :math:`\|M\|_F^2 / \|M\|_2^2 = \sum_j \lambda_j^2 / \lambda_1^2` of a spectrum.

    Of the matrix itself; that of the *features* behind a second moment is
    ``values.sum("mode") / values.max("mode")``.

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a positive semi-definite matrix; those below 0 by rounding count as 0.

    Returns
    -------
    DataArray (...)
        In [1, d] and at most the rank: 1 for rank one, d for an isotropic spectrum; invariant to
        scale and order. NaN for a spectrum of zeros. Null level, n rows of white noise:
        `stable_rank_null`, 16.9 for d = 64, n = 256.

    Raises
    ------
    ValueError
        `values` has no dim ``mode``, or is negative beyond rounding.

    Examples
    --------
    >>> from analysis.registry.examples import s
    >>> print(stable_rank(s).values.round(4))
    1.1111
    """
    return over_modes(stable_rank_of, values, "stable_rank", RANKS)


def _positive(values: np.ndarray) -> np.ndarray:  # (..., d) -> (..., d)
    share = np.nan_to_num(values.min(axis=-1) / np.abs(values).max(axis=-1))
    if (worst := share.min(initial=0.0)) < -NEGATIVE:
        raise ValueError(
            f"the spectrum is not of a positive semi-definite matrix: an eigenvalue is {worst:.2g} "
            "of the largest; ranks are for correlations"
        )
    return np.maximum(values, 0.0)


def entropy_rank_of(values: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
    """Kernel of `entropy_rank`."""
    values = _positive(values)
    q = values / values.sum(axis=-1, keepdims=True)
    return np.exp(-(q * np.log(np.where(q == 0, 1.0, q))).sum(axis=-1))  # 0 log 0 = 0


def participation_ratio_of(values: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
    """Kernel of `participation_ratio`."""
    values = _positive(values)
    return values.sum(axis=-1) ** 2 / (values**2).sum(axis=-1)


def stable_rank_of(values: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
    """Kernel of `stable_rank`."""
    values = _positive(values)
    return (values**2).sum(axis=-1) / values.max(axis=-1) ** 2
