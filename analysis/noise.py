"""F is an estimate: what n rows of noise alone would show, and how sharp its eigenvalues are."""

import numpy as np
import xarray as xr


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
    count = (values > noise_level(values, samples)).sum("mode")
    return count.rename("modes_above_noise").assign_attrs(long_name="modes above the noise")


def noise_level(values: xr.DataArray, samples: xr.DataArray | float) -> xr.DataArray:
    r"""Return what noise of the size of the median eigenvalue could reach at most.

    .. math:: v\,(1 + \sqrt{d/n})^2\, (1 + 2 n^{-2/3})

    with the variance v as in `modes_above_noise`, and the last factor for the fluctuation of the
    largest eigenvalue about the edge.

    Parameters, raises: as `modes_above_noise`.

    Returns
    -------
    DataArray (...)
        In the units of `values`.

    References
    ----------
    Marchenko, Pastur (1967); Tracy, Widom (1996) for the order of the fluctuation.
    """
    if "mode" not in values.dims:
        raise ValueError(f"modes_above_noise takes eigenvalues, dim 'mode'; got {values.dims}")
    d = values.sizes["mode"]
    n = xr.DataArray(samples) if not isinstance(samples, xr.DataArray) else samples
    if not bool((n > d).all()):
        raise ValueError(f"{int(n.min())} rows for {d} dimensions; more rows wanted")
    variance = values.median("mode") / xr.apply_ufunc(_median, d / n, vectorize=True)
    upper = variance * (1 + np.sqrt(d / n)) ** 2 * (1 + 2 * n ** (-2 / 3.0))
    return upper.rename("noise_level").assign_attrs(long_name="upper edge of noise")


def eigenvalue_errors(values: xr.DataArray, samples: xr.DataArray | float) -> xr.DataArray:
    r"""Return standard errors of eigenvalues of a covariance, :math:`\lambda_j \sqrt{2/n}`.

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a centred correlation.
    samples : DataArray (...) or float
        Independent rows behind each.

    Returns
    -------
    DataArray (..., mode)
        Of Gaussian features and eigenvalues far apart, for large n; heavier tails have larger
        errors, and those of `bootstrap_eigenvalues` are then right.

    Raises
    ------
    ValueError
        There are fewer than two rows.

    References
    ----------
    Anderson (1963), Ann. Math. Stat. 34, 122.
    """
    n = xr.DataArray(samples) if not isinstance(samples, xr.DataArray) else samples
    if not bool((n >= 2).all()):
        raise ValueError(f"{int(n.min())} rows; 2 or more wanted")
    error = values * np.sqrt(2 / n)
    return error.rename("eigenvalue_error").assign_attrs(long_name="standard error")


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


def _median(ratio: float) -> float:
    # Of the law of Marchenko and Pastur with variance 1 and d/n = ratio < 1, by quadrature.
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    angle = (np.arange(2000) + 0.5) / 2000 * np.pi
    x = (low + high) / 2 - (high - low) / 2 * np.cos(angle)
    mass = np.cumsum(np.sin(angle) ** 2 / x)
    return float(np.interp(0.5, mass / mass[-1], x))
