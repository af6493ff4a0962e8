"""The directions in which features vary, at each snapshot, and what that is called."""

import functools

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from analysis.checks.fields import checked
from analysis.linalg.kernels import check_symmetric, eigh, symmetric, trace
from analysis.linalg.labelled import check_matrix, check_run, silent
from analysis.statistics.white_noise import ERROR_RATE, largest_share
from analysis.store.schema import MATRIX, Variable
from analysis.verdicts.verdict import LEVELS, ROUNDING

# More than all others together.
MAJORITY = 0.5
# Of the variance in one direction: features on a line, two points once they are normalised. On 66
# short CIFAR-10 runs kNN accuracy was 10 to 28 % above it, 16 to 44 % below.
LINE = 0.99
# Of fewer rows, one direction would have to have nearly all of the variance to be told from noise.
ROWS = 8

COURSE = {
    "collapse": Variable("collapse, 0 none to 3 complete"),
    "live_directions": Variable("directions that vary", symbol=r"$\#\{c_j > d\,\epsilon s_1\}$"),
    "possible_directions": Variable("directions that could vary", symbol=r"$\min(d, n - 1)$"),
    "first_share": Variable("variance in the first direction", symbol=r"$c_1 / \Sigma c_j$"),
    "variance": Variable("variance of the features", symbol=r"$\Sigma c_j$"),
    "mean_square": Variable("square of the mean feature", symbol=r"$|m|^2$"),
    "mean_share": Variable("share of the mean", symbol=r"$|m|^2 / E|z|^2$"),
    "first_eigenvalue": Variable("largest eigenvalue of $F$", symbol="$s_1$"),
    "first_is_mean": Variable("share of the mean in it", symbol=r"$(u_1^\top m)^2 / s_1$"),
    "feature_std": Variable("largest std in a batch", symbol=r"$\sigma(z/\|z\|)$"),
}


def collapse_course(
    run: xr.Dataset, metrics: xr.Dataset | None = None, *, error_rate: float = ERROR_RATE
) -> xr.Dataset:
    r"""Return what `collapse` judges by, at each snapshot.

    Parameters
    ----------
    run : Dataset (..., row, col)
        As for `collapse`, with any leading dims.
    metrics : Dataset (step), optional
        As for `collapse`.
    error_rate : float
        Of each snapshot.

    Returns
    -------
    Dataset (...)
        In memory: `collapse`, the index into `LEVELS`, NaN where F is not finite or of fewer than
        eight rows; `live_directions`, `possible_directions`, `first_share` in (0, 1], which noise
        has above `largest_share` at the error rate; `variance`; `mean_square`, `mean_share` in
        [0, 1] (null 1/n); `first_eigenvalue` of F, and `first_is_mean` in [0, 1], NaN where `mean`
        is not stored as the two before; and `feature_std`, the largest since the snapshot before.

    Raises
    ------
    ValueError
        As for `collapse`.
    """
    check_run(run, "correlation")
    error_rate = checked("error_rate", error_rate, float)
    F = run["correlation"]
    check_matrix(F)
    rows = F.isel(row=0, col=0, drop=True)
    spread = xr.full_like(rows, np.nan, dtype=float)
    if metrics is not None and "feature_std" in metrics and "step" in rows.dims:
        spread = _largest_since(metrics["feature_std"], run["step"])
    n = run["samples"] if "samples" in run else xr.full_like(rows, np.inf, dtype=float)
    mean = run["mean"] if "mean" in run else xr.full_like(F.isel(col=0), np.nan, dtype=float)
    views = 2 if "cross_correlation" in run else 1
    chunks = dict.fromkeys(MATRIX, -1)
    outputs = xr.apply_ufunc(
        silent(functools.partial(_course, views=views, error_rate=error_rate)),
        F.chunk(chunks) if F.chunks else F,
        mean.chunk(row=-1) if mean.chunks else mean,
        n.astype(float),
        spread,
        input_core_dims=[MATRIX, ["row"], [], []],
        output_core_dims=[[]] * len(COURSE),
        dask="parallelized",
        output_dtypes=[float] * len(COURSE),
        keep_attrs="drop",
    )
    course = xr.Dataset(dict(zip(COURSE, outputs, strict=True)), attrs=run.attrs)
    for name, label in COURSE.items():
        course[name].attrs = dict(label.attrs)
    course["collapse"].attrs["error_rate"] = error_rate
    with threadpool_limits(1, "blas"):  # as in `summarise`
        course = course.compute()
    if "step" in course.dims:
        first = course["variance"].notnull().argmax("step")
        shrunk = course["variance"] <= ROUNDING * course["variance"].isel(step=first, drop=True)
        kind = course["collapse"]
        complete = float(LEVELS.index("complete"))
        course["collapse"] = kind.where(~shrunk | kind.isnull(), complete).assign_attrs(kind.attrs)
    return course


def _largest_since(values: xr.DataArray, step: xr.DataArray) -> xr.DataArray:
    # Of the steps after one snapshot, up to the next: a batch or two may fall out.
    inside = values.sel(step=slice(None, step[-1]))
    if not inside.sizes["step"]:  # a live run's metrics may come after its snapshots
        return xr.full_like(step.drop_vars(step.coords), np.nan, dtype=float)
    following = step.values[np.searchsorted(step, inside["step"])]
    return inside.assign_coords(step=following).groupby("step").max().reindex(step=step)


def _noise(d: int, rows: np.ndarray, rate: float) -> np.ndarray:  # (...) -> (...)
    each, place = np.unique(np.maximum(rows, 1.0), return_inverse=True)
    shares = np.array([largest_share(d, float(n), rate) for n in each])
    return shares[place].reshape(rows.shape)


def _course(
    F: np.ndarray,
    mean: np.ndarray,
    n: np.ndarray,
    spread: np.ndarray,
    *,
    views: int,
    error_rate: float,
) -> tuple[np.ndarray, ...]:
    # (..., d, d), (..., d), (...), (...) -> in the order of COURSE
    check_symmetric(F, "correlation")
    d = F.shape[-1]
    centred = np.isfinite(mean).all(axis=-1)
    m = np.where(centred[..., None], mean, 0.0)
    s, U = eigh(symmetric(F))
    c = eigh(symmetric(F) - m[..., :, None] * m[..., None, :])[0]
    s1 = s[..., 0]
    alive = c > d * ROUNDING * s1[..., None]
    live, variance = alive.sum(axis=-1) + 0 * s1, np.where(alive, c, 0.0).sum(axis=-1) + 0 * s1
    first = np.where(live > 0, c[..., 0] / variance, np.nan)
    possible = np.minimum(d, n - centred)
    noise = _noise(d, n / views - centred, error_rate)
    level = np.select(
        [
            (live == 0) | (spread**2 <= ROUNDING) | (first > np.maximum(LINE, noise)),
            live <= MAJORITY * possible,
            first > np.maximum(MAJORITY, noise),
        ],
        [3.0, 2.0, 1.0],
        0.0,
    )
    level = np.where(np.isfinite(s1) & (n >= ROWS), level, np.nan)
    square = np.where(centred, np.square(m).sum(axis=-1), np.nan)
    inside = np.square(np.einsum("...i,...i->...", U[..., 0], m)) / s1
    measured = {
        "collapse": level,
        "live_directions": live,
        "possible_directions": possible,
        "first_share": first,
        "variance": variance,
        "mean_square": square,
        "mean_share": square / trace(F),
        "first_eigenvalue": s1,
        "first_is_mean": np.where(centred, inside, np.nan),
        "feature_std": spread,
    }
    return tuple(measured[name] for name in COURSE)
