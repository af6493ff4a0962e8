"""Two linear flows that must collapse: without a predictor, and without a stop-gradient."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dynamics.flows.base import check_parameters, transpose
from dynamics.flows.data import check_data, correlations


@dataclass(frozen=True, kw_only=True, eq=False)
class NoPredictorFlow:
    r"""W_p = I and a stop-gradient: :math:`\dot W = -W (X' + \eta I)`, collapse (Theorem 2).

    The paper prints :math:`(X' + \eta I) W`, whose shapes do not fit.
    """

    X: np.ndarray
    Xp: np.ndarray
    eta: float = 0.0

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder",)

    def __post_init__(self) -> None:
        check_parameters(self, (), ("eta",))
        check_data(self.X, self.Xp)

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivative of W."""
        (W,) = state
        return (-W @ self.Xp - self.eta * W,)

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the correlations that a trained run stores; the predictor is the identity."""
        (W,) = state
        shape = (*W.shape[:-1], W.shape[-2])
        Wp = np.broadcast_to(np.eye(W.shape[-2]), shape)
        return {"predictor": Wp, **correlations(self.X, self.Xp, W, Wp, W)}


@dataclass(frozen=True, kw_only=True, eq=False)
class NoStopGradientFlow:
    r"""W_a = W without a stop-gradient: it collapses.

    .. math:: \dot{\operatorname{vec} W} = -H \operatorname{vec} W, \quad
        H = X' \otimes (W_p^\top W_p + I) + X \otimes (W_p - I)^\top (W_p - I) + \eta I

    for columns stacked. H is positive semi-definite: W never grows, and goes to 0 where H stays
    positive definite (Theorem 2). With X' = 0, eta = 0 and W_p = I nothing moves.
    """

    X: np.ndarray
    Xp: np.ndarray
    alpha_p: float = 1.0
    eta: float = 0.0

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder", "predictor")

    def __post_init__(self) -> None:
        check_parameters(self, ("alpha_p",), ("eta",))
        check_data(self.X, self.Xp)

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (W, W_p)."""
        W, Wp = state
        off = Wp - np.eye(Wp.shape[-1])
        squares = transpose(Wp) @ Wp + np.eye(Wp.shape[-1])
        dW = -squares @ W @ self.Xp - transpose(off) @ off @ W @ self.X - self.eta * W
        E = W @ self.X - Wp @ W @ (self.X + self.Xp)
        return dW, self.alpha_p * E @ transpose(W) - self.eta * Wp

    def hessian(self, predictor: np.ndarray) -> np.ndarray:
        """Return H for a W_p (row, col): (row feature, row feature)."""
        eye = np.eye(len(predictor))
        off = predictor - eye
        H = np.kron(self.Xp, predictor.T @ predictor + eye) + np.kron(self.X, off.T @ off)
        return np.asarray(H + self.eta * np.eye(len(H)))

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the correlations that a trained run stores."""
        return correlations(self.X, self.Xp, state[0], state[1], state[0])
