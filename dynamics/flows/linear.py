"""The full matrix flow of two-layer linear BYOL, for any data and any augmentation."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dynamics.flows.base import PredictorDecay, check_parameters, transpose
from dynamics.flows.data import check_data, correlations


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearFlow(PredictorDecay):
    r"""Gradient flow of online encoder W, predictor W_p and, with `beta`, target encoder W_a.

    .. math::
        E &= -W_p W (X + X') + W_a X \\
        \dot W_p &= \alpha_p E W^\top - \eta_p W_p, \quad
        \dot W = W_p^\top E - \eta W, \quad \dot W_a = \beta (W - W_a)

    of the loss :math:`\tfrac12 E \lVert W_p W x_1 - \mathrm{SG}(W_a x_2) \rVert^2`. Without `beta`
    the target is ``tau W`` behind its stop-gradient, SimSiam at 1.

    Parameters
    ----------
    X : array (feature, feature)
        Cross-view correlation of the data, E[x_1 x_2ᵀ]: that of the mean view.
    Xp : array (feature, feature)
        X', the covariance of the augmentation, E_x[Cov(x' | x)]; X + X' is the same-view
        correlation.
    alpha_p, eta, eta_p, tau, beta : float
        As in `EigenmodeFlow`.

    Raises
    ------
    ValueError
        X or X' is not square, symmetric and of one size, or a parameter is out of range.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Lemma 1.
    """

    X: np.ndarray
    Xp: np.ndarray
    alpha_p: float = 1.0
    eta: float = 0.0
    eta_p: float | None = None
    tau: float = 1.0
    beta: float | None = None

    def __post_init__(self) -> None:
        check_parameters(self, ("alpha_p",), ("eta", "eta_p", "tau", "beta"))
        check_data(self.X, self.Xp)

    @property
    def same_view(self) -> np.ndarray:
        """Same-view correlation of the data, X + X'."""
        return self.X + self.Xp

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        names = ("encoder", "predictor")
        return names if self.beta is None else (*names, "target")

    def target_of(self, *state: np.ndarray) -> np.ndarray:
        """Return W_a."""
        return self.tau * state[0] if self.beta is None else state[2]

    def residual(self, *state: np.ndarray) -> np.ndarray:
        """Return E of the docstring, (..., row, feature)."""
        W, Wp = state[:2]
        return self.target_of(*state) @ self.X - Wp @ W @ self.same_view

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (W, W_p[, W_a])."""
        W, Wp = state[:2]
        E = self.residual(*state)
        dW = transpose(Wp) @ E - self.eta * W
        dWp = self.alpha_p * E @ transpose(W) - self.predictor_decay * Wp
        if self.beta is None:
            return dW, dWp
        return dW, dWp, self.beta * (W - state[2])

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the correlations that a trained run stores, of the infinite data."""
        return correlations(self.X, self.Xp, state[0], state[1], self.target_of(*state))

    def loss(self, *state: np.ndarray) -> np.ndarray:
        """Return J of the docstring, without the decay's part."""
        W, Wp = state[:2]
        Wa, S = self.target_of(*state), self.same_view
        terms = (
            Wp @ W @ S @ transpose(Wp @ W)
            - 2 * Wp @ W @ self.X @ transpose(Wa)
            + Wa @ S @ transpose(Wa)
        )
        return np.asarray(np.trace(terms, axis1=-2, axis2=-1) / 2)

    def balance(self, *state: np.ndarray) -> np.ndarray:
        r"""Return :math:`C = W W^\top - W_p^\top W_p / \alpha_p` (Theorem 1; mind the order).

        For one decay, ``exp(2 eta t) C`` is constant, whatever W_a does; not so for a symmetrised
        W_p, whose flow is another.
        """
        W, Wp = state[:2]
        return W @ transpose(W) - transpose(Wp) @ Wp / self.alpha_p

    def balance_rate(self, *state: np.ndarray) -> np.ndarray:
        r"""Return dC/dt, :math:`-2 \eta W W^\top + 2 \eta_p W_p^\top W_p / \alpha_p`."""
        W, Wp = state[:2]
        kept = transpose(Wp) @ Wp / self.alpha_p
        return -2 * self.eta * W @ transpose(W) + 2 * self.predictor_decay * kept

    def optimal_predictor(self, *state: np.ndarray) -> np.ndarray:
        r"""Return the W_p of least loss for this W.

        .. math:: W_p^* = W_a X W^\top (W (X + X') W^\top + (\eta_p/\alpha_p) I)^{-1}

        Without decay and with a singular F it is not unique; this is the one of least norm.
        """
        W = state[0]
        F = W @ self.same_view @ transpose(W)
        F = F + self.predictor_decay / self.alpha_p * np.eye(F.shape[-1])
        cross = self.target_of(*state) @ self.X @ transpose(W)
        return cross @ np.linalg.pinv(F, hermitian=True)
