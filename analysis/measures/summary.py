"""One pass over a run: every measure of W_p and F, at every snapshot, in memory."""

import functools

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from analysis.linalg.basis import basis_of
from analysis.linalg.kernels import eigvalsh, in_units, pair, scaled, spread
from analysis.linalg.labelled import (
    check_matrix,
    check_run,
    mode_numbers,
    resolution,
    silent,
    smallest,
)
from analysis.measures.alignment import (
    ALIGNMENT,
    alignment_null_of,
    alignments_of,
)
from analysis.measures.balance import BALANCE, rayleigh_quotient_of, rayleigh_residual_of
from analysis.measures.commutator import COMMUTATOR, commutator_null_of, mode_commutator_of
from analysis.measures.effective_rank import (
    NEGATIVE,
    RANKS,
    entropy_rank_of,
    participation_ratio_of,
)
from analysis.measures.moments import least_squares_predictor
from analysis.measures.off_diagonal import off_diagonal_energy_of
from analysis.measures.registered import registered_values
from analysis.measures.spectrum import SPECTRUM
from analysis.measures.symmetry import ASYMMETRY, ASYMMETRY_KERNELS, ASYMMETRY_NULL
from analysis.store.chunks import rows_per_chunk
from analysis.store.labels import spectrum_attrs
from analysis.store.schema import MATRIX, Variable

MEASURES: dict[str, Variable] = {
    **{name: SPECTRUM[name] for name in ("correlation_eigenvalue", "predictor_eigenvalue")},
    **{name: ALIGNMENT[name] for name in ("alignment", "alignment_null", "alignment_excess")},
    "mean_alignment_excess": Variable(
        "mean excess alignment", symbol=r"$\langle (a_j - a_0)/(1 - a_0) \rangle$"
    ),
    "weighted_alignment_excess": Variable(
        "excess alignment weighted by $s_j$",
        symbol=r"$\Sigma s_j (a_j - a_0) / (1 - a_0) / \Sigma s_j$",
    ),
    "live_modes": Variable("modes with an excess", symbol="$m$"),
    "asymmetry": ASYMMETRY["frobenius"],
    **COMMUTATOR,
    "off_diagonal_energy": ALIGNMENT["off_diagonal_energy"],
    **{name: BALANCE[name] for name in ("rayleigh_quotient", "rayleigh_residual")},
    **{name: RANKS[name] for name in ("entropy_rank", "participation_ratio")},
}
# Whose units a measure of modes has, W_p's 0 and F's 1.
IN_UNITS = {
    "correlation_eigenvalue": 1,
    "predictor_eigenvalue": 0,
    "rayleigh_quotient": 0,
    "rayleigh_residual": 0,
}
# What depends on W_p alone; all else is measured in the eigenbasis of F.
OF_PREDICTOR = ("predictor_eigenvalue", "alignment_null", "asymmetry")
# Entries of what is measured at once, W_p and F each: 1 MB.
IN_CACHE = 2**17


def summarise(run: xr.Dataset) -> xr.Dataset:
    r"""Measure every snapshot of a run, in one pass and one eigendecomposition per matrix.

    Chunks along `step` are read, measured and dropped one by one, in parallel: a store larger than
    memory is fine, and with a dask client the same call runs on a cluster.

    Parameters
    ----------
    run : Dataset
        With `predictor` and `correlation`, dims ``(..., row, col)``, dask or in memory; from
        `open_snapshots`, from `dynamics.integrate`, or from ``xr.concat`` of several. For another
        F, say the theory's, ``run.assign(correlation=symmetric_part(run.cross_correlation))``.

    Returns
    -------
    Dataset
        In memory, with the coordinates and ``attrs`` of `run`, and per mode (..., mode)
        `correlation_eigenvalue`, `predictor_eigenvalue`, `alignment`, `alignment_excess`,
        `mode_commutator`, `rayleigh_quotient`, `rayleigh_residual`; per snapshot (...)
        `alignment_null`, `mean_alignment_excess`, `weighted_alignment_excess`, `live_modes`,
        `asymmetry`, `commutator` and `commutator_null` (both deviatoric), `off_diagonal_energy`,
        and of F `entropy_rank`, `participation_ratio`. Range and null level of each: the function
        of that name. What you registered by `analysis.registry.register` stands beside them.
        ``attrs["basis"]`` names the matrix whose eigenvectors are taken, in a store
        "correlation", and the label of `correlation_eigenvalue` says it in words.

        Means of the excess have null level 0, and are over the `live_modes` (from 0 to d) in which
        there is one. The plain one counts modes of little variance like any other: those that W_p
        leaves unaligned lie at about ``-a_0 / (1 - a_0)``, well below 0. The weighted one follows
        the modes that carry variance, of which the first is often the mean feature. A matrix that
        is not finite gives NaN in what depends on it; a correlation with negative eigenvalues, NaN
        in the ranks.

    Raises
    ------
    ValueError
        `run` lacks a variable or a dim, holds no snapshot, a matrix is not of real numbers, or its
        correlation is not symmetric.
    """
    check_run(run, "predictor", "correlation")
    W, F = run["predictor"], run["correlation"]
    check_matrix(W)
    check_matrix(F)
    if not W.size:
        raise ValueError(f"the run holds no snapshot: predictor has sizes {dict(W.sizes)}")
    W, F = _chunked(W), _chunked(F)
    units, limits = (resolution(W), resolution(F)), (smallest(W), smallest(F))
    outputs = xr.apply_ufunc(
        silent(functools.partial(_piece_by_piece, units=units, limits=limits)),
        W,
        F,
        input_core_dims=[MATRIX, MATRIX],
        output_core_dims=[label.dims for label in MEASURES.values()],
        dask="parallelized",
        dask_gufunc_kwargs={"output_sizes": {"mode": W.sizes["row"]}},
        output_dtypes=[float] * len(MEASURES),
        keep_attrs="override",
    )
    out = xr.Dataset(dict(zip(MEASURES, outputs, strict=True)), attrs=run.attrs)
    for name, label in MEASURES.items():
        out[name].attrs = dict(label.attrs)
        if name not in OF_PREDICTOR:
            out[name].attrs["basis"] = basis_of(F)
    out["correlation_eigenvalue"].attrs |= spectrum_attrs(MEASURES["correlation_eigenvalue"], F)
    out["predictor_eigenvalue"].attrs["basis"] = basis_of(W)
    for name, i in IN_UNITS.items():
        out[name].attrs["resolution"] = units[i]
    out["asymmetry"].attrs["null_level"] = float(ASYMMETRY_NULL["frobenius"](W.sizes["row"]))
    out = out.assign_coords(mode=mode_numbers(W.sizes["row"]))
    # Dask runs a chunk per core; BLAS threads on top of that would mostly wait for each other.
    with threadpool_limits(1, "blas"):
        out = out.compute()
        return out.assign(registered_values(run, out))


def fitted_summary(run: xr.Dataset) -> xr.Dataset | None:
    r"""Measure a run by the least-squares fit of its predictor, if W_p is stored as a product.

    The product W_2 W_1 of a two-layer predictor leaves out its batch norm and ReLU;
    :math:`E[q z^\top] F^{-1}` is the linear map that is nearest to what it does.

    Parameters
    ----------
    run : Dataset (step, row, col)
        Of `open_snapshots`.

    Returns
    -------
    Dataset or None
        As of `summarise`, with "least squares" in its method; None where the stored W_p is all
        there is, or no predictions were recorded.

    Raises
    ------
    ValueError
        As for `summarise`.
    """
    if "prediction_correlation" not in run or run["predictor"].attrs.get("kind") != "product":
        return None
    fitted = run.assign(predictor=least_squares_predictor(run))
    method = f"{run.attrs.get('method', '')}, least squares".removeprefix(", ")
    return summarise(fitted).assign_attrs(method=method)


def _chunked(matrix: xr.DataArray) -> xr.DataArray:
    # Whole matrices; and along step, where nobody has chosen, what a store would have.
    chunks: dict[str, int] = dict.fromkeys(MATRIX, -1)
    if matrix.chunks is None and "step" in matrix.dims:
        shape = tuple(matrix.sizes[dim] for dim in MATRIX)
        chunks["step"] = rows_per_chunk([shape], matrix.dtype.itemsize)
    return matrix.chunk(chunks)


def _piece_by_piece(
    W: np.ndarray, F: np.ndarray, units: tuple[float, float], limits: tuple[float, float]
) -> tuple[np.ndarray, ...]:
    # As `_measures`. Some dozens of arrays as large as W are formed on the way: they stay in cache.
    W, F = np.broadcast_arrays(W, F)
    leading, core = W.shape[:-2], W.shape[-2:]
    W, F = W.reshape(-1, *core), F.reshape(-1, *core)
    count = max(1, IN_CACHE // (core[0] * core[1]))
    pieces = [
        _measures(W[i : i + count], F[i : i + count], units, limits)
        for i in range(0, len(W), count)
    ]
    return tuple(
        np.concatenate(parts).reshape((*leading, *parts[0].shape[1:]))
        for parts in zip(*pieces, strict=True)
    )


def _measures(
    W: np.ndarray, F: np.ndarray, units: tuple[float, float], limits: tuple[float, float]
) -> tuple[np.ndarray, ...]:
    # (..., d, d), (..., d, d) -> in the order of MEASURES
    (W, w), (F, f) = scaled(W, limits[0]), scaled(F, limits[1])
    seen = pair(W, F, units, "correlation")
    parts = mode_commutator_of(seen)
    a, excess = alignments_of(seen)
    defined = np.isfinite(excess)
    weight = np.where(defined, np.maximum(seen.s, 0), 0)
    live = defined.sum(axis=-1)
    semidefinite = seen.s.min(axis=-1) >= -NEGATIVE * seen.s.max(axis=-1)
    ranked = np.where(semidefinite[..., None], seen.s, np.nan)
    measured = {
        "correlation_eigenvalue": seen.s,
        "predictor_eigenvalue": eigvalsh(W),
        "alignment": a,
        "alignment_null": alignment_null_of(W),
        "alignment_excess": excess,
        "mean_alignment_excess": excess.sum(axis=-1, where=defined) / live,
        "weighted_alignment_excess": np.minimum(
            (weight * excess).sum(axis=-1, where=defined) / weight.sum(axis=-1), 1
        ),
        "live_modes": np.where(np.isfinite(seen.W[..., 0, 0]), live, np.nan),
        "asymmetry": ASYMMETRY_KERNELS["frobenius"](W),
        "commutator": np.sqrt((parts**2).sum(axis=-1)),
        "mode_commutator": parts,
        "rayleigh_quotient": rayleigh_quotient_of(seen),
        "rayleigh_residual": rayleigh_residual_of(seen),
        "commutator_null": commutator_null_of(W, F) / (seen.size * spread(W, seen.rounding)),
        "off_diagonal_energy": off_diagonal_energy_of(seen),
        "entropy_rank": entropy_rank_of(ranked),
        "participation_ratio": participation_ratio_of(ranked),
    }
    for name, i in IN_UNITS.items():
        measured[name] = in_units(measured[name], (w, f)[i][..., None])
    return tuple(measured[name] for name in MEASURES)
