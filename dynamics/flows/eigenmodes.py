"""The decoupled flow of one eigen-mode: predictor p_j, correlation s_j, target scale tau_j."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from dynamics.flows.base import (
    Numbers,
    PredictorDecay,
    check_one_decay,
    check_parameters,
    default,
)
from dynamics.flows.rest_point import RestPoint


@dataclass(frozen=True, kw_only=True)
class EigenmodeFlow(PredictorDecay):
    r"""The (p, s, tau) flow of every mode by itself, k = 1 + sigma2.

    .. math::
        \dot p_j &= \alpha_p s_j (\tau_j - k p_j) - \eta_p p_j \\
        \dot s_j &= 2 p_j s_j (\tau_j - k p_j) - 2 \eta s_j \\
        \dot\tau_j &= \beta (1 - \tau_j) - \tau_j [p_j (\tau_j - k p_j) - \eta]

    The state is (p, s), with a constant `tau`, or (p, s, tau) where `beta` is given. With a tau for
    each mode this is exact for the full matrix flow, EMA included, once W_p and F share their
    eigenvectors; the paper's one tau for all modes is not (modes grow at different speed). s_j is
    an eigenvalue of the noise-free F = W X Wᵀ: of a run, of its `cross_correlation`.

    From p < 0 with EMA the encoder's singular value may cross zero, where tau = w_a/w has a pole:
    `integrate` stops there and says so, `ensemble` counts it as failed. `ScalarFlow`, in w and w_a
    themselves, goes through.

    Parameters
    ----------
    alpha_p : float
        Learning rate of the predictor over that of the encoder.
    sigma2 : float
        Variance of the augmentation, X = I and X' = sigma2 I.
    eta : float
        Weight decay, of the flow (`FlowParameters` maps an optimiser's).
    eta_p : float, optional
        Weight decay of the predictor where it differs. It is *not* multiplied by alpha_p.
    tau : float
        The constant target scale, W_a = tau W; 1 is SimSiam. Not used with `beta`.
    beta : float, optional
        Rate of the EMA; at 0 the target stands still. The paper starts from tau(0) = 0; a target
        that begins as a copy, from 1.

        Each may be an array, one value for each trajectory of `ensemble`.

    Raises
    ------
    ValueError
        alpha_p is not above 0, or another one is negative.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Eqs. 11 to 13.
    """

    alpha_p: Numbers = 1.0
    sigma2: Numbers = 0.25
    eta: Numbers = 0.0
    eta_p: Numbers | None = None
    tau: Numbers = 1.0
    beta: Numbers | None = None

    def __post_init__(self) -> None:
        check_parameters(self, ("alpha_p",), ("sigma2", "eta", "eta_p", "tau", "beta"))

    @cached_property
    def k(self) -> Numbers:
        """Same-view over cross-view variance, 1 + sigma2."""
        return 1 + self.sigma2

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        names = ("predictor_eigenvalue", "correlation_eigenvalue")
        return names if self.beta is None else (*names, "tau")

    @property
    def final_tau(self) -> Numbers:
        """The target scale of every rest point that has not collapsed: `tau`, with EMA 1."""
        return self.tau if self.beta is None else 1.0

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (p, s[, tau]), arrays of one shape."""
        p, s = state[:2]
        tau = self.tau if self.beta is None else state[2]
        pull = tau - self.k * p
        growth = p * pull - self.eta  # of log w: s = w^2
        dp = self.alpha_p * s * pull - self.predictor_decay * p
        ds = 2 * s * growth
        if self.beta is None:
            return dp, ds
        return dp, ds, self.beta * (1 - tau) - tau * growth

    def derived(self, *state: np.ndarray) -> dict[str, np.ndarray]:
        """Return nothing: the state is all there is."""
        return {}

    def balance(self, p: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Return c = s - p²/alpha_p; the paper's main text prints the opposite sign."""
        return s - p**2 / self.alpha_p

    def balance_rate(self, p: np.ndarray, s: np.ndarray) -> np.ndarray:
        r"""Return the derivative of `balance`, :math:`-2 \eta s + 2 \eta_p p^2/\alpha_p`."""
        return -2 * self.eta * s + 2 * self.predictor_decay * p**2 / self.alpha_p

    def invariant(self, t: np.ndarray, p: np.ndarray, s: np.ndarray) -> np.ndarray:
        r"""Return :math:`e^{2 \eta t} (s - p^2/\alpha_p)`, constant on every trajectory.

        Raises
        ------
        ValueError
            The decays differ: there is no closed form, only `balance_rate`.
        """
        check_one_decay(self.eta, self.predictor_decay)
        return cast(np.ndarray, np.exp(2 * self.eta * t) * self.balance(p, s))

    def mode_alignment_rate(
        self, p: np.ndarray, s: np.ndarray, tau: Numbers | None = None
    ) -> np.ndarray:
        r"""Return :math:`\kappa_j = k (\alpha_p s_j/2 + p_j^2) - \tau p_j + \eta + \eta_p/2`.

        The eigenvalues of K (Theorem 3) once modes are aligned. What mixes modes i and j decays at
        rate kappa_i + kappa_j: one negative kappa is no harm yet, a negative sum is. `tau` is the
        flow's own by default; with `beta`, give that of the state.
        """
        tau = default(tau, self.tau)
        decays = self.eta + self.predictor_decay / 2
        return cast(np.ndarray, self.k * (self.alpha_p * s / 2 + p**2) - tau * p + decays)

    def jacobian(self, *state: np.ndarray) -> np.ndarray:  # (...), ... -> (..., n, n)
        """Return the derivative of the flow, last axis by what, at (p, s[, tau])."""
        p, s = (np.asarray(x, dtype=float) for x in state[:2])
        tau = np.asarray(self.tau if self.beta is None else state[2], dtype=float)
        pull, slope = tau - self.k * p, tau - 2 * self.k * p
        rows = [
            [-self.alpha_p * self.k * s - self.predictor_decay, self.alpha_p * pull],
            [2 * s * slope, 2 * (p * pull - self.eta)],
        ]
        if self.beta is not None:
            rows[0].append(self.alpha_p * s)
            rows[1].append(2 * p * s)
            last = -self.beta - (p * pull - self.eta) - tau * p
            rows.append([-tau * slope, np.zeros_like(p), last])
        shaped = np.broadcast_arrays(*(x for row in rows for x in row))
        n = len(rows)
        return np.stack(shaped, axis=-1).reshape(*shaped[0].shape, n, n)

    @property
    def critical_decay(self) -> Numbers:
        r"""Decay above which there is only collapse, :math:`\eta^* = \tau^2/(4k)`."""
        return self.final_tau**2 / (4 * self.k)

    def rest_points(self) -> list[RestPoint]:
        r"""Return the rest points: ``collapsed``, and below `critical_decay` two more.

        .. math:: p_\pm = [\tau \pm \sqrt{\tau^2 - 4 \eta k}] / (2k), \quad
            s_\pm = (\eta_p/\eta)\, p_\pm^2/\alpha_p

        Without any decay they are not isolated: the lines s = 0 and p = tau/k stand still, and what
        is returned is where the parabola s = p²/alpha_p meets them, with an eigenvalue 0. With one
        decay alone there is only collapse (eta_p = 0) or none but it at finite s (eta = 0: s grows
        at the rate 2 tau² eta_p / (alpha_p k²), p -> tau/k).

        Raises
        ------
        ValueError
            The flow has array parameters, or a target that stands still (beta = 0): where modes
            rest is then up to it.
        """
        names = ("alpha_p", "sigma2", "eta", "predictor_decay", "tau", "beta")
        if arrays := [name for name in names if np.ndim(getattr(self, name))]:
            raise ValueError(f"rest_points wants numbers; {arrays} are arrays: take one at a time")
        if self.beta == 0:
            raise ValueError(
                "beta is 0: the target stands still, and where modes rest is up to it; above 0 "
                "wanted, or no beta"
            )
        tau, k, eta, eta_p = (float(x) for x in self._scalars)
        points = [self._collapsed()]
        if eta <= self.critical_decay and (eta_p > 0) == (eta > 0):
            root = math.sqrt(tau**2 - 4 * eta * k)
            # Their product is eta/k: the lower one by a difference would be lost at a small eta.
            pair = {"unstable": 2 * eta / (tau + root), "useful": (tau + root) / (2 * k)}
            ratio = eta_p / eta if eta else 1.0
            for name, p in pair.items():
                if p > 0:
                    points.append(self._at(name, p, ratio * p**2 / float(self.alpha_p)))
        return points

    @property
    def _scalars(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        return self.final_tau, self.k, self.eta, self.predictor_decay

    def _at(self, name: str, p: float, s: float) -> RestPoint:
        state: tuple[float, ...] = (p, s) if self.beta is None else (p, s, 1.0)
        # Real for every parameter: no rest point of this flow is a spiral (theory 2.7).
        values = np.linalg.eigvals(self.jacobian(*np.array(state))).real
        return RestPoint(name=name, state=state, eigenvalues=tuple(np.sort(values)[::-1].tolist()))

    def _collapsed(self) -> RestPoint:
        eta, eta_p = float(self.eta), float(self.predictor_decay)
        values = [-eta_p, -2 * eta]
        state: tuple[float, ...] = (0.0, 0.0)
        if self.beta is not None:
            # The target lags behind a dying W; with beta <= eta it falls behind for ever.
            beta = float(self.beta)
            values.append(eta - beta)
            state = (0.0, 0.0, beta / (beta - eta) if beta > eta else np.inf)
        return RestPoint(
            name="collapsed", state=state, eigenvalues=tuple(sorted(values, reverse=True))
        )
