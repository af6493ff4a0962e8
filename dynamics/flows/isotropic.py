"""Isotropic data, X = I and X' = sigma2 I: flows of W_p and F, and when their eigenspaces meet."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dynamics.flows.base import (
    Flow,
    PredictorDecay,
    anticommutator,
    bracket,
    check_parameters,
    transpose,
)
from dynamics.flows.linear import LinearFlow


@dataclass(frozen=True, kw_only=True)
class _Isotropic(PredictorDecay):
    alpha_p: float = 1.0
    sigma2: float = 0.25
    eta: float = 0.0
    eta_p: float | None = None
    tau: float = 1.0

    def __post_init__(self) -> None:
        check_parameters(self, ("alpha_p",), ("sigma2", "eta", "eta_p", "tau"))

    @property
    def k(self) -> float:
        """Same-view over cross-view variance, 1 + sigma2."""
        return 1 + self.sigma2


@dataclass(frozen=True, kw_only=True)
class IsotropicFlow(_Isotropic):
    r"""W_p and F = W Wᵀ, with a target tau W; W_p need not be symmetric.

    .. math::
        \dot W_p &= -\alpha_p k W_p F + \alpha_p \tau F - \eta_p W_p \\
        \dot F &= -k \{F, W_p^\top W_p\} + \tau (W_p^\top F + F W_p) - 2 \eta F

    with k = 1 + sigma2. Its symmetric and antisymmetric parts, W_p = A + B, follow

    .. math::
        \dot A &= -\tfrac{\alpha_p k}{2} (\{A, F\} + [B, F]) + \alpha_p \tau F - \eta_p A \\
        \dot B &= -\tfrac{\alpha_p k}{2} (\{B, F\} + [A, F]) - \eta_p B

    so that asymmetry is damped by F and by decay, and driven by misalignment alone.

    Parameters
    ----------
    alpha_p, sigma2, eta, eta_p, tau : float
        As in `EigenmodeFlow`.

    Raises
    ------
    ValueError
        A parameter is out of range.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, section 3.1; the split is derived.
    """

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("predictor", "cross_correlation")

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (W_p, F)."""
        Wp, F = state
        dWp = self.alpha_p * (self.tau * F - self.k * Wp @ F) - self.predictor_decay * Wp
        drift = self.tau * (transpose(Wp) @ F + F @ Wp) - 2 * self.eta * F
        return dWp, drift - self.k * anticommutator(F, transpose(Wp) @ Wp)

    def rooted(self, *state: np.ndarray) -> tuple[Flow, tuple[np.ndarray, ...]]:
        """Return the flow of (W, W_p) for the symmetric root W of F, and where it starts."""
        Wp, F = state
        c, U = np.linalg.eigh(F)
        eye = np.eye(len(F))
        flow = LinearFlow(
            X=eye,
            Xp=self.sigma2 * eye,
            alpha_p=self.alpha_p,
            eta=self.eta,
            eta_p=self.eta_p,
            tau=self.tau,
        )
        return flow, (U * np.sqrt(np.maximum(c, 0)) @ U.T, Wp)

    def of_root(self, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return (W_p, F) of (W, W_p)."""
        W, Wp = state
        return Wp, W @ transpose(W)

    def split(self, *state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the derivatives of the symmetric and the antisymmetric part of W_p."""
        Wp, F = state
        A, B = (Wp + transpose(Wp)) / 2, (Wp - transpose(Wp)) / 2
        half = self.alpha_p * self.k / 2
        dA = -half * (anticommutator(A, F) + bracket(B, F)) + self.alpha_p * self.tau * F
        dB = -half * (anticommutator(B, F) + bracket(A, F))
        return dA - self.predictor_decay * A, dB - self.predictor_decay * B

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the same-view correlation, k F."""
        return {"correlation": self.k * state[1]}


@dataclass(frozen=True, kw_only=True)
class SymmetrisedFlow(_Isotropic):
    r"""The flow with a W_p that is kept symmetric, as the paper analyses it (Eqs. 7 and 8).

    .. math::
        \dot W_p &= -\tfrac{\alpha_p k}{2} \{W_p, F\} + \alpha_p \tau F - \eta_p W_p \\
        \dot F &= -k \{W_p^2, F\} + \tau \{W_p, F\} - 2 \eta F

    The state is (W, W_p), F = W Wᵀ: a step on F itself may lose its positive eigenvalues.
    Symmetrising breaks Theorem 1 until W_p and F commute, see `balance_rate`.

    Parameters, raises: as `IsotropicFlow`.
    """

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder", "predictor")

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (W, W_p)."""
        W, Wp = state
        F = W @ transpose(W)
        dW = (self.tau * Wp - self.k * Wp @ Wp) @ W - self.eta * W
        pull = self.alpha_p * (self.tau * F - self.k / 2 * anticommutator(Wp, F))
        return dW, pull - self.predictor_decay * Wp

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the theory's F, and the same-view correlation k F."""
        F = state[0] @ transpose(state[0])
        return {"cross_correlation": F, "correlation": self.k * F}

    def balance_rate(self, *state: np.ndarray) -> np.ndarray:
        r"""Return the derivative of :math:`F - W_p^2/\alpha_p`.

        .. math:: -\tfrac{k}{2} [W_p, [W_p, F]] - 2 \eta F + 2 \eta_p W_p^2/\alpha_p
        """
        W, Wp = state
        F = W @ transpose(W)
        broken = -self.k / 2 * bracket(Wp, bracket(Wp, F))
        return broken - 2 * self.eta * F + 2 * self.predictor_decay * Wp @ Wp / self.alpha_p

    def alignment_matrix(self, predictor: np.ndarray, F: np.ndarray) -> np.ndarray:
        r"""Return the K of Theorem 3, (..., row, col).

        .. math:: K = k (\alpha_p F/2 + W_p^2) - \tau W_p + (\eta + \eta_p/2) I

        The commutator L = [F, W_p] obeys :math:`\dot L = -(K L + L K)`, so that
        :math:`\lVert L(t) \rVert \le \lVert L(0) \rVert \exp(-2 \int_0^t \lambda_{\min}(K))`,
        also where K is not definite. The paper has one decay, 3/2 eta.
        """
        eye = np.eye(F.shape[-1])
        K = self.k * (self.alpha_p * F / 2 + predictor @ predictor) - self.tau * predictor
        return np.asarray(K + (self.eta + self.predictor_decay / 2) * eye)

    def commutator_rate(self, predictor: np.ndarray, F: np.ndarray) -> np.ndarray:
        """Return the derivative of [F, W_p], -(K L + L K)."""
        K = self.alignment_matrix(predictor, F)
        return -anticommutator(K, bracket(F, predictor))
