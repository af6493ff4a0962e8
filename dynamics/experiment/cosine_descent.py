"""The cosine flow at steps that are not small: momentum, their length, and their noise."""

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from analysis.checks.fields import checked, shown
from analysis.checks.numbers import check_count, check_numbers, check_rising
from analysis.store.schema import COORDINATES
from dynamics.experiment.flow_parameters import FlowParameters
from dynamics.experiment.gradient_noise import GradientNoise
from dynamics.flows.base import VARIABLES
from dynamics.flows.data import check_data, correlations


def mean_gradient(
    W: np.ndarray, Wp: np.ndarray, Wa: np.ndarray, X: np.ndarray, same: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return :math:`E = \operatorname{E}[e x^\top]` (row, feature) and the covariance of e.

    .. math:: E = (W_a X - \mu W_p W X_s) / N, \quad
        \mu = \frac{\operatorname{tr} W_p^\top W_a X W^\top}{\|q\|^2}, \quad N = \|q\| \|t\|

    with e minus the gradient of J at the prediction q, t the target, :math:`\|\cdot\|^2` their mean
    squares and :math:`X_s = X + X'`: `CosineFlow` for matrices that need not share eigenvectors.
    The gradients are :math:`-E W^\top` of W_p and :math:`-W_p^\top E` of W. The covariance has
    trace 1.
    """
    q, across = Wp @ W, Wa @ X @ (Wp @ W).T  # E[t qᵀ]
    of_q, of_t = q @ same @ q.T, Wa @ same @ Wa.T
    prediction, target = np.trace(of_q), np.trace(of_t)
    N, inner = np.sqrt(prediction * target), np.trace(across)
    cosine = inner / N
    spread = of_t / target - cosine * (across + across.T) / N + cosine**2 * of_q / prediction
    return (Wa @ X - inner / prediction * q @ same) / N, spread / np.trace(spread)


def cosine_descent(
    start: tuple[np.ndarray, np.ndarray],
    data: tuple[np.ndarray, np.ndarray],
    parameters: FlowParameters,
    steps: int,
    *,
    momentum: float = 0.0,
    noise: GradientNoise | None = None,
    at: ArrayLike | None = None,
    seed: int = 0,
) -> xr.Dataset:
    r"""Descend the mean field of the cosine loss by SGD with momentum, with noise of known size.

    .. math:: v' = \mu v + g + \xi + \eta W, \quad W' = W - (1 - \mu)\, dt\, v'

    and so W_p, at alpha_p times the rate. g is the gradient of J of a linear network on Gaussian
    pairs with norms at their means (`mean_gradient`), xi Gaussian:
    :math:`\Xi W^\top` for W_p and :math:`W_p^\top \Xi` for W, of one
    :math:`\Xi = \Sigma_e^{1/2} Z X_s^{1/2}` orthogonal to W_p W, as gradients of a cosine are. Its
    size is `noise`, that of a run by `GradientNoise.from_run`.

    As dt goes to 0, without noise, this is the flow: `CosineFlow`, where modes are aligned. At the
    steps that trainers take it is not. A gradient that lasts over the 1/(1 - mu) steps of the
    momentum lengthens W_p and W at the start; noise does later, pulls up modes that the flow leaves
    dead, and holds both norms where decay takes as much away (`GradientNoise.rest_norm`): time then
    runs slower, N being larger.

    Parameters
    ----------
    start : (W, W_p), array (row, feature) and (row, row)
        Of a run whose W is not known, on isotropic data: W = F^(1/2), X = I.
    data : (X, X'), array (feature, feature)
        As of `LinearFlow`.
    parameters : FlowParameters
        With its EMA, if any; the target begins as a copy.
    steps : int
    momentum : float
        mu, in [0, 1).
    noise : GradientNoise, optional
        None by default.
    at : array of int, optional
        The steps that are returned, rising, in 0 to `steps`; all by default.
    seed : int

    Returns
    -------
    Dataset (step, ...)
        `encoder`, `predictor` and the correlations that a run stores, with the coordinate `time`:
        `compare` takes it as its theory.

    Raises
    ------
    ValueError
        Shapes do not fit each other, or a number is out of range.
    FloatingPointError
        Prediction or target has come to 0, or something left the numbers.

    References
    ----------
    Derived; the growth of norms: Arora, Li, Lyu (2019), arXiv:1812.03981.

    Examples
    --------
    One step of gradient flow 1/4 without momentum, from W = I and W_p = diag(1, 1/2) without noise
    of views: :math:`\mu = 1.5/1.25`, N = sqrt(2.5), and W_p moves as in the example of
    `CosineFlow`.

    >>> step = FlowParameters(dt=0.25, alpha_p=1.0, eta=0.0, eta_p=0.0)
    >>> data = np.eye(2), np.zeros((2, 2))
    >>> run = cosine_descent((np.eye(2), np.diag([1.0, 0.5])), data, step, 1)
    >>> moved = run["predictor"].diff("step").squeeze() / 0.25
    >>> print(np.diag(moved).round(4))
    [-0.1265  0.253 ]
    """
    W, Wp, X, Xp = _checked(start, data)
    checked("parameters", parameters, FlowParameters)
    noise = checked("noise", noise, GradientNoise | None) or GradientNoise()
    check_count("steps", steps)
    returned = _shown(at, steps)
    settings = parameters.to_optimiser(momentum=momentum)
    lr, own = settings["lr"], settings["predictor_lr"]
    decay, own_decay = settings["decay"], settings["predictor_decay"]
    kept = settings.get("ema", 0.0)
    rng, same = np.random.default_rng(check_count("seed", seed, least=0)), X + Xp
    root, noisy = _root(same), bool(noise.predictor or noise.encoder)
    Wa, v, vp = W.copy(), np.zeros_like(W), np.zeros_like(Wp)
    wanted = set(returned.tolist())
    seen = [(W, Wp, Wa)] if 0 in wanted else []
    for step in range(1, steps + 1):
        try:
            with np.errstate(divide="raise", invalid="raise", over="raise"):
                error, spread = mean_gradient(W, Wp, Wa, X, same)
                push_p, push = error @ W.T, Wp.T @ error
                if noisy:
                    Z = _root(spread) @ rng.standard_normal(W.shape) @ root
                    xi_p, xi = _sized(Z, noise, W, Wp, X, same, spread)
                    push_p, push = push_p + xi_p, push + xi
                vp, v = momentum * vp - push_p + own_decay * Wp, momentum * v - push + decay * W
                Wp, W = Wp - own * vp, W - lr * v
                Wa = kept * Wa + (1 - kept) * W
        except (FloatingPointError, np.linalg.LinAlgError) as error_there:
            raise FloatingPointError(
                f"step {step} of {steps}: a prediction or a target is 0, where a cosine has no "
                "direction, or weights left the numbers"
            ) from error_there
        if step in wanted:
            seen.append((W, Wp, Wa))
    W, Wp, Wa = (np.stack(series) for series in zip(*seen, strict=True))
    values = {"encoder": W, "predictor": Wp, **correlations(X, Xp, W, Wp, Wa)}
    time = parameters.dt * returned
    coords = {"step": returned, "time": ("step", time, COORDINATES["time"].attrs)}
    return xr.Dataset(
        {
            name: (("step", *VARIABLES[name].dims), value, VARIABLES[name].attrs)
            for name, value in values.items()
        },
        coords,
        {
            "method": "cosine_descent",
            "data": "theory",
            "loss": "cosine",
            "flow": f"{parameters}, {noise}",
        },
    )


def _shown(at: ArrayLike | None, steps: int) -> np.ndarray:
    if at is None:
        return np.arange(steps + 1)
    given = check_rising("at", at)
    if (given != np.round(given)).any() or given[0] < 0 or given[-1] > steps:
        raise ValueError(f"at is {shown(at)}; whole numbers from 0 to {steps} wanted")
    return given.astype(int)


def _checked(
    start: tuple[np.ndarray, np.ndarray], data: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    for name, pair in (("start", start), ("data", data)):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ValueError(f"{name} is {shown(pair)}; a pair of matrices wanted")
    names = ("W", "Wp", "X", "Xp")
    W, Wp, X, Xp = (check_numbers(*one) for one in zip(names, (*start, *data), strict=True))
    check_data(X, Xp)
    if W.ndim != 2 or W.shape[1:] != X.shape[1:] or Wp.shape != (len(W), len(W)):
        raise ValueError(
            f"W has shape {W.shape}, Wp {Wp.shape} and X {X.shape}; (row, feature), (row, row) "
            "and (feature, feature) wanted"
        )
    return W, Wp, X, Xp


def _sized(
    Z: np.ndarray,  # (row, feature)
    noise: GradientNoise,
    W: np.ndarray,
    Wp: np.ndarray,
    X: np.ndarray,
    same: np.ndarray,
    spread: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    # Z has covariance `spread` over rows, `same` over features. Without its radius, by part.
    radial = Wp @ W
    Z = Z - (Z * radial).sum() / (radial**2).sum() * radial
    of_p = (Wp**2).sum() * np.trace(W @ same @ W.T)
    of_w = np.trace(W @ X @ W.T) * np.trace(Wp.T @ spread @ Wp) * np.trace(same)
    return np.sqrt(noise.predictor / of_p) * Z @ W.T, np.sqrt(noise.encoder / of_w) * Wp.T @ Z


def _root(M: np.ndarray) -> np.ndarray:
    values, U = np.linalg.eigh(M)
    return np.asarray((U * np.sqrt(np.maximum(values, 0.0))) @ U.T)
