"""The law of Tracy and Widom: how far the largest eigenvalue of noise strays from its edge."""

import functools

import numpy as np
from scipy.optimize import brentq
from scipy.special import airy

from analysis.checks.fields import checked

# Of the law of real symmetric matrices, beta = 1: Bornemann (2010), Math. Comp. 79, 871.
MEAN = -1.2065335745820
VARIANCE = 1.607781034581

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_LENGTH = 16.0  # Ai falls below 1e-19 there
_X = (_NODES + 1) * _LENGTH / 2
_ROOTS = np.sqrt(_WEIGHTS * _LENGTH / 2)


def tracy_widom_tail(x: float) -> float:
    r"""Probability that a variable of the law of Tracy and Widom, beta = 1, exceeds x.

    .. math:: 1 - \det(1 - K), \quad K(y, z) = \operatorname{Ai}(y + z + x),\; y, z > 0

    Parameters
    ----------
    x : float
        From -8 to 12: the probability then goes from 1 - 2e-12 to 2e-14.

    Returns
    -------
    float
        By Gauss-Legendre quadrature with 48 nodes, to a relative 1e-10.

    References
    ----------
    Ferrari, Spohn (2005), J. Phys. A 38, L557, for the determinant; Bornemann (2010), Math. Comp.
    79, 871, for its quadrature.
    """
    x = checked("x", x, float)
    kernel = _ROOTS[:, None] * airy(_X[:, None] + _X + x)[0] * _ROOTS
    return float(-np.expm1(np.log1p(-np.linalg.eigvalsh(kernel)).sum()))


@functools.cache
def tracy_widom_quantile(error_rate: float) -> float:
    """Return what a variable of the law of Tracy and Widom, beta = 1, exceeds at that rate.

    Parameters
    ----------
    error_rate : float
        From 1e-12 to 1 - 1e-9.

    Returns
    -------
    float
        .4501, .9793, 2.0234, 3.2722 and 4.3594 at 10, 5, 1, .1 and .01 %. To 1e-8.

    Raises
    ------
    ValueError
        The rate is out of its range.
    """
    error_rate = checked("error_rate", error_rate, float)
    if not 1e-12 <= error_rate <= 1 - 1e-9:
        raise ValueError(f"error_rate is {error_rate}; a share from 1e-12 to 1 - 1e-9 wanted")
    return float(brentq(lambda x: tracy_widom_tail(x) - error_rate, -8, 12, xtol=1e-13, rtol=1e-14))
