"""F is an estimate: what n rows of noise alone would show, and error bars from resampling."""

import numpy as np
import xarray as xr

from analysis.symmetry import mode_numbers


def noise_edges(d: int, n: float, variance: float = 1.0) -> tuple[float, float]:
    r"""Edges between which eigenvalues of white noise lie, :math:`v (1 \mp \sqrt{d/n})^2`.

    Parameters
    ----------
    d : int
        Dimensions.
    n : float
        Independent rows; of an EMA estimate, `effective_samples`.
    variance : float
        v, of each entry.

    Returns
    -------
    (float, float)
        The lower one is 0 for n <= d, of which d - n eigenvalues are exactly 0.

    Raises
    ------
    ValueError
        d or n is below 1, or the variance negative.

    References
    ----------
    Marchenko, Pastur (1967), Math. USSR Sb. 1, 457.
    """
    if d < 1 or n < 1 or variance < 0:
        raise ValueError(f"d = {d}, n = {n}, variance = {variance}; at least 1, 1 and 0 wanted")
    root = np.sqrt(d / n)
    return variance * max(0.0, 1 - root) ** 2, variance * (1 + root) ** 2


def modes_above_noise(values: xr.DataArray, samples: xr.DataArray | float) -> xr.DataArray:
    """Count the eigenvalues above what noise of the size of their median could reach.

    The noise's variance is the median eigenvalue over the median of the law of Marchenko and
    Pastur: right where less than half of the modes carry signal.

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a centred correlation.
    samples : DataArray (...) or float
        Independent rows behind each.

    Returns
    -------
    DataArray (...)
        From 0 to d. Null level: 0 to 1 for white noise. A conservative count where most modes
        carry signal: their median then counts as noise.

    Raises
    ------
    ValueError
        `values` has no dim mode, or there are no more rows than dimensions.
    """
    if "mode" not in values.dims:
        raise ValueError(f"modes_above_noise takes eigenvalues, dim 'mode'; got {values.dims}")
    d = values.sizes["mode"]
    n = xr.DataArray(samples) if not isinstance(samples, xr.DataArray) else samples
    if not bool((n > d).all()):
        raise ValueError(f"{int(n.min())} rows for {d} dimensions; more rows wanted")
    variance = values.median("mode") / xr.apply_ufunc(_median, d / n, vectorize=True)
    upper = variance * (1 + np.sqrt(d / n)) ** 2
    # The largest of noise fluctuates about the edge by n^(-2/3): Tracy and Widom.
    upper = upper * (1 + 2 * n ** (-2 / 3.0))
    count = (values > upper).sum("mode")
    return count.rename("modes_above_noise").assign_attrs(long_name="modes above the noise")


def effective_samples(n: float, rho: float) -> float:
    r"""Independent rows behind an EMA of batch correlations, :math:`n (1 + \rho)/(1 - \rho)`.

    Parameters
    ----------
    n : float
        Rows of a batch. Two views of an image are not independent: count images to be careful.
    rho : float
        Weight of the old estimate.

    Raises
    ------
    ValueError
        rho is not in [0, 1), or n not above 0.
    """
    if not 0 <= rho < 1 or not n > 0:
        raise ValueError(f"n = {n} and rho = {rho}; n above 0 and rho in [0, 1) wanted")
    return n * (1 + rho) / (1 - rho)


def bootstrap_eigenvalues(
    features: np.ndarray, *, resamples: int = 200, confidence: float = 0.95, seed: int = 0
) -> xr.Dataset:
    """Eigenvalues of E[z zᵀ] with percentile intervals, by drawing images again.

    Parameters
    ----------
    features : array (n, d)
        A row an image; of several views of an image, average their outer products beforehand.
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
        Features are no matrix of finite numbers; or resamples or confidence are out of range.
    """
    Z = np.asarray(features, dtype=float)
    if Z.ndim != 2 or not np.isfinite(Z).all() or not len(Z):
        raise ValueError(f"features have shape {Z.shape}; finite numbers (images, d) wanted")
    if resamples < 2 or not 0 < confidence < 1:
        raise ValueError(f"resamples {resamples}, confidence {confidence}; 2 or more, in (0, 1)")
    rng = np.random.default_rng(seed)
    n = len(Z)
    drawn = np.empty((resamples, Z.shape[1]))
    for i in range(resamples):  # weights instead of copies of the rows
        weight = rng.multinomial(n, np.full(n, 1 / n))
        drawn[i] = np.linalg.eigvalsh((Z * weight[:, None]).T @ Z / n)[::-1]
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    values = np.linalg.eigvalsh(Z.T @ Z / n)[::-1]
    named = {"eigenvalue": values, "low": low, "high": high}
    return xr.Dataset(
        {name: ("mode", v) for name, v in named.items()},
        {"mode": mode_numbers(Z.shape[1])},
        {"resamples": resamples, "confidence": confidence},
    )


def _median(ratio: float) -> float:
    # Of the law of Marchenko and Pastur with variance 1 and d/n = ratio < 1, by quadrature.
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    angle = (np.arange(2000) + 0.5) / 2000 * np.pi
    x = (low + high) / 2 - (high - low) / 2 * np.cos(angle)
    mass = np.cumsum(np.sin(angle) ** 2 / x)
    return float(np.interp(0.5, mass / mass[-1], x))
