"""Modes under a predictor that is set from the correlation, and not learned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from dynamics.flows.base import Numbers, check_parameters
from dynamics.flows.cosine import cosine_error


def _relative(s: np.ndarray) -> np.ndarray:
    # Over the largest, whatever their scale. 0 / 0 is 0, as in `trainers.Direct`: all modes are
    # cut, or collapsed.
    return s / max(s.max(), np.finfo(float).tiny)


def _frobenius(s: np.ndarray, a: float, eps: float) -> np.ndarray:
    r = _relative(s)
    return np.asarray((r / max(np.sqrt((r**2).sum()), np.finfo(float).tiny)) ** a + eps)


# p of the eigenvalues s >= 0, which are (mode); who wrote which is in `trainers.Direct`.
FORMS: dict[str, Callable[[np.ndarray, float, float], np.ndarray]] = {
    "paper": lambda s, a, eps: s**a + eps * s.max(),
    "max": lambda s, a, eps: np.maximum(_relative(s) ** a + eps, 1e-4),
    "max-inside": lambda s, a, eps: (_relative(s) + eps) ** a,
    "frobenius": _frobenius,
    "none": lambda s, a, eps: s**a + eps,
}


class Rule(Protocol):
    """Who sets the predictor's eigenvalues."""

    def __call__(self, same: np.ndarray, cross: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return p, of the eigenvalues of E[z zᵀ], E[z_1 z_2ᵀ] and E[t zᵀ], (mode) each."""
        ...


@dataclass(frozen=True, kw_only=True)
class SpectrumRule:
    """DirectSet: a power of F, normalised as paper and codes have it; as `trainers.Direct`.

    Parameters
    ----------
    power, eps, normalise, offset, views
        As there.

    Raises
    ------
    ValueError
        There is no such `normalise` or `views`, or a number is out of its range.
    """

    power: float = 0.5
    eps: float = 0.0
    normalise: str = "none"
    offset: float = 0.0
    views: str = "same"

    def __post_init__(self) -> None:
        check_parameters(self, ("power",), ("eps",))
        if self.normalise not in FORMS or self.views not in ("same", "cross"):
            raise ValueError(
                f"normalise is {self.normalise!r} and views {self.views!r}; choose from "
                f"{', '.join(FORMS)}, and same or cross"
            )

    def __call__(self, same: np.ndarray, cross: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return p (mode)."""
        s = same if self.views == "same" else cross
        return FORMS[self.normalise](np.maximum(s - self.offset, 0.0), self.power, self.eps)


@dataclass(frozen=True, kw_only=True)
class OptimalRule:
    r"""The predictor of least Euclidean loss, :math:`p = E[t z^\top] / (E[z z^\top] + \lambda)`.

    This is either `equation` of `trainers.Optimal`: the printed one and the code's Sylvester
    equation have the same p wherever all moments commute, as in a flow of modes. They differ in
    what couples modes, off the diagonal, which such a flow has not.
    """

    ridge: float = 1e-4

    def __post_init__(self) -> None:
        check_parameters(self, ("ridge",), ())

    def __call__(self, same: np.ndarray, cross: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return p (mode)."""
        return target / (same + self.ridge)


@dataclass(frozen=True, kw_only=True)
class IdentityRule:
    """No predictor, p = 1."""

    def __call__(self, same: np.ndarray, cross: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return p (mode)."""
        return np.ones_like(same)


@dataclass(frozen=True, kw_only=True)
class ClosedFormFlow:
    r"""Singular values of the encoder, under a predictor that a rule sets from all of them.

    .. math:: \dot w_j = p_j e_j - \eta w_j, \quad \dot w_{a,j} = \beta (w_j - w_{a,j}), \quad
        e_j = w_{a,j} \lambda_d - p_j w_j \lambda_s

    with :math:`p = p(\lambda_s w^2)`. Exact for a linear network whose same-view and cross-view
    correlations commute, under a Euclidean loss, with F known exactly. A rule that divides by the
    largest eigenvalue or by a norm couples the modes, which `DirectSetFlow` leaves out. With
    `cosine` e_j is that of `CosineFlow`, a mean field: its gradient over both norms.

    Parameters
    ----------
    rule : Rule
    same, cross : float or array (mode)
        Eigenvalues lambda_s of X + X' and lambda_d of X; k_j and 1 on isotropic data.
    eta, tau, beta
        As in `EigenmodeFlow`.
    iso : bool
        The gradient goes around W_p, as in IsoLoss: :math:`\dot w_j = e_j - \eta w_j`.
    cosine : bool
        The loss is a cosine.

    Raises
    ------
    ValueError
        A parameter is out of range.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Eqs. 18 and 19, and App. D; put together here.
    """

    rule: Rule = SpectrumRule()
    same: Numbers = 1.0
    cross: Numbers = 1.0
    eta: float = 0.0
    tau: float = 1.0
    beta: float | None = None
    iso: bool = False
    cosine: bool = False
    coupled: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_parameters(self, ("same",), ("cross", "eta", "tau", "beta"))

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("encoder_value",) if self.beta is None else ("encoder_value", "target_value")

    def predictor(self, *state: np.ndarray) -> np.ndarray:
        """Return p of a state, (mode)."""
        w, wa = self._pair(*state)
        return np.asarray(self.rule(self.same * w**2, self.cross * w**2, self.cross * wa * w))

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the derivatives of (w[, w_a]), (mode) each."""
        w, wa = self._pair(*state)
        p = self.predictor(*state)
        if self.cosine:
            e = cosine_error(p, w, wa, self.same, self.cross)
        else:
            e = wa * self.cross - p * w * self.same
        dw = (e if self.iso else p * e) - self.eta * w
        return (dw,) if self.beta is None else (dw, self.beta * (w - wa))

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return p, and w² λ_d, the eigenvalue of the noise-free F."""
        stack = np.stack(state, axis=-2)  # (..., part, mode)
        p = np.apply_along_axis(
            lambda x: self.predictor(*x.reshape(stack.shape[-2:])),
            -1,
            stack.reshape(*stack.shape[:-2], -1),
        )
        return {"predictor_eigenvalue": p, "correlation_eigenvalue": self.cross * state[0] ** 2}

    def _pair(self, *state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return state[0], self.tau * state[0] if self.beta is None else state[1]


def _spectrum(options: Mapping[str, Any]) -> Rule:
    known = ("power", "eps", "normalise", "offset", "views")
    return SpectrumRule(**{name: options[name] for name in known if name in options})


RULES: dict[str, Callable[[Mapping[str, Any]], Rule]] = {
    "spectrum": _spectrum,
    "least-squares": lambda options: OptimalRule(ridge=options["ridge"]),
    "identity": lambda options: IdentityRule(),
}


def rule_of(predictor: Mapping[str, Any]) -> Rule | None:
    """Return the rule of a predictor as stores describe it; None where W_p is learned.

    Examples
    --------
    >>> rule_of({"kind": "least-squares", "ridge": 0.1})
    OptimalRule(ridge=0.1)
    """
    build = RULES.get(predictor.get("kind", ""))
    return None if build is None else build(predictor)
