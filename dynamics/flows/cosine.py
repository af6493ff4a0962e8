"""The flow of the loss that trainers minimise by default: a cosine, which couples all modes."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq

from dynamics.flows.base import (
    Numbers,
    PredictorDecay,
    check_one_decay,
    check_parameters,
)


def cosine_error(
    p: np.ndarray, w: np.ndarray, wa: np.ndarray, same: Numbers, cross: Numbers
) -> np.ndarray:  # all (..., mode)
    r"""Return minus the gradient of J at the prediction of each mode, over that of w or p.

    .. math:: e_j = \frac{w_{a,j} \lambda_d - \mu\, p_j w_j \lambda_s}{N}, \quad
        \mu = \frac{\sum p w w_a \lambda_d}{\sum p^2 w^2 \lambda_s}, \quad
        N = \sqrt{\textstyle\sum p^2 w^2 \lambda_s \sum w_a^2 \lambda_s}

    NaN where prediction or target is 0 in all modes: a cosine has no direction to go there.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        prediction = (p**2 * w**2 * same).sum(axis=-1, keepdims=True)
        target = (wa**2 * same).sum(axis=-1, keepdims=True)
        mu = (p * w * wa * cross).sum(axis=-1, keepdims=True) / prediction
        return np.asarray((wa * cross - mu * p * w * same) / np.sqrt(prediction * target))


@dataclass(frozen=True, kw_only=True)
class CosineFlow(PredictorDecay):
    r"""Modes of a linear network with a learned linear predictor under the cosine loss.

    .. math::
        \dot p_j &= \alpha_p s_j (1 - \mu k_j p_j) / N - \eta_p p_j \\
        \dot s_j &= 2 p_j s_j (1 - \mu k_j p_j) / N - 2 \eta s_j \\
        \mu &= \frac{\sum_i p_i s_i}{\sum_i k_i p_i^2 s_i}, \quad
        N = \sqrt{\textstyle\sum_i k_i p_i^2 s_i \sum_i k_i s_i}, \quad k_j = 1 + \sigma_j^2

    of :math:`J = -\operatorname{E} \cos(W_p z_1, \mathrm{SG}(z_2))`, for W_p symmetric and aligned
    with F. All modes are coupled, through N and mu alone. It is a mean field: norms are taken for
    their means, which is right up to the inverse of the number of modes that carry the variance
    (some 3 % of the rates at 50 to 100 of them, 8 % at 30).

    Decay rescales and never kills, and there is no critical one: the norms fall by themselves
    (`norms`) and time runs ever faster, N going with them. Modes of k_j p_j below 1/mu grow at the
    cost of those above; where a start ends is `rest`.

    The state is (p, s), or with `beta` (w, p, w_a) with s = w²; the scale of the target drops out.

    Parameters
    ----------
    alpha_p : float
        Learning rate of the predictor over that of the encoder.
    sigma2 : float or array (mode)
        Variance of the augmentation; of each mode's own direction.
    eta, eta_p : float
        Weight decays, as in `EigenmodeFlow`.
    beta : float, optional
        Rate of the EMA.

    Raises
    ------
    ValueError
        alpha_p is not above 0, or another one is negative.

    References
    ----------
    Derived, as Tian, Chen, Ganguli (2021), arXiv:2102.06810, section 3, for another loss; kind of
    Halvagal, Laborieux, Zenke (2023), arXiv:2212.04858, whose predictor is set.

    Examples
    --------
    Two modes of p = 1 and 1/2, s = 1 each: mu = 1.5 / 1.25, N = sqrt(1.25 * 2).

    >>> dp, ds = CosineFlow(sigma2=0.0)(0, np.array([1.0, 0.5]), np.ones(2))
    >>> print(dp.round(4), ds.round(4))
    [-0.1265  0.253 ] [-0.253  0.253]
    """

    coupled: ClassVar[bool] = True

    alpha_p: float = 1.0
    sigma2: Numbers = 0.25
    eta: float = 0.0
    eta_p: float | None = None
    beta: float | None = None

    def __post_init__(self) -> None:
        check_parameters(self, ("alpha_p",), ("sigma2", "eta", "eta_p", "beta"))

    @cached_property
    def k(self) -> Numbers:
        """Same-view over cross-view variance of each mode, 1 + sigma2."""
        return 1 + self.sigma2

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        if self.beta is None:
            return ("predictor_eigenvalue", "correlation_eigenvalue")
        return ("encoder_value", "predictor_eigenvalue", "target_value")

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (p, s), or of (w, p, w_a)."""
        if self.beta is None:
            p, s = state
            w = np.sqrt(np.maximum(s, 0.0))
            pull = w * cosine_error(p, w, w, self.k, 1.0)
            return self.alpha_p * pull - self.predictor_decay * p, 2 * p * pull - 2 * self.eta * s
        w, p, wa = state
        e = cosine_error(p, w, wa, self.k, 1.0)
        dp = self.alpha_p * w * e - self.predictor_decay * p
        return p * e - self.eta * w, dp, self.beta * (w - wa)

    def derived(self, *state: np.ndarray) -> dict[str, np.ndarray]:
        """Return s = w², where the state is of w."""
        return {} if self.beta is None else {"correlation_eigenvalue": state[0] ** 2}

    def norms(self, t: np.ndarray, p: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r"""Return :math:`e^{2 \eta_p t} \sum p^2` and :math:`e^{2 \eta t} \sum s`: constants.

        A cosine does not change with the scale of W_p or W, so its gradient is orthogonal to them;
        with EMA too, and whatever the k_j, alpha_p and decays.

        Parameters
        ----------
        t : array (...)
        p, s : array (..., mode)
        """
        of_p, of_s = (np.exp(2 * decay * t) for decay in (self.predictor_decay, self.eta))
        return of_p * (p**2).sum(axis=-1), of_s * s.sum(axis=-1)

    def invariant(self, t: np.ndarray, p: np.ndarray, s: np.ndarray) -> np.ndarray:
        r"""Return :math:`e^{2 \eta t} (s_j - p_j^2/\alpha_p)`, constant for each mode.

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
        return np.exp(2 * self.eta * np.asarray(t))[..., None] * (s - p**2 / self.alpha_p)

    def rest(self, p: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        r"""Return where (p, s) ends, of equal k_j and decays and without EMA.

        Every mode keeps its :math:`b_j = p_j^2 - \alpha_p s_j`, and all of them together their
        :math:`\sum p^2`. What lives ends at one p, what dies at :math:`s = 0` and its
        :math:`|p_j| = \sqrt{b_j}`:

        .. math:: p_j^2 = \max(\bar p^2, b_j), \quad \textstyle\sum_j \max(\bar p^2, b_j) =
            \sum_j p_j(0)^2

        and where p_j < 0 < b_j, at :math:`-\sqrt{b_j}`. With a decay both go on to shrink, p as
        :math:`e^{-\eta t}` and s as :math:`e^{-2 \eta t}`: returned is the end without these.

        Parameters
        ----------
        p, s : array (mode)

        Returns
        -------
        p, s : array (mode)

        Raises
        ------
        ValueError
            The k_j or the decays differ, or there is an EMA; or no mode has a prediction, p² s > 0.
        """
        check_one_decay(self.eta, self.predictor_decay)
        if self.beta is not None or np.ptp(self.k) > 0:
            raise ValueError("rest wants equal sigma2 and no beta; integrate says where others end")
        p, s = (np.asarray(x, dtype=float) for x in (p, s))
        if not (p**2 * s).sum() > 0:
            raise ValueError("p is 0 in every mode of s > 0: a cosine has no direction there")
        b = p**2 - self.alpha_p * s
        lost = ((p < 0) | (s == 0)) & (b >= 0)  # p_j cannot come through 0, or s_j is 0 for ever
        total = (p**2).sum() - b[lost].sum()
        if lost.all():
            raise ValueError("every mode dies: each has p_j < 0 and p_j² above alpha_p s_j")

        def over(square: float) -> float:
            return float(np.maximum(square, b[~lost]).sum() - total)

        square = brentq(over, 0.0, total, xtol=1e-300, rtol=1e-14)
        dies = lost | (b >= square)
        end = np.sqrt(np.where(dies, np.maximum(b, 0.0), square))
        s_end = np.where(dies, 0.0, square - b) / self.alpha_p
        return np.where(lost & (p < 0), -end, end), s_end

    def rest_eigenvalues(self, p: np.ndarray, s: np.ndarray) -> np.ndarray:
        r"""Return the eigenvalues of the flow at a state of rest, without decay, that may be not 0.

        States of rest fill a set: what lives has one p and any s, what is dead any p. Along it, in
        modes + 1 of the 2 modes directions, nothing returns. Across it the dead ones and what
        lives, but for a shift of all its p, have

        .. math:: \lambda_j = 2 p_j (1 - p_j / \bar p) / N, \quad
            \lambda = -\frac{\alpha_p}{\bar p N}
            \operatorname{eig}\Bigl(\operatorname{diag} s - \frac{s s^\top}{\sum s}\Bigr), \quad
            N = k \bar p \textstyle\sum s

        of which the latter are negative for a positive p. So rest is stable where no dead mode has
        :math:`0 < p_j < \bar p`, as what `rest` returns. A decay makes its clock run faster,
        :math:`(e^{2 \eta t} - 1) / (2 \eta)`.

        Parameters
        ----------
        p, s : array (mode)

        Returns
        -------
        array (mode - 1), in falling order

        Raises
        ------
        ValueError
            The modes of s > 0 have more than one p, the k_j differ, or there is an EMA.

        Examples
        --------
        Two living modes of p = 1, one dead of p = 2; s = (1, 3), N = 4: -4/4 and -(2 * 1 * 3/4)/4.

        >>> flow = CosineFlow(sigma2=0.0)
        >>> print(flow.rest_eigenvalues(np.array([2.0, 1.0, 1.0]), np.array([0.0, 1.0, 3.0])))
        [-0.375 -1.   ]
        """
        if self.beta is not None or np.ptp(self.k) > 0:
            raise ValueError("rest_eigenvalues wants equal sigma2 and no beta")
        p, s = (np.asarray(x, dtype=float) for x in (p, s))
        lives = s > 0
        if not lives.any() or np.ptp(p[lives]) > 1e-6 * abs(p[lives]).max():
            raise ValueError(f"p of the modes of s > 0 is {p[lives]}; one and the same wanted")
        level, alive = p[lives].mean(), s[lives]
        N = np.max(self.k) * abs(level) * alive.sum()
        dead = 2 * p[~lives] * (1 - p[~lives] / level) / N
        living = np.linalg.eigvalsh(np.diag(alive) - np.outer(alive, alive) / alive.sum())[1:]
        return np.sort(np.concatenate([dead, -self.alpha_p * living / (level * N)]))[::-1]
