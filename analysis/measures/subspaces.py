"""Spaces instead of vectors: principal angles, overlap, and where a spectrum has a gap."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from analysis.checks.fields import checked
from analysis.linalg.basis import basis_of
from analysis.linalg.kernels import KNOWN, check_symmetric, eigh, rounding, symmetric, transpose
from analysis.linalg.labelled import check_real, over_matrices, over_modes
from analysis.linalg.labelled import resolution as resolution_of
from analysis.store.schema import Variable

SUBSPACES = {
    "subspace_overlap": Variable("overlap of leading spaces", symbol=r"$\|U_k^\top V_k\|_F^2/k$"),
    "principal_angle": Variable("principal angle", ("mode",), r"$\theta_i$", "rad"),
    "surviving_modes": Variable("modes before the largest gap", symbol="$k$"),
}


def subspace_overlap(predictor: xr.DataArray, correlation: xr.DataArray, k: int) -> xr.DataArray:
    r"""Overlap :math:`\lVert U_k^\top V_k \rVert_F^2 / k` of the leading spaces of F and sym(W_p).

    Inside equal eigenvalues single eigenvectors are arbitrary, spaces between gaps are not: choose
    k with `spectral_gaps`.

    Parameters
    ----------
    predictor, correlation : DataArray (..., row, col)
        W_p, of which the symmetric part counts; and F, symmetric.
    k : int
        Dimension of the spaces.

    Returns
    -------
    DataArray (...)
        In [0, 1]: 1 for one space. Invariant to rotation and scale. Null level k/d. NaN where a
        matrix is not finite, and where eigenvalues k and k + 1 of one are equal up to rounding of
        the stored dtype: there is no such space.

    Raises
    ------
    ValueError
        `k` is not from 1 to d; a matrix is not real or not square, they differ in size, or
        `correlation` is not symmetric.

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(subspace_overlap(W, F, k=1).values.round(4))
    0.5
    """
    name = "subspace_overlap"
    return over_matrices(
        _angles(predictor, correlation, k, lambda angles: np.square(np.cos(angles)).mean(axis=-1)),
        predictor,
        correlation,
        name=name,
        label=SUBSPACES[name],
        degrees=(0, 0),
    )


def principal_angles(predictor: xr.DataArray, correlation: xr.DataArray, k: int) -> xr.DataArray:
    """Principal angles between the leading k-spaces of F and of sym(W_p), the smallest first.

    Parameters
    ----------
    predictor, correlation, k
        As for `subspace_overlap`.

    Returns
    -------
    DataArray (..., mode)
        k of them, in [0, pi/2] radians; all 0 for one space. Small ones are found by their sines
        and precise to rounding. Invariant to rotation and scale. NaN where `subspace_overlap` is.

    Raises
    ------
    ValueError
        As for `subspace_overlap`.

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(principal_angles(W, F, k=1).values.round(4))
    [0.7854]
    """
    checked("k", k, int)

    def filled(angles: np.ndarray) -> np.ndarray:  # (..., k) -> (..., d)
        rest = correlation.sizes["row"] - k
        return np.pad(angles, [(0, 0)] * (angles.ndim - 1) + [(0, rest)])

    out = over_matrices(
        _angles(predictor, correlation, k, filled),
        predictor,
        correlation,
        name="principal_angle",
        label=SUBSPACES["principal_angle"],
        degrees=(0, 0),
        basis=f"angles between {k} of {basis_of(correlation)} and {basis_of(predictor)}",
    )
    return out.isel(mode=slice(k))


def spectral_gaps(values: xr.DataArray, *, tolerance: float = 0.2) -> list[int]:
    r"""Return the k at which a spectrum may be cut: :math:`s_{k+1} < (1 - tolerance)\, s_k`.

    Parameters
    ----------
    values : DataArray (mode)
        Eigenvalues, descending.
    tolerance : float
        Relative gap: eigenvalues nearer than this to the next are one group.

    Returns
    -------
    list of int
        Rising; between two of them lies a group of near-degenerate eigenvalues. d is left out.

    Raises
    ------
    ValueError
        `values` has other dims than mode, is not descending, or the tolerance not in (0, 1).
    """
    check_real(values, "a spectrum", ("mode",))
    if values.dims != ("mode",):
        raise ValueError(f"spectral_gaps takes one spectrum, dim 'mode'; got {values.dims}")
    if not 0 < checked("tolerance", tolerance, float) < 1:
        raise ValueError(f"tolerance is {tolerance}; a relative gap in (0, 1) wanted")
    s = values.values
    if (np.diff(s) > 0).any():
        raise ValueError("values rise; eigenvalues in falling order wanted")
    wide = s[:-1] - s[1:] > tolerance * np.abs(s[:-1])
    return [int(k) + 1 for k in np.flatnonzero(wide)]


def surviving_modes(values: xr.DataArray) -> xr.DataArray:
    r"""Count the modes before the largest gap of log s: where a spectrum falls off its cliff.

    .. math:: \arg\max_k\, (\log s_k - \log s_{k+1})

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a positive semi-definite matrix, descending. What is below the rounding of
        the stored data, ``attrs["resolution"]`` times the largest, counts as that.

    Returns
    -------
    DataArray (...)
        From 1 to d - 1, d where all are equal; invariant to scale. NaN for a spectrum of zeros.
        Null level: none, since white noise has a largest gap too, anywhere; `modes_above_noise` has
        one.

    Raises
    ------
    ValueError
        `values` has no dim mode.

    Examples
    --------
    >>> from analysis.registry.examples import s
    >>> print(surviving_modes(s).values.round(4))
    1.0
    """
    check_real(values, "a spectrum", ("mode",))
    resolution = max(resolution_of(values), float(np.finfo(float).eps))

    def kernel(s: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
        top = s.max(axis=-1, keepdims=True)
        fall = -np.diff(np.log(np.maximum(s, resolution * top)), axis=-1)
        largest = fall.max(axis=-1, initial=0.0)
        count = np.where(largest > 0, fall.argmax(axis=-1) + 1.0, s.shape[-1])
        return np.where(top[..., 0] > 0, count, np.nan)

    return over_modes(kernel, values, "surviving_modes", SUBSPACES)


def _angles(
    predictor: xr.DataArray,
    correlation: xr.DataArray,
    k: int,
    kernel: Callable[[np.ndarray], np.ndarray],
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    # A function of the principal angles (..., k), the smallest first, as one of the two matrices.
    units = resolution_of(correlation), resolution_of(predictor)
    d = correlation.sizes.get("row", 0)
    if not 1 <= checked("k", k, int) <= d:
        raise ValueError(f"k is {k}; the dimension of a space, 1 to {d}, wanted")

    def apply(W: np.ndarray, F: np.ndarray) -> np.ndarray:
        check_symmetric(F, "correlation")
        matrices = symmetric(F), symmetric(W)
        (s, U), (p, V) = (eigh(M) for M in matrices)
        known = np.full(np.broadcast_shapes(s.shape[:-1], p.shape[:-1]), True)
        if k < d:
            for M, values, unit in zip(matrices, (s, p), units, strict=True):
                known &= KNOWN * (values[..., k - 1] - values[..., k]) > rounding(M, unit)
        known &= np.isfinite(s[..., 0] + p[..., 0])
        inner = np.where(known[..., None, None], transpose(U) @ V[..., :, :k], 0.0)
        cosines = np.linalg.svd(inner[..., :k, :], compute_uv=False)
        sines = np.zeros_like(cosines)
        across = np.linalg.svd(inner[..., k:, :], compute_uv=False)[..., ::-1]
        sines[..., k - across.shape[-1] :] = across
        # As scipy.linalg.subspace_angles: a cosine near 1 says nothing about its angle.
        flat = np.arccos(np.clip(cosines, 0, 1)), np.arcsin(np.clip(sines, 0, 1))
        angles = np.where(cosines**2 < 0.5, *flat)
        return kernel(np.where(known[..., None], angles, np.nan))

    return apply
