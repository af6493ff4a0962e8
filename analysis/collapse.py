r"""The verdict: has a run collapsed, how far, since when, and by what evidence.

Judged are the directions in which features differ between images: the eigenvalues c_j of the
covariance :math:`C = F - m m^\top`, m the mean feature. A feature that grows along its own mean
raises the largest eigenvalue of F and yet tells images apart as before: a separate finding.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from analysis.kernels import check_symmetric, eigh, symmetric, trace
from analysis.labelled import check_matrix, silent
from analysis.schema import MATRIX, Variable

KINDS = ("none", "partial", "dimensional", "complete")  # rising

# A direction is dead where its variance is d times this or less, relative to the largest: the rule
# of numerical rank, at the precision that features are computed in. A run stored in float64 is
# judged by the same.
ROUNDING = float(np.finfo("f4").eps)
# More than all others together.
MAJORITY = 0.5
# Of the variance in one direction: features on a line, two points once they are normalised. On 66
# short CIFAR-10 runs kNN accuracy was 10 to 28 % above it, 16 to 44 % below.
LINE = 0.99
# Of fewer rows, white noise itself has the look of a collapse more often than once in twenty.
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


@dataclass(frozen=True)
class Verdict:
    """What `collapse` finds."""

    kind: str
    """At the last finite snapshot: ``none``, ``partial``, ``dimensional`` or ``complete``."""
    onset: int | None
    """The first step from which it was at least that, to the end; None where there is none."""
    mean_growth: bool | None
    """The mean feature grew and outweighs all variance. None where `mean` is not stored."""
    evidence: Mapping[str, float] = field(hash=False)
    """The numbers it rests on: those of `collapse_course` at that snapshot, and by which factors
    `variance`, the square of the `mean` and the `first` eigenvalue of F grew since the first."""

    def __str__(self) -> str:
        since = "" if self.onset is None else f" since step {self.onset}"
        return f"{self.name}{since}: {self.grounds}"

    @property
    def name(self) -> str:
        """The kind, in words."""
        return f"{'no' if self.kind == KINDS[0] else self.kind} collapse"

    @property
    def grounds(self) -> str:
        """The evidence that decided, in words."""
        e = self.evidence
        live = f"{e['live_directions']:.0f} of {e['possible_directions']:.0f} directions vary"
        parts = [live]
        if e["live_directions"]:
            parts.append(f"the first has {100 * e['first_share']:.4g} % of the variance")
        if e["variance_growth"] <= ROUNDING:
            parts.append(f"the variance fell to {e['variance_growth']:.2g} of that at first")
        if e["feature_std"] ** 2 <= ROUNDING:
            parts.append("within a batch all images are the same")
        if self.mean_growth:
            share, growth = 100 * e["mean_share"], e["mean_growth"]
            parts.append(f"the mean grew {growth:.3g}-fold and has {share:.3g} % of E|z|^2")
        return ", ".join(parts)


def collapse(run: xr.Dataset, metrics: xr.Dataset | None = None) -> Verdict:
    r"""Judge a run: the first kind of these that holds.

    =============== ===============================================================================
    ``complete``    no direction varies; or one has more than 99 % of the variance; or, since the
                    first snapshot, the variance fell below rounding, to :math:`\epsilon` of it
    ``dimensional`` of the directions that could vary, half or more do not
    ``partial``     one direction has more variance than all others together
    ``none``        otherwise
    =============== ===============================================================================

    A direction varies if its variance is above rounding,
    :math:`c_j > d\, \epsilon\, s_1` with the unit of float32. Of n rows, n - 1 directions can vary.

    Parameters
    ----------
    run : Dataset (step, row, col)
        With `correlation`. Without `mean`, F itself is judged, mean direction included, and whether
        that grew cannot be told; without `samples`, the number of rows counts as large.
    metrics : Dataset (step), optional
        The group of that name. Its `feature_std` tells variance between images from the drift of
        features that are constant within a batch: from the moments of many batches, it cannot be.

    Returns
    -------
    Verdict
        Frozen; as a string, one line. Invariant to rotation and scale of the features. Null level:
        white noise is ``none``, of 8 rows or more. Snapshots that cannot be judged are left out.

    Raises
    ------
    ValueError
        `run` has no `correlation`, dims beside ``step, row, col``, or no snapshot that can be
        judged; or its correlation is not symmetric.
    """
    course = collapse_course(run, metrics)
    if course["collapse"].dims != ("step",):
        dims = course["collapse"].dims
        raise ValueError(f"collapse judges one run along 'step'; got dims {dims}: select one")
    course = course.isel(step=np.flatnonzero(np.isfinite(course["collapse"])))
    if not course.sizes["step"]:
        raise ValueError(f"no snapshot can be judged: none is finite and of {ROWS} rows or more")
    start, end = course.isel(step=0), course.isel(step=-1)
    level = int(end["collapse"])
    evidence = {str(k): float(v) for k, v in end.data_vars.items() if k != "collapse"}
    grown = {"variance": "variance", "mean": "mean_square", "first": "first_eigenvalue"}
    for name, what in grown.items():
        before, after = float(start[what]), float(end[what])
        evidence[f"{name}_growth"] = after / before if before else float("inf" if after else "nan")
    lower = np.flatnonzero(course["collapse"].values < level)
    onset = int(course["step"][lower[-1] + 1 if lower.size else 0]) if level else None
    grew = evidence["mean_share"] > MAJORITY and evidence["mean_growth"] > 1
    known = np.isfinite(evidence["mean_share"])
    return Verdict(KINDS[level], onset, bool(grew) if known else None, MappingProxyType(evidence))


def collapse_course(run: xr.Dataset, metrics: xr.Dataset | None = None) -> xr.Dataset:
    r"""Return what `collapse` judges by, at each snapshot.

    Parameters
    ----------
    run : Dataset (..., row, col)
        As for `collapse`, with any leading dims.
    metrics : Dataset (step), optional
        As for `collapse`.

    Returns
    -------
    Dataset (...)
        In memory: `collapse`, the index into `KINDS`, NaN where F is not finite or of fewer than
        eight rows; `live_directions`, `possible_directions`, `first_share` in (0, 1], whose null
        level is the edge of Marchenko and Pastur, :math:`(1 + \sqrt{d/n})^2 / d`; `variance`;
        `mean_square`, `mean_share` in [0, 1] (null 1/n); `first_eigenvalue` of F, and
        `first_is_mean` in [0, 1], NaN where `mean` is not stored as the two before; and
        `feature_std`, the largest since the snapshot before.

    Raises
    ------
    ValueError
        As for `collapse`.
    """
    if "correlation" not in run:
        raise ValueError(f"the run lacks 'correlation'; it has {sorted(map(str, run.data_vars))}")
    F = run["correlation"]
    check_matrix(F)
    rows = F.isel(row=0, col=0, drop=True)
    spread = xr.full_like(rows, np.nan, dtype=float)
    if metrics is not None and "feature_std" in metrics and "step" in rows.dims:
        spread = _largest_since(metrics["feature_std"], run["step"])
    n = run["samples"] if "samples" in run else xr.full_like(rows, np.inf, dtype=float)
    mean = run["mean"] if "mean" in run else xr.full_like(F.isel(col=0), np.nan, dtype=float)
    chunks = dict.fromkeys(MATRIX, -1)
    outputs = xr.apply_ufunc(
        silent(_course),
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
        course[name].attrs = label.attrs
    with threadpool_limits(1, "blas"):  # as in `summarise`
        course = course.compute()
    if "step" in course.dims:
        shrunk = course["variance"] <= ROUNDING * course["variance"].isel(step=0, drop=True)
        kind = course["collapse"]
        course["collapse"] = kind.where(~shrunk | kind.isnull(), KINDS.index("complete"))
    return course


def _largest_since(values: xr.DataArray, step: xr.DataArray) -> xr.DataArray:
    # Of the steps after one snapshot, up to the next: a batch or two may fall out.
    inside = values.sel(step=slice(None, step[-1]))
    following = step.values[np.searchsorted(step, inside["step"])]
    return inside.assign_coords(step=following).groupby("step").max().reindex(step=step)


def _course(
    F: np.ndarray, mean: np.ndarray, n: np.ndarray, spread: np.ndarray
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
    live, variance = alive.sum(axis=-1), np.where(alive, c, 0.0).sum(axis=-1)
    first = np.where(live > 0, c[..., 0] / variance, np.nan)
    possible = np.minimum(d, n - centred)
    edge = (1 + np.sqrt(d / n)) ** 2 / d
    level = np.select(
        [
            (live == 0) | (spread**2 <= ROUNDING) | (first > LINE),
            live <= MAJORITY * possible,
            first > np.maximum(MAJORITY, edge),
        ],
        [3.0, 2.0, 1.0],
        0.0,
    )
    level = np.where(np.isfinite(s1) & (n >= ROWS), level, np.nan)
    square = np.where(centred, np.square(m).sum(axis=-1), np.nan)
    inside = np.square(np.einsum("...i,...i->...", U[..., 0], m)) / s1
    measured = {
        "collapse": level,
        "live_directions": live.astype(float),
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
