"""One singular value at a time: anisotropic data, and predictors that are set from F."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dynamics.flows.base import Numbers, PredictorDecay, check_parameters
from dynamics.flows.eigenmodes import EigenmodeFlow


@dataclass(frozen=True, kw_only=True)
class ScalarFlow(PredictorDecay):
    r"""The triple (w, w_p, w_a) of one mode of anisotropic data.

    .. math::
        \dot w = w_p e - \eta w, \quad \dot w_p = \alpha_p e w - \eta_p w_p, \quad
        \dot w_a = \beta (w - w_a), \qquad e = w_a \lambda_d - w_p w \lambda_s

    Exact where the same-view correlation :math:`\Sigma_s` and the cross-view one
    :math:`\Sigma_d` commute. Of all directions the one with the largest
    :math:`\lambda_d/\lambda_s`, signal over signal and noise, keeps the largest w_p.

    Parameters
    ----------
    same, cross : float
        Eigenvalues lambda_s of X + X' and lambda_d of X.
    alpha_p, eta, eta_p : float
        As in `EigenmodeFlow`.
    beta : float
        Rate of the EMA; at 0 the target stands still.

    Raises
    ------
    ValueError
        A parameter is out of range.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, App. D; the rest points with decay are derived.
    """

    same: Numbers = 1.0
    cross: Numbers = 0.5
    alpha_p: Numbers = 1.0
    eta: Numbers = 0.0
    beta: Numbers = 1.0
    eta_p: Numbers | None = None

    def __post_init__(self) -> None:
        check_parameters(self, ("same", "alpha_p"), ("cross", "eta", "eta_p", "beta"))

    @classmethod
    def of(cls, flow: EigenmodeFlow) -> "ScalarFlow":
        """Return the same flow in w and w_a, which have no pole where tau = w_a/w has one.

        Raises
        ------
        ValueError
            `flow` has no EMA, and so no w_a.
        """
        if flow.beta is None:
            raise ValueError("the flow has no EMA; ScalarFlow is one of encoder and target")
        rates = {"alpha_p": flow.alpha_p, "eta": flow.eta, "eta_p": flow.predictor_decay}
        return cls(same=flow.k, cross=1.0, beta=flow.beta, **rates)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder_value", "predictor_eigenvalue", "target_value")

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (w, w_p, w_a)."""
        w, wp, wa = state
        e = wa * self.cross - wp * w * self.same
        pull = self.alpha_p * e * w - self.predictor_decay * wp
        return wp * e - self.eta * w, pull, self.beta * (w - wa)

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return w², the eigenvalue of W Wᵀ."""
        return {"correlation_eigenvalue": state[0] ** 2}

    @property
    def critical_decay(self) -> Numbers:
        r"""Decay above which the mode dies, :math:`\lambda_d^2 / (4 \lambda_s)`."""
        return self.cross**2 / (4 * self.same)

    def useful(self) -> tuple[Numbers, Numbers]:
        r"""Return (w_p, w²) of the useful rest point, NaN above `critical_decay`.

        .. math:: w_p = \frac{\lambda_d + \sqrt{\lambda_d^2 - 4 \eta \lambda_s}}{2 \lambda_s}, \quad
            w^2 = \frac{\eta_p}{\eta} \frac{w_p^2}{\alpha_p}

        With one decay for both, 0 too, :math:`w^2 = w_p^2 / \alpha_p`. With `eta_p` alone
        :math:`w^2` is infinite: it grows for ever.

        Raises
        ------
        ValueError
            beta is 0: the target stands still, and where modes rest is up to it.
        """
        if not np.all(self.beta):
            raise ValueError("beta is 0: the target stands still, and where modes rest is up to it")
        eta_p = self.predictor_decay
        with np.errstate(invalid="ignore", divide="ignore"):
            root = np.sqrt(np.asarray(self.cross**2 - 4 * self.eta * self.same))
            ratio = np.where(np.equal(eta_p, self.eta), 1.0, np.divide(eta_p, self.eta))
        wp = (self.cross + root) / (2 * self.same)
        return wp, ratio * wp**2 / self.alpha_p


@dataclass(frozen=True, kw_only=True)
class DirectSetFlow:
    r"""A mode under DirectSet(alpha), W_p = F^alpha: DirectPred at 1/2, DirectCopy at 1.

    .. math:: \dot w = w\, [p (\tau - k p) - \eta], \quad p = |w|^{2\alpha}, \quad k = 1 + \sigma^2

    With augmentation noise in a subspace B only, k is 1 outside: for a decay between
    :math:`1/(4(1 + \sigma^2))` and 1/4 the noise dies and the rest lives, whatever alpha is.

    Parameters
    ----------
    power : float
        alpha.
    sigma2, eta, tau : float
        As in `EigenmodeFlow`; `sigma2` is that of the mode's own direction.

    Raises
    ------
    ValueError
        A parameter is out of range.

    References
    ----------
    Wang, Chen, Du, Tian (2021), arXiv:2110.04947, for the setting; derived and verified.
    """

    power: Numbers = 0.5
    sigma2: Numbers = 0.0
    eta: Numbers = 0.0
    tau: Numbers = 1.0

    def __post_init__(self) -> None:
        check_parameters(self, ("power",), ("sigma2", "eta", "tau"))

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder_value",)

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivative of w."""
        (w,) = state
        p = np.abs(w) ** (2 * self.power)
        return (w * (p * (self.tau - (1 + self.sigma2) * p) - self.eta),)

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return ``p = |w|^(2 alpha)`` and s = w²."""
        p = np.abs(state[0]) ** (2 * self.power)
        return {"predictor_eigenvalue": p, "correlation_eigenvalue": state[0] ** 2}

    @property
    def critical_decay(self) -> Numbers:
        r"""Decay above which the mode dies, :math:`\tau^2 / (4k)`; alpha does not enter."""
        return self.tau**2 / (4 * (1 + self.sigma2))

    def rest_values(self) -> tuple[np.ndarray, np.ndarray]:
        r"""Return ``w_-`` and ``w_+``, :math:`w = p_\pm^{1/(2\alpha)}`; NaN above `critical_decay`.

        A start above ``w_-`` ends at ``w_+``, one below at 0: a larger alpha is harder to escape.
        """
        k = 1 + np.asarray(self.sigma2)
        with np.errstate(invalid="ignore"):
            root = np.sqrt(np.asarray(self.tau**2 - 4 * self.eta * k))
        # Their product is eta/k: the lower one by a difference would be lost at a small eta.
        low, high = 2 * self.eta / (self.tau + root), (self.tau + root) / (2 * k)
        return low ** (1 / (2 * self.power)), high ** (1 / (2 * self.power))
