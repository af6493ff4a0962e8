r"""Euclidean and cosine losses in the eigenspace of the predictor, isotropic or not.

:math:`W_p = U \operatorname{diag}(\lambda) U^\top` is set from the correlation and gets no
gradient; :math:`\hat z = U^\top z`, D = diag(lambda). Eigenvalues act as learning rates: a
Euclidean loss pulls each of them to 1, a cosine loss only makes them equal, and the isotropic
losses take the leading lambda out of the gradient.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from analysis.checks.numbers import check_count
from dynamics.flows.base import check_parameters, default

Gradient = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
EigenvalueRate = Callable[[np.ndarray, np.ndarray, float, float], np.ndarray]
DRAWS = 4096  # Gaussian vectors behind an expectation without a closed form


def _euclidean_iso(lam: np.ndarray, z1: np.ndarray, z2: np.ndarray) -> np.ndarray:
    return z2 - lam * z1


def _euclidean_target(lam: np.ndarray, z1: np.ndarray, z2: np.ndarray) -> np.ndarray:
    return lam * z1 - z2


def _cosine_iso(lam: np.ndarray, z1: np.ndarray, z2: np.ndarray) -> np.ndarray:
    q = lam * z1
    A2, B = (q**2).sum(-1, keepdims=True), np.linalg.norm(z2, axis=-1, keepdims=True)
    inner = (q * z2).sum(-1, keepdims=True)
    return np.asarray((z2 * A2 - q * inner) / (A2**1.5 * B))


def _cosine_target(lam: np.ndarray, z1: np.ndarray, z2: np.ndarray) -> np.ndarray:
    return _cosine_iso(np.ones_like(lam), z2, lam * z1)  # the loss is symmetric in q and z2


def _through_predictor(iso: Gradient) -> Gradient:
    return lambda lam, z1, z2: lam * iso(lam, z1, z2)


def _without_predictor(gradient: Gradient) -> Gradient:
    return lambda lam, z1, z2: gradient(np.ones_like(lam), z1, z2)


@dataclass(frozen=True)
class EigenLoss:
    r"""A loss, as what it does to features in the eigenbasis; (..., mode) each.

    The closed form of the eigenvalues c of W Wᵀ is for white Gaussian data and views with noise of
    variances v_1 (online) and v_2 (target): with p = lambda, k = 1 + v_1,

    ================ ======================================
    Euclidean        dc/dt
    ================ ======================================
    standard         :math:`2 p (1 - k p) c`
    isotropic        :math:`2 (1 - k p) c`
    no stop-gradient :math:`-2 [(1-p)^2 + v_1 p^2 + v_2] c`
    no predictor     :math:`-2 v_1 c`
    ================ ======================================
    """

    online: Gradient
    """(lambda, z1, z2) -> the negative gradient by the online features z1."""
    target: Gradient | None = None
    """The same by the target's features z2, where no stop-gradient is in the way."""
    rate: EigenvalueRate | None = None
    """(p, c, v_1, v_2) -> dc/dt, where there is a closed form."""


EIGEN_LOSSES: dict[str, EigenLoss] = {
    "euclidean": EigenLoss(
        _through_predictor(_euclidean_iso), rate=lambda p, c, v, _: 2 * p * (1 - (1 + v) * p) * c
    ),
    "euclidean-iso": EigenLoss(_euclidean_iso, rate=lambda p, c, v, _: 2 * (1 - (1 + v) * p) * c),
    "euclidean-attached": EigenLoss(
        _through_predictor(_euclidean_iso),
        _euclidean_target,
        rate=lambda p, c, v, w: -2 * ((1 - p) ** 2 + v * p**2 + w) * c,
    ),
    "euclidean-no-predictor": EigenLoss(
        _without_predictor(_euclidean_iso), rate=lambda p, c, v, _: -2 * v * c
    ),
    "cosine": EigenLoss(_through_predictor(_cosine_iso)),
    "cosine-iso": EigenLoss(_cosine_iso),
    "cosine-attached": EigenLoss(_through_predictor(_cosine_iso), _cosine_target),
    "cosine-no-predictor": EigenLoss(_without_predictor(_cosine_iso)),
}
"""Standard, isotropic, without stop-gradient (`attached`), and without predictor."""


@dataclass(frozen=True, kw_only=True)
class EigenvalueFlow:
    r"""Eigenvalues c of W Wᵀ under a loss, with a predictor of eigenvalues c^power.

    .. math:: \dot c_m = 2 \operatorname{E}[g_m \hat z_m], \quad
        z_i = \sqrt{c}\,(x + \sigma_i n_i)

    for white Gaussian x and noise n. Euclidean losses have a closed form; for cosine ones the
    expectation is over `draws` vectors, the same ones at every time, so that it is a smooth flow,
    and each with its noise and with minus it: what is linear in the noise drops out.

    Parameters
    ----------
    loss : str
        A name in `EIGEN_LOSSES`.
    power : float
        alpha of W_p = (W Wᵀ)^alpha; 1/2 is DirectPred.
    sigma2 : float
        Variance of the augmentation.
    online_sigma2 : float, optional
        That of the online view where it differs; the published toy has a clean one, 0.
    draws, seed : int
        Of the Gaussian vectors; the relative error is about draws^(-1/2).

    Raises
    ------
    ValueError
        There is no such loss, or a parameter is out of range.

    References
    ----------
    Halvagal, Laborieux, Zenke (2023), arXiv:2212.04858; re-derived.
    """

    coupled: ClassVar[bool] = True

    loss: str = "cosine"
    power: float = 0.5
    sigma2: float = 0.0
    online_sigma2: float | None = None
    draws: int = DRAWS
    seed: int = 0

    def __post_init__(self) -> None:
        check_parameters(self, ("power",), ("sigma2", "online_sigma2"))
        check_count("draws", self.draws)
        check_count("seed", self.seed, least=0)
        if self.loss not in EIGEN_LOSSES:
            raise ValueError(f"loss is {self.loss!r}; choose from {', '.join(EIGEN_LOSSES)}")

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state's parts."""
        return ("correlation_eigenvalue",)

    @cached_property
    def _noise(self) -> Callable[[int], np.ndarray]:
        cache: dict[int, np.ndarray] = {}

        def drawn(modes: int) -> np.ndarray:  # -> (3, draws, modes): x, n_1, n_2
            if modes not in cache:
                rng = np.random.default_rng(self.seed)
                x, n1, n2 = rng.standard_normal((3, (self.draws + 1) // 2, modes))
                # Minus all of them would be the same draws again: g z is even.
                pairs = (x, x), (n1, -n1), (n2, -n2)
                cache[modes] = np.stack([np.concatenate(pair) for pair in pairs])
            return cache[modes]

        return drawn

    def __call__(self, t: float, *state: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return dc/dt, (mode,)."""
        c = np.maximum(state[0], 0.0)
        loss, p = EIGEN_LOSSES[self.loss], c**self.power
        online = float(default(self.online_sigma2, self.sigma2))
        if loss.rate is not None:
            return (loss.rate(p, c, online, self.sigma2),)
        x, n1, n2 = self._noise(c.shape[-1])
        z1 = np.sqrt(c) * (x + np.sqrt(online) * n1)
        z2 = np.sqrt(c) * (x + np.sqrt(self.sigma2) * n2)
        moved = loss.online(p, z1, z2) * z1
        if loss.target is not None:
            moved = moved + loss.target(p, z1, z2) * z2
        return (2 * moved.mean(axis=0),)

    def derived(self, *state: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return the eigenvalues of the predictor, c^power."""
        return {"predictor_eigenvalue": np.maximum(state[0], 0.0) ** self.power}
