r"""The verdict: has a run collapsed, how far, since when, and by what evidence.

Judged are the directions in which features differ between images: the eigenvalues c_j of the
covariance :math:`C = F - m m^\top`, m the mean feature. A feature that grows along its own mean
raises the largest eigenvalue of F and yet tells images apart as before: a separate finding.
"""

from types import MappingProxyType

import numpy as np
import xarray as xr

from analysis.statistics.white_noise import ERROR_RATE
from analysis.verdicts.divergence import diverged_at
from analysis.verdicts.lasting import lasting
from analysis.verdicts.spread import MAJORITY, ROWS, collapse_course
from analysis.verdicts.verdict import LEVELS, NOT_FINITE, Verdict

__all__ = ["LEVELS", "Verdict", "collapse", "collapse_course"]


def collapse(
    run: xr.Dataset, metrics: xr.Dataset | None = None, *, error_rate: float = ERROR_RATE
) -> Verdict:
    r"""Judge a run by the state that lasts to its end: at each snapshot the first that holds.

    =============== ===============================================================================
    ``complete``    no direction varies; or one has more than 99 % of the variance; or, since the
                    first snapshot, the variance fell below rounding, to :math:`\epsilon` of it
    ``dimensional`` of the directions that could vary, half or more do not
    ``partial``     one direction has more variance than all others together
    ``none``        otherwise
    =============== ===============================================================================

    A direction varies if its variance is above rounding,
    :math:`c_j > d\, \epsilon\, s_1` with the unit of float32. Of n rows, n - 1 directions can vary.
    A share counts only above `largest_share`, which noise of as many rows has at the error rate.

    A state lasts from the first of three snapshots in a row that show it, or a worse one, to the
    first of three that do not; in a run of fewer than twelve, a quarter of them decide. Shorter
    stretches are flickers. A run is ``diverged`` where it ends in numbers that are not finite.

    Parameters
    ----------
    run : Dataset (step, row, col)
        With `correlation`. Without `mean`, F itself is judged, mean direction included, and whether
        that grew cannot be told; without `samples`, the number of rows counts as large. With
        `cross_correlation`, rows are two views of each image, and images are counted.
    metrics : Dataset (step), optional
        The group of that name. Its `feature_std` tells variance between images from the drift of
        features that are constant within a batch: from the moments of many batches, it cannot be.
        A `loss` that ends in what is not finite is a run that diverged.
    error_rate : float
        How often white noise of any variance is judged collapsed at a snapshot, from 1e-9 to 0.2.
        Of a run it is as much if all snapshots are alike, and less if they are independent.

    Returns
    -------
    Verdict
        Frozen; as a string, one line. Invariant to rotation and scale of the features. Null level:
        white noise is ``none``, of 8 rows or more, but for the error rate: at 1 %, 0.9 to 1.5 % of
        4000 (standard error 0.16) were collapsed at (d, n) = (2, 8), (2, 100), (3, 8) and (4, 8),
        none of 300 at (32, 64), where one direction has half of the variance far more rarely.
        Snapshots that cannot be judged are left out, and counted.

    Raises
    ------
    ValueError
        `run` has no `correlation`, dims beside ``step, row, col``, or no snapshot that can be
        judged; its correlation is not symmetric; or the rate is out of its range.
    """
    course = collapse_course(run, metrics, error_rate=error_rate)
    if course["collapse"].dims != ("step",):
        dims = course["collapse"].dims
        raise ValueError(f"collapse judges one run along 'step'; got dims {dims}: select one")
    lost = np.isnan(course["first_eigenvalue"].values)
    judged = course.isel(step=np.flatnonzero(np.isfinite(course["collapse"])))
    diverged = diverged_at(run, metrics, lost)
    if not judged.sizes["step"]:
        if diverged is None:
            raise ValueError(
                f"no snapshot can be judged: none is finite and of {ROWS} rows or more"
            )
        judged = course.isel(step=[-1])
    evidence = _evidence(judged) | {"snapshots": float(lost.size), "not_finite": float(lost.sum())}
    state = lasting(np.nan_to_num(judged["collapse"].values).astype(int))
    steps, level, worst = judged["step"].values, int(state[-1]), int(state.max(initial=0))
    kind, onset = LEVELS[level], int(steps[_since(state >= level)]) if level else None
    if diverged is not None:
        kind, onset = NOT_FINITE, diverged
    grew = evidence["mean_share"] > MAJORITY and evidence["mean_growth"] > 1
    return Verdict(
        kind=kind,
        onset=onset,
        mean_growth=bool(grew) if np.isfinite(evidence["mean_share"]) else None,
        evidence=MappingProxyType(evidence),
        error_rate=error_rate,
        recovered_from=LEVELS[worst] if worst > level else None,
        recovered_at=int(steps[_since(state < worst)]) if worst > level else None,
    )


def _since(holds: np.ndarray) -> int:
    # The first index from which it holds to the end.
    fails = np.flatnonzero(~holds)
    return int(fails[-1]) + 1 if fails.size else 0


def _evidence(course: xr.Dataset) -> dict[str, float]:
    start, end = course.isel(step=0), course.isel(step=-1)
    evidence = {str(k): float(v) for k, v in end.data_vars.items() if k != "collapse"}
    grown = {"variance": "variance", "mean": "mean_square", "first": "first_eigenvalue"}
    for name, what in grown.items():
        before, after = float(start[what]), float(end[what])
        evidence[f"{name}_growth"] = after / before if before else float("inf" if after else "nan")
    return evidence
