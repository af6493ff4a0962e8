"""One mode of a deep linear encoder: what a latent target prefers, and what the data do."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.checks.fields import shown
from dynamics.flows.base import Numbers, check_parameters

TARGETS = ("latent", "data")


@dataclass(frozen=True, kw_only=True)
class DepthFlow:
    r"""The product w of L layers of one mode, before a predictor that is balanced with each.

    .. math:: \dot w = L\, w^{2 - 2/L}\, v\, (t - v w \lambda/\rho), \quad v = w^{1/L}, \quad
        t = \lambda w \text{ (latent)}, \; \lambda \text{ (data)}

    that is, over L, :math:`w^{3-1/L} \lambda - w^3 \lambda/\rho` of a latent target behind its
    stop-gradient (JEPA) and :math:`w^{2-1/L} \lambda - w^3 \lambda/\rho` of the data (MAE). lambda
    is the mode's covariance of input and target, rho that over the variance of the input. At rest
    :math:`w = \rho^L` and :math:`w = \rho^{L/(L+1)}`. The deeper, the more a latent target prefers
    a high rho; from a small start w_0 data come up by their lambda alone.

    Parameters
    ----------
    depth : int
        L, layers of the encoder.
    rho, covariance : float
        rho and lambda.
    target : {"latent", "data"}

    Raises
    ------
    ValueError
        A number is not above 0, or there is no such target.

    References
    ----------
    Littwin, Saremi, Advani et al. (2024), arXiv:2407.03475: the abstract was read, the ODE derived
    here by gradient descent on each of L + 1 balanced layers, whence the factor L.

    Examples
    --------
    >>> [round(float(DepthFlow(depth=L, rho=0.6).rest), 5) for L in (1, 2, 5)]
    [0.6, 0.36, 0.07776]
    """

    depth: Numbers = 1
    rho: Numbers = 1.0
    covariance: Numbers = 1.0
    target: str = "latent"

    def __post_init__(self) -> None:
        check_parameters(self, ("depth", "rho", "covariance"), ())
        if self.target not in TARGETS:
            raise ValueError(f"target is {shown(self.target)}; choose from {', '.join(TARGETS)}")

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder_value",)

    @property
    def rest(self) -> Numbers:
        """Where w > 0 ends."""
        layers = self.depth if self.target == "latent" else self.depth / (self.depth + 1)
        return np.asarray(self.rho, dtype=float) ** layers

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivative of w, which is not negative."""
        w = np.maximum(state[0], 0.0)
        up = w**3 if self.target == "latent" else w**2
        with np.errstate(divide="ignore", invalid="ignore"):
            pull = np.where(w > 0, up * w ** (-1 / self.depth), 0.0)
        return (self.depth * self.covariance * (pull - w**3 / self.rho),)

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the predictor's value v, and w²: the eigenvalue of W Wᵀ."""
        w = np.maximum(state[0], 0.0)
        return {"predictor_eigenvalue": w ** (1 / self.depth), "correlation_eigenvalue": w**2}
