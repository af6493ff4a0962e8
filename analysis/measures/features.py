"""Measures of features themselves: RankMe, alpha-ReQ, LiDAR, and the usual signs of collapse."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.checks.fields import checked, shown
from analysis.linalg.kernels import off_diagonal, scaled

RANKME_EPS = 1e-7  # the published one
LIDAR_DELTA = 1e-4
# Of the squared deviations in alpha-ReQ's fit, by rank.
WEIGHTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "inverse_rank": lambda rank: 1 / rank,
    "equal": np.ones_like,
}


@dataclass(frozen=True)
class SpectrumSlope:
    """What `alpha_req` fits."""

    alpha: float
    """The eigenvalues fall as rank^(-alpha)."""
    r2: float
    """Share of the weighted variance of the logarithms that it explains."""
    modes: tuple[int, int]
    """First and last mode of the fit."""
    weights: str
    """Of the modes in it."""


def rankme(features: np.ndarray) -> float:
    r"""RankMe: the exponential of the entropy of the *singular values* of the features.

    .. math:: \exp(-\textstyle\sum_k p_k \log p_k), \quad p_k = \sigma_k / \lVert\sigma\rVert_1
        + 10^{-7}

    Parameters
    ----------
    features : array (n, d)
        Uncentred, a row an image, n >= d; 25,600 rows in the paper.

    Returns
    -------
    float
        From 1 to min(n, d), up to the 1e-7. Larger than `entropy_rank`, which is of the squares:
        compare neither with the other. Invariant to rotation and scale. NaN for zeros.

    Raises
    ------
    ValueError
        Features are no matrix of finite numbers.

    References
    ----------
    Garrido et al. (2023), arXiv:2210.02885, Eq. 1.
    """
    sigma = np.linalg.svd(_checked(features), compute_uv=False)
    if not sigma.sum() > 0:
        return float("nan")
    share = sigma / sigma.sum() + RANKME_EPS
    return float(np.exp(-(share * np.log(share)).sum()))


def alpha_req(
    features: np.ndarray,
    *,
    modes: tuple[int, int] | None = None,
    weights: str = "inverse_rank",
) -> SpectrumSlope:
    r"""alpha-ReQ: the slope of log eigenvalue on log rank, of the centred covariance.

    .. math:: \min_{\alpha, b} \textstyle\sum_j w_j (\log\lambda_j + \alpha \log j - b)^2

    Parameters
    ----------
    features : array (n, d)
        Published for those of the encoder, of which good ones have alpha near 1.
    modes : (int, int), optional
        First and last mode of the fit; by default all with a variance above float32 rounding.
    weights : {"inverse_rank", "equal"}
        :math:`w_j`: 1/j, as the published code has it, and the power-law code of neuroscience that
        it took over: every octave of ranks counts the same; or 1, plain least squares, in which the
        upper half of the ranks is half of the fit.

    Returns
    -------
    SpectrumSlope
        alpha is 0 for an isotropic spectrum; invariant to rotation and scale. Null level, n rows of
        white noise: above 0, as noise spreads the spectrum, and another for each weighting; at
        n = 1000, d = 64, .15 by ``inverse_rank`` and .26 by ``equal``.

    Raises
    ------
    ValueError
        Features are no matrix of finite numbers, fewer than three modes are in the fit, or the
        weights are not of the two.

    References
    ----------
    Agrawal et al. (2022), alpha-ReQ (NeurIPS); Stringer et al. (2019), Nature 571, 361, whose
    ``get_powerlaw`` has the weights.
    """
    if not isinstance(weights, str) or weights not in WEIGHTS:
        raise ValueError(f"weights are {weights!r}; wanted one of {sorted(WEIGHTS)}")
    Z = _checked(features)
    values = np.linalg.eigvalsh(np.cov(Z, rowvar=False, bias=True).reshape(2 * Z.shape[1:]))[::-1]
    alive = int((values > len(values) * np.finfo("f4").eps * values[0]).sum())
    first, last = checked("modes", modes, tuple[int, int] | None) or (1, alive)
    if not 1 <= first < last - 1 or last > alive:
        raise ValueError(
            f"modes are {first} to {last}, {alive} have variance; three or more wanted"
        )
    rank = np.arange(first, last + 1.0)
    x, y, w = np.log(rank), np.log(values[first - 1 : last]), WEIGHTS[weights](rank)
    x, y = x - np.average(x, weights=w), y - np.average(y, weights=w)
    xx, xy, yy = (float(np.average(product, weights=w)) for product in (x * x, x * y, y * y))
    r2 = xy**2 / (xx * yy) if yy else float("nan")
    return SpectrumSlope(-xy / xx, r2, (first, last), weights)


def lidar(features: np.ndarray, *, delta: float = LIDAR_DELTA) -> float:
    r"""LiDAR: the effective rank of what separates images, in units of what augmentation moves.

    .. math:: S = S_w^{-1/2} S_b S_w^{-1/2}, \quad S_w \leftarrow S_w + \delta I

    and of its eigenvalues the exponential of the entropy, each image a class of its own.

    Parameters
    ----------
    features : array (n, q, d)
        q views of each of n images; about 1000 and 50 in the paper.
    delta : float
        Added to the diagonal of the covariance within images.

    Returns
    -------
    float
        From 1 to min(n - 1, d); NaN where all images are one point.

    Raises
    ------
    ValueError
        Features have another shape, are not finite, or there are fewer than two images or views.

    References
    ----------
    Thilak et al. (2024), arXiv:2312.04000.
    """
    delta = checked("delta", delta, float, {"least": 0})
    Z = real(features)
    if Z.ndim != 3 or min(Z.shape[:2]) < 2 or not np.isfinite(Z).all():
        raise ValueError(f"features have shape {Z.shape}; (images, views, d), 2 of each or more")
    n, q, d = Z.shape
    mean = Z.mean(1)
    inside = (Z - mean[:, None]).reshape(-1, d)
    within = inside.T @ inside / (n * (q - 1)) + delta * np.eye(d)
    between = np.cov(mean, rowvar=False, bias=False).reshape(d, d)
    w, V = np.linalg.eigh(within)
    root = V / np.sqrt(w) @ V.T
    values = np.maximum(np.linalg.eigvalsh(root @ between @ root), 0)
    if not values.sum() > 0:
        return float("nan")
    share = values[values > 0] / values.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def collapse_signs(features: np.ndarray) -> dict[str, float]:
    r"""Return the usual signs of collapse.

    Parameters
    ----------
    features : array (n, d)

    Returns
    -------
    dict of str to float
        ``normalised_std``, the mean over dimensions of the standard deviation of ``z/|z|``: 0 when
        all are one, :math:`1/\sqrt d` when isotropic. ``mean_cosine`` of pairs of images, in
        [-1/(n-1), 1]: 1 when all are one, 0 in expectation when isotropic. ``mean_share``,
        :math:`|E z|^2 / E|z|^2` in [0, 1], null level 1/n. ``off_diagonal``, the share of the
        energy of the correlation matrix of the dimensions that is off its diagonal, in
        [0, 1 - 1/d]; null level about :math:`d/(n + d)`.

    Raises
    ------
    ValueError
        Features are no matrix of finite numbers of two rows or more, or a row is 0.
    """
    Z = _checked(features)
    norm = np.linalg.norm(Z, axis=1, keepdims=True)
    if len(Z) < 2 or not (norm > 0).all():
        raise ValueError(
            f"{len(Z)} rows, {int((norm == 0).sum())} of them 0; 2 or more, none wanted"
        )
    unit = Z / norm
    n = len(Z)
    total = np.square(unit.sum(0)).sum()
    centred = Z - Z.mean(0)
    scale = centred.std(0)
    moves = scale > 10 * _unit(features) * np.abs(Z).max(0)  # and is not rounding of a constant
    moving = centred[:, moves] / scale[moves]
    R = moving.T @ moving / n
    return {
        "normalised_std": float(unit.std(0).mean()),
        "mean_cosine": float((total - n) / (n * (n - 1))),
        "mean_share": float(np.square(Z.mean(0)).sum() / np.square(Z).sum(1).mean()),
        "off_diagonal": float(np.square(off_diagonal(R)).sum() / np.square(R).sum())
        if R.size
        else float("nan"),
    }


def real(values: np.ndarray, name: str = "features") -> np.ndarray:
    """Return `values` as float64; ValueError if they are complex, or no numbers at all."""
    try:
        Z = np.asarray(values)
    except (ValueError, TypeError, RuntimeError):  # ragged, or a tensor that is not for NumPy
        raise ValueError(f"{name} are {shown(values)}; an array of numbers wanted") from None
    if Z.dtype.kind not in "fiu":
        raise ValueError(f"{name} have dtype {Z.dtype}; wanted real numbers, float or integer")
    return Z.astype(float)


def _unit(features: np.ndarray) -> float:
    dtype = np.asarray(features).dtype
    return float(np.finfo(dtype if dtype.kind == "f" else float).eps)


def _checked(features: np.ndarray) -> np.ndarray:
    # By a power of two at size 1: squares neither over- nor underflow.
    Z = real(features)
    if Z.ndim != 2 or not Z.size or not np.isfinite(Z).all():
        raise ValueError(f"features have shape {Z.shape}; finite numbers (images, d) wanted")
    return scaled(Z, 0.0)[0]
