"""The cosine loss of a linear network without the mean field: on samples, as they are."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.checks.numbers import check_count
from dynamics.flows.base import PredictorDecay, check_parameters, transpose
from dynamics.flows.data import check_data, correlations


@dataclass(frozen=True, kw_only=True, eq=False)
class GaussianCosineFlow(PredictorDecay):
    r"""Gradient flow of matrices under the cosine loss over fixed pairs of views.

    .. math::
        J = -\tfrac12 \operatorname{E} \cos(W_p W x_1, \mathrm{SG}(W_a x_2))
            - \tfrac12 \operatorname{E} \cos(W_p W x_2, \mathrm{SG}(W_a x_1)), \quad
        \dot W_p = -\alpha_p \nabla_{W_p} J - \eta_p W_p, \quad \dot W = -\nabla_W J - \eta W

    Exact for these samples; `CosineFlow` is its mean field for many samples and many dimensions.
    Without `beta` the target is W behind its stop-gradient.

    Parameters
    ----------
    x1, x2 : array (sample, feature)
        The two views of each sample.
    X, Xp : array (feature, feature)
        As in `LinearFlow`, of the population: what correlations are derived from.
    alpha_p, eta, eta_p, beta : float
        As in `CosineFlow`.

    Raises
    ------
    ValueError
        The views are not of one shape, or do not fit X; or a parameter is out of range.
    """

    x1: np.ndarray
    x2: np.ndarray
    X: np.ndarray
    Xp: np.ndarray
    alpha_p: float = 1.0
    eta: float = 0.0
    eta_p: float | None = None
    beta: float | None = None

    def __post_init__(self) -> None:
        check_parameters(self, ("alpha_p",), ("eta", "eta_p", "beta"))
        check_data(self.X, self.Xp)
        if self.x1.shape != self.x2.shape or self.x1.shape[1:] != (len(self.X),):
            raise ValueError(
                f"x1 has shape {self.x1.shape}, x2 {self.x2.shape}; (sample, {len(self.X)}) wanted"
            )

    @classmethod
    def drawn(
        cls, X: np.ndarray, Xp: np.ndarray, samples: int, *, seed: int = 0, **rates: float
    ) -> "GaussianCosineFlow":
        """Return the flow on Gaussian samples of these correlations; `rates` are its other fields.

        Raises
        ------
        ValueError
            As the flow, or X or X' is not positive semi-definite.
        """
        check_data(X, Xp)
        check_count("samples", samples)
        rng = np.random.default_rng(seed)
        mean = np.zeros(len(X))
        x, *noise = (
            rng.multivariate_normal(mean, M, samples, check_valid="raise") for M in (X, Xp, Xp)
        )
        return cls(x1=x + noise[0], x2=x + noise[1], X=X, Xp=Xp, **rates)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder", "predictor") if self.beta is None else ("encoder", "predictor", "target")

    def loss(self, W: np.ndarray, Wp: np.ndarray, Wa: np.ndarray) -> float:
        """Return J."""
        return -float(np.mean([self._cosine(*pair)[0].mean() for pair in self._pairs(W, Wp, Wa)]))

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (W, W_p[, W_a])."""
        W, Wp = state[:2]
        Wa = W if self.beta is None else state[2]
        error = 0.0  # -dJ/dq x^T, (row, feature)
        for x, (q, target) in zip((self.x1, self.x2), self._pairs(W, Wp, Wa), strict=True):
            cosine, lengths = self._cosine(q, target)
            unit = q / lengths[0][:, None]
            push = (target / lengths[1][:, None] - cosine[:, None] * unit) / lengths[0][:, None]
            error = error + push.T @ x / (2 * len(x))
        dW = transpose(Wp) @ error - self.eta * W
        dWp = self.alpha_p * error @ transpose(W) - self.predictor_decay * Wp
        return (dW, dWp) if self.beta is None else (dW, dWp, self.beta * (W - Wa))

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the correlations that a trained run stores, of the population."""
        W, Wp = state[:2]
        return correlations(self.X, self.Xp, W, Wp, W if self.beta is None else state[2])

    def _pairs(
        self, W: np.ndarray, Wp: np.ndarray, Wa: np.ndarray
    ) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        return (
            (self.x1 @ W.T @ Wp.T, self.x2 @ Wa.T),
            (self.x2 @ W.T @ Wp.T, self.x1 @ Wa.T),
        )

    @staticmethod
    def _cosine(
        q: np.ndarray, target: np.ndarray
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        lengths = np.linalg.norm(q, axis=1), np.linalg.norm(target, axis=1)
        return (q * target).sum(1) / (lengths[0] * lengths[1]), lengths
