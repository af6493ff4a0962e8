"""Spaces instead of vectors: principal angles, overlap, and where a spectrum has a gap."""

import numpy as np
import xarray as xr

from analysis.schema import Variable
from analysis.spectrum import _check_symmetric, _eigh, _over_modes
from analysis.symmetry import _symmetric_part, over_matrices

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
        matrix is not finite.

    Raises
    ------
    ValueError
        `k` is not from 1 to d; a matrix is not square, they differ in size, or `correlation` is
        not symmetric.
    """
    _check_k(k, correlation)
    name = "subspace_overlap"
    return over_matrices(
        lambda W, F: np.square(np.cos(_angles(W, F, k))).mean(axis=-1),
        predictor,
        correlation,
        name=name,
        label=SUBSPACES[name],
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
        k of them, in [0, pi/2] radians; all 0 for one space. Invariant to rotation and scale.

    Raises
    ------
    ValueError
        As for `subspace_overlap`.
    """
    _check_k(k, correlation)
    out = over_matrices(
        lambda W, F: _angles(W, F, k, fill=True),
        predictor,
        correlation,
        name="principal_angle",
        label=SUBSPACES["principal_angle"],
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
    if values.dims != ("mode",):
        raise ValueError(f"spectral_gaps takes one spectrum, dim 'mode'; got {values.dims}")
    if not 0 < tolerance < 1:
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
    """
    if "mode" not in values.dims:
        raise ValueError(f"surviving_modes takes eigenvalues, dim 'mode'; got {values.dims}")
    resolution = max(float(values.attrs.get("resolution", 0.0)), float(np.finfo(float).eps))

    def kernel(s: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
        top = s.max(axis=-1, keepdims=True)
        fall = -np.diff(np.log(np.maximum(s, resolution * top)), axis=-1)
        largest = fall.max(axis=-1, initial=0.0)
        count = np.where(largest > 0, fall.argmax(axis=-1) + 1.0, s.shape[-1])
        return np.where(top[..., 0] > 0, count, np.nan)

    return _over_modes(kernel, values, "surviving_modes", SUBSPACES)


def _check_k(k: int, matrix: xr.DataArray) -> None:
    d = matrix.sizes.get("row", 0)
    if not 1 <= k <= d:
        raise ValueError(f"k is {k}; the dimension of a space, 1 to {d}, wanted")


def _angles(W: np.ndarray, F: np.ndarray, k: int, fill: bool = False) -> np.ndarray:
    # (..., d, d), (..., d, d) -> (..., k), or filled up with NaN to (..., d)
    _check_symmetric(F, "correlation")
    U, V = (_eigh(M)[1][..., :, :k] for M in (F, _symmetric_part(W)))
    inner = np.swapaxes(U, -1, -2) @ V
    finite = np.isfinite(inner).all(axis=(-2, -1))
    cosines = np.linalg.svd(np.where(finite[..., None, None], inner, 0.0), compute_uv=False)
    angles = np.where(finite[..., None], np.arccos(np.clip(cosines, 0, 1)), np.nan)
    if not fill:
        return np.asarray(angles)
    rest = np.full((*angles.shape[:-1], F.shape[-1] - k), np.nan)
    return np.concatenate([angles, rest], axis=-1)
