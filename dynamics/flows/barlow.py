"""Without a predictor: modes of Barlow Twins on a linear network, which come up one by one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.checks.numbers import check_numbers
from dynamics.flows.base import Numbers, check_parameters


@dataclass(frozen=True, kw_only=True)
class BarlowFlow:
    r"""Singular values of W under :math:`\|W G W^\top - I\|_F^2`, aligned with G.

    .. math:: \dot w_j = 4 g_j w_j (1 - g_j w_j^2), \quad
        w_j(t) = \frac{w_0 e^{4 g t}}{\sqrt{1 + w_0^2 g (e^{8 g t} - 1)}}

    with g_j an eigenvalue of the cross-view correlation G of the data. From a small start mode j
    comes up at :math:`-\log(w_0^2 g_j)/(8 g_j)`, the largest g first: loss falls in steps. There is
    no decay that a mode would not survive, and no collapse.

    Parameters
    ----------
    cross : float or array (mode)
        g_j, above 0.

    Raises
    ------
    ValueError
        One is not above 0.

    References
    ----------
    Simon, Knutins, Ziyin, Geisz, Fetterman, Albrecht (2023), arXiv:2303.15438: the abstract was
    read; derived here.

    Examples
    --------
    >>> flow = BarlowFlow(cross=np.array([2.0, 1.0, 0.5, 0.25]))
    >>> print(flow.time_to_rise(0.01).round(3))
    [0.532 1.151 2.476 5.298]
    """

    cross: Numbers = 1.0

    def __post_init__(self) -> None:
        check_parameters(self, ("cross",), ())

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder_value",)

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivative of w."""
        (w,) = state
        return (4 * self.cross * w * (1 - self.cross * w**2),)

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return g w², the eigenvalue of W G Wᵀ."""
        return {"correlation_eigenvalue": self.cross * state[0] ** 2}

    def solution(self, t: ArrayLike, start: ArrayLike) -> np.ndarray:
        """Return w at times t, in closed form; arrays broadcast with the modes."""
        t, w0 = check_numbers("t", t, least=0), check_numbers("start", start)
        fallen = np.exp(-8 * self.cross * t)  # which cannot overflow
        return np.asarray(w0 / np.sqrt(fallen + w0**2 * self.cross * (1 - fallen)))

    def time_to_rise(self, start: ArrayLike) -> np.ndarray:
        """Return when w² has come to half of where it ends, from a small start.

        Raises
        ------
        ValueError
            The start is not above 0, or beyond the end.
        """
        w0 = check_numbers("start", start, above=0)
        if np.any(w0**2 * self.cross >= 1):
            raise ValueError(f"start is {w0}; below the end, cross^(-1/2), wanted")
        return np.asarray(-np.log(w0**2 * self.cross) / (8 * self.cross))
