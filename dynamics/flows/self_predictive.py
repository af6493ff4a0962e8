"""A representation that predicts its own next state, by the best linear predictor at all times."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.checks.numbers import check_count
from dynamics.flows.base import transpose
from dynamics.flows.data import check_data


@dataclass(frozen=True, kw_only=True, eq=False)
class SelfPredictiveFlow:
    r"""Semi-gradient flow of a linear W under its optimal predictor, over symmetric transitions.

    .. math:: \dot W = W_p^\top (W T - W_p W), \quad W_p = W T W^\top (W W^\top)^{-1}

    with T = E[x_1 x_2ᵀ] of a state and the next one, E[x xᵀ] = I: `LinearFlow` with X = T and
    X + X' = I whose W_p is optimal at all times. :math:`W W^\top` is conserved, so that nothing
    collapses, and of orthonormal W :math:`|W_p|_F^2` never falls: it rises to the sum of the k
    largest :math:`\lambda_j^2` of T, of k rows of W, where the lambda have one sign. Where they
    have two there are other maxima: a mode of negative lambda is kept too, but takes over from none
    of positive lambda, however small, since it would have to pass through 0.

    Parameters
    ----------
    T : array (feature, feature)
        Symmetric.

    Raises
    ------
    ValueError
        It is not finite, square and symmetric.

    References
    ----------
    Tang, Guo, Richemond et al. (2022), arXiv:2212.03319: the abstract was read; derived here.

    Examples
    --------
    >>> flow = SelfPredictiveFlow(T=np.diag([0.9, -0.95, 0.1]))
    >>> round(flow.most(2), 4)
    1.7125
    """

    T: np.ndarray

    def __post_init__(self) -> None:
        check_data(self.T, self.T)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder",)

    def predictor(self, W: np.ndarray) -> np.ndarray:  # (..., row, feature) -> (..., row, row)
        """Return the predictor of least squared error, W_p."""
        across = W @ self.T @ transpose(W)
        return transpose(np.linalg.solve(W @ transpose(W), transpose(across)))

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivative of W."""
        (W,) = state
        Wp = self.predictor(W)
        return (transpose(Wp) @ (W @ self.T - Wp @ W),)

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return W_p, and the correlations that a trained run stores."""
        (W,) = state
        same = W @ transpose(W)
        across = W @ self.T @ transpose(W)
        return {"predictor": self.predictor(W), "correlation": same, "cross_correlation": across}

    def most(self, k: int) -> float:
        """Return the sum of the k largest squared eigenvalues of T, more than which is not there.

        Raises
        ------
        ValueError
            k is not from 1 to the number of features.
        """
        check_count("k", k, most=len(self.T))
        return float(np.sort(np.linalg.eigvalsh(self.T) ** 2)[::-1][:k].sum())
