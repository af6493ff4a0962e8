"""One pass over a run: every measure of W_p and F, at every snapshot, in memory."""

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from analysis.alignment import (
    ALIGNMENT,
    _alignment,
    _alignment_excess,
    _alignment_null,
    _off_diagonal_energy,
    _rayleigh,
)
from analysis.balance import BALANCE
from analysis.commutators import COMMUTATOR, _commutator_null, _mode_commutator
from analysis.labels import matrix_name, spectrum_attrs
from analysis.schema import MATRIX, Variable
from analysis.spectrum import (
    NEGATIVE,
    SPECTRUM,
    SYMMETRIC_PREDICTOR,
    _check_symmetric,
    _eigh,
    _entropy_rank,
    _participation_ratio,
    _predictor_eigenvalues,
    resolution,
)
from analysis.store import rows_per_chunk
from analysis.symmetry import (
    _ASYMMETRY,
    _ASYMMETRY_NULL,
    ASYMMETRY,
    check_matrix,
    mode_numbers,
    silent,
)

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
    "asymmetry": ASYMMETRY["frobenius"],
    **COMMUTATOR,
    "off_diagonal_energy": ALIGNMENT["off_diagonal_energy"],
    **{name: BALANCE[name] for name in ("rayleigh_quotient", "rayleigh_residual")},
    **{name: SPECTRUM[name] for name in ("entropy_rank", "participation_ratio")},
}

# What depends on W_p alone; all else is measured in the eigenbasis of F.
OF_PREDICTOR = ("predictor_eigenvalue", "alignment_null", "asymmetry")


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
        `alignment_null`, `mean_alignment_excess`, `weighted_alignment_excess`, `asymmetry`,
        `commutator` and `commutator_null` (both deviatoric), `off_diagonal_energy`, and of F
        `entropy_rank`, `participation_ratio`. Range and null level of each: the function
        of that name.

        Means of the excess have null level 0 and leave undefined modes out. The plain one counts
        dead modes like any other, with an excess about ``-a_0 / (1 - a_0)``: well below 0 for a
        predictor that has aligned the few modes it kept. The weighted one follows the modes that
        carry variance, of which the first is often the mean feature. A matrix that is not finite
        gives NaN in what depends on it; a correlation with negative eigenvalues, NaN in the ranks.

        Labels say which F: ``attrs["basis"]`` is the ``long_name`` of `correlation`, "same-view
        correlation" in a store.

    Raises
    ------
    ValueError
        `run` lacks a variable or a dim, holds no snapshot, or its correlation is not symmetric.
    """
    if missing := [name for name in ("predictor", "correlation") if name not in run]:
        raise ValueError(f"the run lacks {missing}; it has {sorted(map(str, run.data_vars))}")
    W, F = run["predictor"], run["correlation"]
    check_matrix(W)
    check_matrix(F)
    if not W.size:
        raise ValueError(f"the run holds no snapshot: predictor has sizes {dict(W.sizes)}")
    W, F = _chunked(W), _chunked(F)
    outputs = xr.apply_ufunc(
        silent(_measures),
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
            out[name].attrs["basis"] = matrix_name(F)
    s, p = out["correlation_eigenvalue"], out["predictor_eigenvalue"]
    s.attrs |= spectrum_attrs(MEASURES["correlation_eigenvalue"], F)
    s.attrs["resolution"] = resolution(F)
    p.attrs |= {"basis": SYMMETRIC_PREDICTOR, "resolution": resolution(W)}
    out["asymmetry"].attrs["null_level"] = float(_ASYMMETRY_NULL["frobenius"](W.sizes["row"]))
    out = out.assign_coords(mode=mode_numbers(W.sizes["row"]))
    # Dask runs a chunk per core; BLAS threads on top of that would mostly wait for each other.
    with threadpool_limits(1, "blas"):
        return out.compute()


def _chunked(matrix: xr.DataArray) -> xr.DataArray:
    # Whole matrices; and along step, where nobody has chosen, what a store would have.
    chunks: dict[str, int] = dict.fromkeys(MATRIX, -1)
    if matrix.chunks is None and "step" in matrix.dims:
        shape = tuple(matrix.sizes[dim] for dim in MATRIX)
        chunks["step"] = rows_per_chunk([shape], matrix.dtype.itemsize)
    return matrix.chunk(chunks)


def _measures(W: np.ndarray, F: np.ndarray) -> tuple[np.ndarray, ...]:
    # (..., d, d), (..., d, d) -> in the order of MEASURES
    _check_symmetric(F, "correlation")
    s, U = _eigh(F)
    p, gain = _rayleigh(W, U)
    parts = _mode_commutator(W, F, s, U)
    excess = _alignment_excess(W, p, gain)
    defined = np.isfinite(excess)
    weight = np.where(defined, np.maximum(s, 0), 0)
    semidefinite = s.min(axis=-1) >= -NEGATIVE * s.max(axis=-1)
    ranked = np.where(semidefinite[..., None], s, np.nan)
    measured = {
        "correlation_eigenvalue": s,
        "predictor_eigenvalue": _predictor_eigenvalues(W),
        "alignment": _alignment(W, p, gain),
        "alignment_null": _alignment_null(W),
        "alignment_excess": excess,
        "mean_alignment_excess": excess.sum(axis=-1, where=defined) / defined.sum(axis=-1),
        "weighted_alignment_excess": (
            (weight * excess).sum(axis=-1, where=defined) / weight.sum(axis=-1)
        ),
        "asymmetry": _ASYMMETRY["frobenius"](W),
        "commutator": np.sqrt((parts**2).sum(axis=-1)),
        "mode_commutator": parts,
        "rayleigh_quotient": p,
        "rayleigh_residual": np.sqrt(np.maximum(gain**2 - p**2, 0)),
        "commutator_null": _commutator_null(W, F, deviatoric=True),
        "off_diagonal_energy": _off_diagonal_energy(W, p, gain),
        "entropy_rank": _entropy_rank(ranked),
        "participation_ratio": _participation_ratio(ranked),
    }
    return tuple(measured[name] for name in MEASURES)
