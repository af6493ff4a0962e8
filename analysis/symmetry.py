r"""The two parts of W_p, and how far it is from a symmetric matrix.

Also here, because everything else stands on it: `over_matrices`, which applies an array function to
the matrices of DataArrays, whatever dimensions stand in front.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import xarray as xr

from analysis.labels import symmetrised_attrs
from analysis.schema import MATRIX, Variable

SYMMETRY = {
    "symmetric_part": Variable("symmetric part", MATRIX, "$A$"),
    "antisymmetric_part": Variable("antisymmetric part", MATRIX, "$B$"),
}
ASYMMETRY = {
    "frobenius": Variable("asymmetry", symbol=r"$\|W_p - W_p^\top\|_F / \|W_p\|_F$"),
    "l1": Variable("asymmetry", symbol=r"$\Sigma|W_p - W_p^\top| / \Sigma|W_p|$"),
    "fraction": Variable("asymmetry", symbol=r"$\|B\|_F / \|W_p\|_F$"),
}


_T = TypeVar("_T")


def symmetric_part(matrix: xr.DataArray) -> xr.DataArray:
    r"""Symmetric part :math:`A = (M + M^\top)/2`, the symmetric matrix nearest to `matrix`.

    Parameters
    ----------
    matrix : DataArray (..., row, col)

    Returns
    -------
    DataArray (..., row, col)
        float64. Also what makes a cross-view correlation, symmetric only in expectation, fit for
        the measures that want a symmetric F; what is measured of it is labelled so, "eigenvalue of
        the symmetrised cross-view correlation".

    Raises
    ------
    ValueError
        `matrix` has no dims ``row, col``, or is not square.
    """
    name = "symmetric_part"
    out = over_matrices(_symmetric_part, matrix, name=name, label=SYMMETRY[name])
    return out.assign_attrs(symmetrised_attrs(SYMMETRY[name], matrix))


def antisymmetric_part(matrix: xr.DataArray) -> xr.DataArray:
    r"""Antisymmetric part :math:`B = (M - M^\top)/2`; orthogonal to the symmetric part.

    In the isotropic linear theory it is damped by F and by weight decay, and driven only by
    misalignment: :math:`\dot B = -\tfrac{\alpha_p k}{2}(\{B, F\} + [A, F]) - \eta B`.

    Parameters
    ----------
    matrix : DataArray (..., row, col)

    Returns
    -------
    DataArray (..., row, col)
        float64; ``symmetric_part(m) + antisymmetric_part(m)`` is `m`.

    Raises
    ------
    ValueError
        `matrix` has no dims ``row, col``, or is not square.
    """
    name = "antisymmetric_part"
    return over_matrices(_antisymmetric_part, matrix, name=name, label=SYMMETRY[name])


def asymmetry(predictor: xr.DataArray, norm: str = "frobenius") -> xr.DataArray:
    r"""How far W_p is from symmetric, relative to its size.

    ==============  =====================================  ======  ============================
    `norm`          formula                                range   null: independent entries
    ==============  =====================================  ======  ============================
    ``frobenius``   :math:`\|W_p-W_p^\top\|_F/\|W_p\|_F`   [0, 2]  :math:`\sqrt{2(1-1/d)}`, 1.41
    ``l1``          the same with entrywise L1 norms       [0, 2]  :math:`\sqrt2(1-1/d)`, 1.41
    ``fraction``    :math:`\|B\|_F/\|W_p\|_F`, half of     [0, 1]  :math:`\sqrt{(1-1/d)/2}`, .71
                    ``frobenius``
    ==============  =====================================  ======  ============================

    Parameters
    ----------
    predictor : DataArray (..., row, col)
        W_p.
    norm : {"frobenius", "l1", "fraction"}
        ``frobenius`` and ``fraction`` do not change under a rotation of the features; ``l1``, the
        choice of the earlier replication, does; and its null holds for Gaussian entries (uniform
        ones: 4/3).

    Returns
    -------
    DataArray (...)
        0 for a symmetric W_p, the largest value for an antisymmetric one; invariant to
        transposition and to scale. NaN where W_p is 0. Its ``attrs["null_level"]`` is the table's.

    Raises
    ------
    ValueError
        `norm` is not of the table, or `predictor` has no dims ``row, col``, or is not square.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Fig. 2 (without a formula); ``l1``: Höppe,
    Miszkurka, Wilkman (2022), ReScience C, doi:10.5281/zenodo.6574659.
    """
    if norm not in ASYMMETRY:
        raise ValueError(f"norm is {norm!r}; wanted one of {sorted(ASYMMETRY)}")
    out = over_matrices(_ASYMMETRY[norm], predictor, name="asymmetry", label=ASYMMETRY[norm])
    return out.assign_attrs(null_level=float(_ASYMMETRY_NULL[norm](predictor.sizes["row"])))


def over_matrices(
    kernel: Callable[..., np.ndarray],
    *matrices: xr.DataArray,
    name: str,
    label: Variable,
    dtype: type = float,
) -> xr.DataArray:
    """Apply a batched array function to matrices, whatever dimensions stand in front.

    Parameters
    ----------
    kernel : (..., d, d) float64 arrays -> (..., *label.dims)
        Leading axes broadcast. NaN must pass through; division by zero is silent.
    *matrices : DataArray (..., row, col)
        In memory, or dask arrays, which stay lazy.
    name, label
        Name and labels of the result; ``mode`` among its dims counts from 1.
    dtype : type
        Of the result.

    Returns
    -------
    DataArray (..., *label.dims)
        With the coordinates of the leading dimensions.

    Raises
    ------
    ValueError
        A matrix has no dims ``row, col``, is not square, or differs from the others in size.
    """
    for matrix in matrices:
        check_matrix(matrix)
    if len(sizes := {matrix.sizes["row"] for matrix in matrices}) > 1:
        raise ValueError(f"matrices differ in size: {sorted(sizes)}; they must act on one space")
    size = matrices[0].sizes["row"]
    out = xr.apply_ufunc(
        silent(kernel),
        *matrices,
        input_core_dims=[MATRIX] * len(matrices),
        output_core_dims=[label.dims],
        dask="parallelized",
        dask_gufunc_kwargs={
            "output_sizes": {dim: size for dim in label.dims if dim not in MATRIX},
            "allow_rechunk": True,
        },
        output_dtypes=[dtype],
        keep_attrs="override",  # for those of the coordinates: figures label their axes by them
    )
    out.attrs = dict(label.attrs)
    if "mode" in label.dims:
        out = out.assign_coords(mode=mode_numbers(size))
    return out.rename(name)


def check_matrix(matrix: xr.DataArray) -> None:
    """Raise ValueError unless `matrix` has dims ``row, col`` of one size."""
    name = matrix.name or "the matrix"
    if missing := [dim for dim in MATRIX if dim not in matrix.dims]:
        raise ValueError(f"{name} has dims {matrix.dims}; it lacks {missing}")
    if matrix.sizes["row"] != matrix.sizes["col"]:
        shape = f"{matrix.sizes['row']} x {matrix.sizes['col']}"
        raise ValueError(f"{name} is {shape}; wanted a square matrix")


def mode_numbers(d: int) -> xr.DataArray:
    """Return the coordinate `mode`: 1, ..., d."""
    label = {"long_name": "mode, sorted by eigenvalue"}
    return xr.DataArray(np.arange(1, d + 1), dims="mode", attrs=label)


def silent(kernel: Callable[..., _T]) -> Callable[..., _T]:
    """Let `kernel` see float64 arrays, and give NaN for 0/0 without a warning, in any thread."""

    def apply(*arrays: np.ndarray) -> _T:
        with np.errstate(divide="ignore", invalid="ignore"):
            return kernel(*(np.asarray(array, dtype=float) for array in arrays))

    return apply


def _transpose(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d, d)
    return np.swapaxes(M, -2, -1)


def _symmetric_part(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d, d)
    return (M + _transpose(M)) / 2


def _antisymmetric_part(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d, d)
    return (M - _transpose(M)) / 2


def _trace(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    return np.einsum("...ii->...", M)


def _squares(M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # (..., d, d) -> (...), (...)
    # |A|^2 and |B|^2 of the two parts without making them; a small one is known to 1e-16 |M|^2.
    square, product = np.einsum("...ij,...ij->...", M, M), np.einsum("...ij,...ji->...", M, M)
    return (square + product) / 2, np.maximum(square - product, 0) / 2


def _frobenius(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    return np.sqrt(np.einsum("...ij,...ij->...", M, M))


def _l1(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    return np.abs(M).sum(axis=(-2, -1))


_ASYMMETRY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "frobenius": lambda W: 2 * _frobenius(_antisymmetric_part(W)) / _frobenius(W),
    "l1": lambda W: 2 * _l1(_antisymmetric_part(W)) / _l1(W),
    "fraction": lambda W: _frobenius(_antisymmetric_part(W)) / _frobenius(W),
}
_ASYMMETRY_NULL: dict[str, Callable[[int], np.floating]] = {  # B has no diagonal: hence 1 - 1/d
    "frobenius": lambda d: np.sqrt(2 * (1 - 1 / d)),
    "l1": lambda d: np.sqrt(2) * (1 - 1 / d),
    "fraction": lambda d: np.sqrt((1 - 1 / d) / 2),
}
