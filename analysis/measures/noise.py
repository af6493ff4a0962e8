"""F is an estimate: what n rows of noise alone would show, and how sharp its eigenvalues are."""

import numpy as np
import xarray as xr

from analysis.checks.fields import checked, shown
from analysis.linalg.labelled import check_real
from analysis.statistics.white_noise import ERROR_RATE, largest_shares


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
        The lower one is 0 for n <= d, of which d - n eigenvalues are exactly 0. They hold for d and
        n large: at any size some noise lies beyond, up to 10 % of its spectra. What decides goes
        by `largest_noise_eigenvalue` and `largest_share`, at a stated rate.

    Raises
    ------
    ValueError
        d or n is below 1, or the variance negative.

    References
    ----------
    Marchenko, Pastur (1967), Math. USSR Sb. 1, 457.
    """
    d, n = checked("d", d, int), checked("n", n, float)
    variance = checked("variance", variance, float)
    if d < 1 or n < 1 or variance < 0:
        raise ValueError(f"d = {d}, n = {n}, variance = {variance}; at least 1, 1 and 0 wanted")
    root = np.sqrt(d / n)
    return variance * max(0.0, 1 - root) ** 2, variance * (1 + root) ** 2


def modes_above_noise(
    values: xr.DataArray,
    samples: xr.DataArray | float,
    *,
    error_rate: float = ERROR_RATE,
    centred: bool = True,
) -> xr.DataArray:
    r"""Count the eigenvalues above what noise like the rest of them could reach.

    From the largest on, an eigenvalue is above noise if its share of itself and all smaller ones
    is more than white noise of any variance would show in so many dimensions and rows:

    .. math:: s_k / \textstyle\sum_{j \ge k} s_j > u(d - k + 1, n - k + 1)

    with u of `largest_share`. The first that is not ends the count.

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a correlation. What is below the rounding of the stored data,
        ``attrs["resolution"]`` times the largest, counts as 0.
    samples : DataArray (...) or float
        Independent rows behind each: of views or of an EMA, `effective_samples`.
    error_rate : float
        How often a spectrum has a mode too many, from 1e-9 to 0.2.
    centred : bool
        The mean of the rows was removed, which costs one of them.

    Returns
    -------
    DataArray (...)
        From 0 to d - 1, NaN for a spectrum that is not finite. Null level: 0, but for `error_rate`
        of spectra of Gaussian noise (`notebooks/results/error_rates`, where (512, 4096) has 24). A
        mode of variance 1 + 2 sqrt(d/n) in noise of variance 1, twice as far as any can be seen, is
        found in 62 % at (32, 256), one of 1 + 3 sqrt(d/n) in 98 %. Modes of one size hide each
        other where they are most: a conservative count then.

    Raises
    ------
    ValueError
        `values` has no dim mode, there are no more rows than dimensions, or the rate is out of its
        range.

    References
    ----------
    Kritchman, Nadler (2009), IEEE Trans. Signal Process. 57, 3930, here with the exact law of the
    share.
    """
    above = _above(values, samples, error_rate, centred, "modes_above_noise")[1]
    label = {"long_name": "modes above the noise", "error_rate": error_rate}
    return above.rename("modes_above_noise").assign_attrs(label)


def noise_level(
    values: xr.DataArray,
    samples: xr.DataArray | float,
    *,
    error_rate: float = ERROR_RATE,
    centred: bool = True,
) -> xr.DataArray:
    """Return what noise like the modes that are not above it reaches at that rate.

    Parameters, raises: as `modes_above_noise`.

    Returns
    -------
    DataArray (...)
        In the units of `values`; the modes above it are those of `modes_above_noise`. Of noise of
        variance 1 at (d, n) = (128, 1001): 1.88 at 1 %, 1.91 at .1 %; the edge of Marchenko and
        Pastur is 1.84. NaN for a spectrum that is not finite.
    """
    level = _above(values, samples, error_rate, centred, "noise_level")[0]
    label = {"long_name": "upper edge of noise", "error_rate": error_rate}
    return level.rename("noise_level").assign_attrs(label)


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
    check_real(values, "a spectrum", ("mode",))
    n = _rows(samples)
    if not bool((n >= 2).all()):
        raise ValueError(f"{int(n.min())} rows; 2 or more wanted")
    error = values * np.sqrt(2 / n)
    error.attrs = {key: values.attrs[key] for key in ("basis", "numbered") if key in values.attrs}
    return error.rename("eigenvalue_error").assign_attrs(long_name="standard error")


def _above(
    values: xr.DataArray,
    samples: xr.DataArray | float,
    error_rate: float,
    centred: bool,
    caller: str,
) -> tuple[xr.DataArray, xr.DataArray]:
    check_real(values, "a spectrum", ("mode",))
    if "mode" not in values.dims:
        raise ValueError(f"{caller} takes eigenvalues, dim 'mode'; got dims {values.dims}")
    d, n = values.sizes["mode"], _rows(samples)
    error_rate = checked("error_rate", error_rate, float)
    if not bool((n >= d + 1).all()):
        raise ValueError(f"{float(n.min()):g} rows for {d} dimensions; more rows wanted")
    resolution = float(values.attrs.get("resolution", 0.0))
    return xr.apply_ufunc(
        lambda s, rows: _levels(s, rows - centred, error_rate, resolution),
        values,
        n.astype(float),
        input_core_dims=[["mode"], []],
        output_core_dims=[[], []],
        dask="parallelized",
        dask_gufunc_kwargs={"allow_rechunk": True},
        output_dtypes=[float, float],
        keep_attrs="drop",
    )


def _rows(samples: xr.DataArray | float) -> xr.DataArray:
    n = samples if isinstance(samples, xr.DataArray) else xr.DataArray(samples)
    if n.dtype.kind not in "fiu":
        raise ValueError(f"samples is {shown(samples)}; a number of rows wanted")
    return n


def _levels(
    s: np.ndarray, n: np.ndarray, rate: float, resolution: float
) -> tuple[np.ndarray, np.ndarray]:  # (..., d), (...) -> (...), (...)
    s = -np.sort(-s, axis=-1)
    finite = np.isfinite(s).all(axis=-1)
    s = np.where(finite[..., None], s, 0.0)
    s = np.where(s > resolution * s[..., :1], s, 0.0)
    n = np.broadcast_to(n, finite.shape)
    rest = np.cumsum(s[..., ::-1], axis=-1)[..., ::-1]
    level, above = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    for rows in np.unique(n):
        going = (n == rows) & finite
        for k, share in enumerate(largest_shares(s.shape[-1], float(rows), rate)):
            ends = going & (s[..., k] <= share * rest[..., k])
            level[ends], above[ends] = (share * rest[..., k])[ends], k
            going &= ~ends
            if not going.any():
                break
    return level, above
