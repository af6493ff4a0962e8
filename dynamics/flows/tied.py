"""The cosine loss of a predictor of two linear layers, one the transpose of the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dynamics.flows.base import Numbers, PredictorDecay, check_one_decay, check_parameters
from dynamics.flows.cosine import cosine_error


@dataclass(frozen=True, kw_only=True)
class TiedCosineFlow(PredictorDecay):
    r"""Modes of :math:`W_p = G^\top G` under a cosine, two layers where `CosineFlow` has one.

    .. math::
        \dot p_j &= 2 \alpha_p p_j s_j (1 - \mu k_j p_j) / N - 2 \eta_p p_j \\
        \dot s_j &= 2 p_j s_j (1 - \mu k_j p_j) / N - 2 \eta s_j

    Each layer takes the step of its own gradient, and both are set to their mean, as the `tied`
    constraint of trainers does. No p is negative, and with equal decays each mode keeps
    :math:`e^{2 \eta t} (p_j - \alpha_p s_j)`: the balance is a line, p goes as s, where one layer
    has a parabola, p as the root of s.

    Parameters
    ----------
    alpha_p, sigma2, eta, eta_p
        As in `CosineFlow`; eta_p is the decay of each layer.

    Raises
    ------
    ValueError
        alpha_p is not above 0, or another one is negative.

    References
    ----------
    Derived; the symmetric two-layer predictor of Tian, Chen, Ganguli (2021), arXiv:2102.06810, in
    their code, without its batch norm and ReLU.

    Examples
    --------
    That of `CosineFlow`: dp is 2 p times as fast there.

    >>> dp, ds = TiedCosineFlow(sigma2=0.0)(0, np.array([1.0, 0.5]), np.ones(2))
    >>> print(dp.round(4), ds.round(4))
    [-0.253  0.253] [-0.253  0.253]
    """

    coupled: ClassVar[bool] = True

    alpha_p: float = 1.0
    sigma2: Numbers = 0.25
    eta: float = 0.0
    eta_p: float | None = None

    def __post_init__(self) -> None:
        check_parameters(self, ("alpha_p",), ("sigma2", "eta", "eta_p"))

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("predictor_eigenvalue", "correlation_eigenvalue")

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (p, s)."""
        p, s = state
        w = np.sqrt(np.maximum(s, 0.0))
        pull = p * w * cosine_error(p, w, w, 1 + self.sigma2, 1.0)
        layers = 2 * self.alpha_p * pull - 2 * self.predictor_decay * p
        return layers, 2 * pull - 2 * self.eta * s

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return nothing more: (p, s) is all."""
        return {}

    def invariant(self, t: np.ndarray, p: np.ndarray, s: np.ndarray) -> np.ndarray:
        r"""Return :math:`e^{2 \eta t} (p_j - \alpha_p s_j)`, constant for each mode.

        Parameters
        ----------
        t : array (...)
        p, s : array (..., mode)

        Raises
        ------
        ValueError
            The decays differ.
        """
        check_one_decay(self.eta, self.predictor_decay)
        return np.exp(2 * self.eta * np.asarray(t))[..., None] * (p - self.alpha_p * s)
