r"""Modes with an identity: the same eigenvector from snapshot to snapshot, through every crossing.

Numbered by size, as `summarise` numbers them, two modes that cross swap their curves, and a mode
that is born pushes all below it down by one. Here every mode carries a reference vector. At each
snapshot all references are matched to all eigenvectors at once, so that the total squared overlap
is the largest possible; then each takes the place of its eigenvector. Inside a group of nearly
equal eigenvalues single eigenvectors mean nothing: there a reference is matched to the group's
whole subspace and turned into it, by the smallest rotation, and comes out of it as it went in.
"""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy.optimize import linear_sum_assignment
from threadpoolctl import threadpool_limits

from analysis.checks.fields import checked
from analysis.linalg.basis import FOLLOWED, basis_of, check_basis
from analysis.linalg.kernels import eigh, symmetric
from analysis.linalg.labelled import check_matrix, check_run, resolution
from analysis.measures.summary import summarise
from analysis.store.schema import MATRIX, Variable

MODES = {
    "mode_rank": Variable("rank by eigenvalue", ("mode",)),
    "mode_overlap": Variable("overlap with the snapshot before", ("mode",), r"$\|P_j r_j\|^2$"),
    "mode_group": Variable("near-degenerate group", ("mode",)),
    "mode_born": Variable("step since which the mode is followed", ("mode",), units="steps"),
}
# Relative gap below which eigenvectors mix, where the number of rows is not known.
TOLERANCE = 1e-3
# Of the squared overlap: below, another direction has the larger part of the mode.
KEPT = 0.5
# The one measure of `summarise` whose modes are not those of F.
OWN = {"predictor_eigenvalue": "predictor"}


def follow_modes(
    run: xr.Dataset, *, tolerance: float | None = None, summary: xr.Dataset | None = None
) -> xr.Dataset:
    r"""Measure a run as `summarise` does, with modes numbered by identity instead of by size.

    Modes of snapshots t and t + 1 are matched by the permutation :math:`\pi` that maximises

    .. math:: \sum_j \lVert P_{\pi(j)}\, r_j \rVert^2

    with r_j the reference vector of mode j at t, and P_k the projector on the k-th eigenvector at
    t + 1, or on the span of its group where eigenvalues differ by less than `tolerance`, relatively
    and each from the next. Eigenvalues that are zero up to rounding are one group.

    Parameters
    ----------
    run : Dataset (..., step, row, col)
        With `predictor` and `correlation`, as for `summarise`.
    tolerance : float, optional
        By default :math:`n^{-1/2}` with n the `samples` behind a snapshot, the relative gap at
        which the eigenvectors of n rows mix; 1e-3 where `samples` is not stored. 0 is no groups.
    summary : Dataset, optional
        Of `summarise` for this run, or a part of it, where it is at hand: half of the work.

    Returns
    -------
    Dataset
        That of `summarise`, per-mode variables permuted at each step: modes of F, and for
        `predictor_eigenvalue` those of sym(W_p), followed on their own. Mode j is the one that ends
        as the j-th largest, so that without crossings nothing changes; ``attrs["numbered"]``
        says that they are followed. And of the modes of F:

        `mode_rank` (..., step, mode)
            Its number by size, 1 to d: at each step a permutation.
        `mode_overlap` (..., step, mode)
            :math:`\lVert P_{\pi(j)} r_j \rVert^2`, in [0, 1]; 1 if the mode did not turn. Null
            level, for unrelated eigenbases: 1/d before matching, h/d in a group of h; a matching
            picks the largest, about :math:`2 \ln d / d`. NaN at the first snapshot.
        `mode_group` (..., step, mode)
            The rank at which its group starts: modes of equal number are one group, and what
            differs within it is arbitrary.
        `mode_born` (..., mode)
            The first step from which the overlap stays above 1/2 to the end: before it, the curve
            is some other direction's.

        Invariant to a rotation of the features. A snapshot that is not finite keeps the order of
        the one before; the next is matched to the last finite one.

    Raises
    ------
    ValueError
        As `summarise`; or `run` has no dim `step`, `tolerance` is not in [0, 1), or `summary` is
        of followed modes, or of other snapshots.
    """
    check_run(run)
    if "step" not in run.dims:
        raise ValueError(f"modes are followed along 'step'; the run has dims {tuple(run.dims)}")
    tolerance = checked("tolerance", tolerance, float | None)
    if tolerance is not None and not 0 <= tolerance < 1:
        raise ValueError(f"tolerance is {tolerance}; wanted a relative gap in [0, 1)")
    if summary is not None and "mode_born" in summary:
        raise ValueError("the summary is of followed modes already; one of `summarise` wanted")
    m = summarise(run) if summary is None else summary.copy(deep=False)
    for values in m.data_vars.values():
        check_basis(values, run["step"])  # a summary of other snapshots
    needed = {"correlation", *(OWN[str(name)] for name in m.data_vars if name in OWN)}
    ranks = {name: _followed(run, name, tolerance) for name in needed}
    for name, values in m.data_vars.items():
        if "mode" in values.dims:
            order = ranks[OWN.get(str(name), "correlation")]["mode_rank"] - 1
            m[name] = _permuted(values, order)
    m = m.assign(ranks["correlation"])
    m["mode"].attrs["long_name"] = "mode, followed to the end"
    return m


def _permuted(values: xr.DataArray, order: xr.DataArray) -> xr.DataArray:
    out = xr.apply_ufunc(
        lambda v, i: np.take_along_axis(v, i, axis=-1),
        values,
        order,
        input_core_dims=[["mode"], ["mode"]],
        output_core_dims=[["mode"]],
        keep_attrs="override",
    )
    return out.transpose(*values.dims).assign_attrs(values.attrs, numbered=FOLLOWED)


def _followed(run: xr.Dataset, name: str, tolerance: float | None) -> xr.Dataset:
    # The variables of MODES for the modes of one matrix, whatever stands in front of step.
    check_matrix(matrix := run[name])
    front = [dim for dim in matrix.dims if dim not in ("step", *MATRIX)]
    matrix = matrix.transpose(*front, "step", *MATRIX)
    gap = _gap(run, tolerance).broadcast_like(matrix.isel(row=0, col=0, drop=True))
    gap = gap.transpose(*front, "step")
    shape = (*matrix.shape[:-2], matrix.sizes["row"])
    out = {key: np.empty(shape) for key in ("mode_rank", "mode_overlap", "mode_group")}
    floor = resolution(matrix)
    with threadpool_limits(1, "blas"):  # matrices are small, as in `summarise`
        for index in np.ndindex(matrix.shape[: len(front)]):
            one = matrix[index]
            followed = _follow(_snapshots(one), gap[index].values, floor)
            for key, values in zip(out, followed, strict=True):
                out[key][index] = values
    dims = (*front, "step", "mode")
    integers = {key: values.astype(int) for key, values in out.items() if key != "mode_overlap"}
    basis = {"basis": basis_of(matrix), "numbered": FOLLOWED}
    data = {key: (dims, (out | integers)[key], MODES[key].attrs | basis) for key in out}
    ds = xr.Dataset(data)
    lost = ds["mode_overlap"].values < KEPT  # (..., step, mode)
    last = lost.shape[-2] - 1 - np.argmax(lost[..., ::-1, :], axis=-2)
    born = run["step"].values[np.where(lost.any(axis=-2), last, 0)]
    return ds.assign(mode_born=((*front, "mode"), born, MODES["mode_born"].attrs | basis))


def _gap(run: xr.Dataset, tolerance: float | None) -> xr.DataArray:
    if tolerance is None and "samples" in run:
        return run["samples"].astype(float) ** -0.5
    return xr.DataArray(TOLERANCE if tolerance is None else tolerance)


def _snapshots(matrix: xr.DataArray) -> Iterator[np.ndarray]:
    # One by one, and from a store a chunk at a time: a run larger than memory is fine.
    lengths = matrix.chunksizes.get("step", (matrix.sizes["step"],))
    start = 0
    for length in lengths:
        block = matrix.isel(step=slice(start, start + length)).values.astype(float)
        start += length
        yield from block


def _follow(
    matrices: Iterator[np.ndarray], gaps: np.ndarray, floor: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Matrices (d, d), gaps (step) -> rank, overlap, group (step, mode), modes by rank at the end
    ranks, overlaps, groups = [], [], []
    R = order = group = None
    for M, gap in zip(matrices, gaps, strict=True):
        s, U = eigh(symmetric(M))
        overlap = np.full(len(s), np.nan)
        if not np.isfinite(s[0]):
            group = np.arange(len(s)) if group is None else group
            order = np.arange(len(s)) if order is None else order
        else:
            group = _groups(s, gap, floor)
            if R is None:
                order, R = np.arange(len(s)), U
            else:
                order, overlap = _match(R, U, group)
                R = _carried(R, U, group, order)
        ranks.append(order)
        overlaps.append(overlap)
        groups.append(group[order])
    final = np.argsort(ranks[-1])
    rank, overlap, first = (np.stack(rows)[:, final] for rows in (ranks, overlaps, groups))
    return rank + 1, overlap, first + 1


def _groups(s: np.ndarray, gap: float, floor: float) -> np.ndarray:
    # (d) descending -> (d): the index at which the group of each eigenvalue starts
    size = np.abs(s).max()
    near = s[:-1] - s[1:] <= gap * np.maximum(np.abs(s[:-1]), np.abs(s[1:]))
    dead = np.abs(s) <= floor * size
    starts = np.concatenate([[True], ~((near & (gap > 0)) | (dead[:-1] & dead[1:]))])
    return np.maximum.accumulate(np.where(starts, np.arange(len(s)), 0))


def _match(R: np.ndarray, U: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # (d, d), (d, d), (d) -> (d), (d): the eigenvector that each reference goes to, and the overlap
    squares = (R.T @ U) ** 2
    starts, members = np.unique(group, return_inverse=True)
    inside = np.add.reduceat(squares, starts, axis=1)[:, members]  # with the span of k's group
    rows, order = linear_sum_assignment(inside, maximize=True)
    for start in starts:  # and who is who within a group: the same, among its own
        those = rows[group[order] == start]
        if len(those) > 1:
            block = squares[those, start : start + len(those)]
            order[those] = start + linear_sum_assignment(block, maximize=True)[1]
    return order, inside[rows, order]


def _carried(R: np.ndarray, U: np.ndarray, group: np.ndarray, order: np.ndarray) -> np.ndarray:
    # References for the next step: the eigenvector, or in a group what is nearest to the old one.
    new = U[:, order]
    for start in np.unique(group[order]):
        those = np.flatnonzero(group[order] == start)
        if len(those) > 1:
            span = new[:, those]
            left, _, right = np.linalg.svd(span.T @ R[:, those])
            new[:, those] = span @ left @ right
    return new
