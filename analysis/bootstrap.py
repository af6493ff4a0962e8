"""Error bars without a formula: images are drawn again and again, and measured anew."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy.optimize import linear_sum_assignment

from analysis.alignment import ALIGNMENT, cosines
from analysis.labelled import mode_numbers
from analysis.ranks import real

BASIS = {"basis": "same-view correlation of the features"}
LABELS = {
    "eigenvalue": {"long_name": f"eigenvalue of the {BASIS['basis']}"},
    "alignment": ALIGNMENT["alignment"].attrs,
}


def bootstrap_eigenvalues(
    features: np.ndarray, *, resamples: int = 200, confidence: float = 0.95, seed: int = 0
) -> xr.Dataset:
    """Eigenvalues of E[z zᵀ] with percentile intervals, by drawing images again.

    Parameters
    ----------
    features : array (n, d) or (n, q, d)
        Of n images, in q views; the views of an image are drawn together.
    resamples : int
        How often.
    confidence : float
        Of the interval.
    seed : int

    Returns
    -------
    Dataset (mode)
        `eigenvalue`, `low`, `high`. The largest of a sample are biased upwards and the smallest
        downwards, and resampling adds the same once more: intervals say how sharp, not how true.

    Raises
    ------
    ValueError
        Features are not finite numbers of that shape; or resamples or confidence are out of range.
    """
    Z = _checked(features, resamples, confidence)
    drawn = [np.linalg.eigvalsh(F)[::-1] for F in _correlations(Z, resamples, seed)]
    values = np.linalg.eigvalsh(_correlation(Z, np.ones(len(Z))))[::-1]
    return _intervals("eigenvalue", values, np.array(drawn), confidence)


def bootstrap_alignment(
    predictor: np.ndarray,
    features: np.ndarray,
    *,
    resamples: int = 200,
    confidence: float = 0.95,
    seed: int = 0,
) -> xr.Dataset:
    r"""Alignment of each mode with percentile intervals, by drawing images again.

    An eigenvector of a resampled F belongs to the mode that it overlaps with most, one to one:
    modes that swap places do not look unsure for that.

    Parameters
    ----------
    predictor : array (d, d)
        W_p, which is known exactly.
    features, resamples, confidence, seed
        As for `bootstrap_eigenvalues`.

    Returns
    -------
    Dataset (mode)
        `alignment` of all images, `low`, `high`; and `overlap`, the median of the squared cosine
        between an eigenvector and its resampled one: far below 1, the mode itself is not resolved.
        Near 1, the largest that it can be, alignment is biased downwards by resampling.

    Raises
    ------
    ValueError
        As for `bootstrap_eigenvalues`; or the predictor does not fit the features.
    """
    Z, W = _checked(features, resamples, confidence), real(predictor, "entries of the predictor")
    if W.shape != (Z.shape[-1],) * 2 or not np.isfinite(W).all():
        raise ValueError(f"predictor has shape {W.shape}, features {Z.shape}; they must fit")
    U = np.linalg.eigh(_correlation(Z, np.ones(len(Z))))[1][:, ::-1]
    drawn, overlaps = [], []
    for F in _correlations(Z, resamples, seed):
        V = np.linalg.eigh(F)[1]
        squares = (U.T @ V) ** 2
        mine = linear_sum_assignment(squares, maximize=True)[1]
        drawn.append(cosines(W, V[:, mine]))
        overlaps.append(squares[np.arange(len(U)), mine])
    out = _intervals("alignment", cosines(W, U), np.array(drawn), confidence)
    return out.assign(overlap=("mode", np.median(overlaps, axis=0), BASIS))


def _checked(features: np.ndarray, resamples: int, confidence: float) -> np.ndarray:
    Z = real(features)
    if Z.ndim not in (2, 3) or not np.isfinite(Z).all() or not len(Z):
        raise ValueError(
            f"features have shape {Z.shape}; finite numbers (images, [views,] d) wanted"
        )
    if resamples < 2 or not 0 < confidence < 1:
        raise ValueError(f"resamples {resamples}, confidence {confidence}; 2 or more, in (0, 1)")
    return Z[:, None] if Z.ndim == 2 else Z


def _correlation(Z: np.ndarray, weight: np.ndarray) -> np.ndarray:  # (n, q, d), (n,) -> (d, d)
    rows = Z.reshape(-1, Z.shape[-1])
    weights = np.repeat(weight, Z.shape[1])
    return np.asarray((rows * weights[:, None]).T @ rows / len(rows))


def _correlations(Z: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    n = len(Z)
    for _ in range(resamples):  # weights instead of copies of the rows
        yield _correlation(Z, rng.multinomial(n, np.full(n, 1 / n)))


def _intervals(name: str, values: np.ndarray, drawn: np.ndarray, confidence: float) -> xr.Dataset:
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail], axis=0)
    named = {name: values, "low": low, "high": high}
    return xr.Dataset(
        {key: ("mode", v, BASIS | LABELS.get(key, {})) for key, v in named.items()},
        {"mode": mode_numbers(drawn.shape[1])},
        {"resamples": len(drawn), "confidence": confidence},
    )
