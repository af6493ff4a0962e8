"""Eigenvalues of F and of W_p.

Symmetric matrices go to ``eigh`` in float64: on a degenerate spectrum ``eig`` returns vectors that
are far from orthogonal. The complex spectrum of W_p itself stays complex.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from analysis.linalg.basis import basis_of
from analysis.linalg.kernels import check_symmetric, eigvalsh, finite
from analysis.linalg.labelled import over_matrices
from analysis.store.labels import spectrum_attrs
from analysis.store.schema import Variable

SPECTRUM = {
    "eigenvalue": Variable("eigenvalue", ("mode",), r"$\lambda_j$"),
    "correlation_eigenvalue": Variable("eigenvalue", ("mode",), "$s_j$"),  # of which F: `labels`
    "predictor_eigenvalue": Variable("eigenvalue of sym(W_p)", ("mode",), "$p_j$"),
    "complex_eigenvalue": Variable("complex eigenvalue", ("mode",), r"$\lambda_j$"),
}


def eigenvalues(matrix: xr.DataArray) -> xr.DataArray:
    r"""Eigenvalues of a symmetric matrix, the largest first.

    Parameters
    ----------
    matrix : DataArray (..., row, col)
        Symmetric up to rounding (checked): :math:`\|M - M^\top\|_F \le 10^{-4} \|M\|_F`.

    Returns
    -------
    DataArray (..., mode)
        float64, descending; in the units of `matrix`; invariant to rotation. Mode 1 is the largest
        *at that step*: modes that cross swap numbers. NaN where `matrix` is not finite.
        ``attrs["resolution"]`` is the rounding unit of the stored dtype: an eigenvalue below
        resolution times the largest is zero as far as the data can tell. Its label says of which
        matrix, by the ``long_name`` of `matrix`; ``attrs["basis"]``, by its name in the schema.

        Null level, for the correlation of n rows of white noise: not 1, but spread over
        :math:`(1 \pm \sqrt{d/n})^2` (Marchenko-Pastur).

    Raises
    ------
    ValueError
        `matrix` is not symmetric (when dask data are computed), not square, or has no such dims.

    Examples
    --------
    >>> from analysis.registry.examples import F
    >>> print(eigenvalues(F).values.round(4))
    [2. 1.]
    """

    def kernel(M: np.ndarray) -> np.ndarray:
        check_symmetric(M, str(matrix.name or "the matrix"))
        return eigvalsh(M)

    return _numbered(kernel, matrix, "eigenvalue").assign_attrs(
        spectrum_attrs(SPECTRUM["eigenvalue"], matrix)
    )


def predictor_eigenvalues(predictor: xr.DataArray) -> xr.DataArray:
    r"""Eigenvalues of the symmetric part of W_p, the largest first.

    .. math:: p_j = \lambda_j\big((W_p + W_p^\top)/2\big)

    Parameters
    ----------
    predictor : DataArray (..., row, col)
        W_p; need not be symmetric.

    Returns
    -------
    DataArray (..., mode)
        float64, descending by signed value; negative ones are real: such a mode is predicted with
        its sign turned. They enclose the real parts of the eigenvalues of W_p. Invariant to
        rotation. NaN where W_p is not finite.

        Null level, for independent entries of variance v: a semicircle of radius
        :math:`\sqrt{2 d v}` about 0, half of it negative.

    Raises
    ------
    ValueError
        `predictor` is not square, or has no dims ``row, col``.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Fig. 2b (for symmetric W_p).

    Examples
    --------
    >>> from analysis.registry.examples import W
    >>> print(predictor_eigenvalues(W).values.round(4))
    [1.5 0.5]
    """
    return _numbered(eigvalsh, predictor, "predictor_eigenvalue")


def complex_eigenvalues(matrix: xr.DataArray) -> xr.DataArray:
    """Eigenvalues of any square matrix, complex, by descending real part.

    Parameters
    ----------
    matrix : DataArray (..., row, col)

    Returns
    -------
    DataArray (..., mode)
        complex128; conjugate pairs stand side by side, positive imaginary part first. Invariant to
        every change of basis. NaN where `matrix` is not finite. Null level, for independent
        entries of variance v: a disc of radius sqrt(d v) about 0.

    Raises
    ------
    ValueError
        `matrix` is not square, or has no dims ``row, col``.

    Examples
    --------
    >>> from analysis.registry.examples import W
    >>> print(complex_eigenvalues(W).values.round(4))
    [1.+0.j 1.+0.j]
    """
    name = "complex_eigenvalue"
    out = _numbered(_complex_eigenvalues, matrix, name, dtype=complex)
    return out.assign_attrs(spectrum_attrs(SPECTRUM[name], matrix))


def _numbered(
    kernel: Callable[[np.ndarray], np.ndarray],
    matrix: xr.DataArray,
    name: str,
    dtype: type = float,
) -> xr.DataArray:
    label, basis = SPECTRUM[name], basis_of(matrix)
    return over_matrices(
        kernel, matrix, name=name, label=label, dtype=dtype, degrees=(1,), basis=basis
    )


def _complex_eigenvalues(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d)
    M, mark = finite(M)
    values = np.where(mark, np.linalg.eigvals(M).astype(complex), np.nan)
    real, imag = values.real, values.imag
    # LAPACK gives a pair one after the other, the positive first and equal bit by bit: equal pairs
    # are told apart by where they stood.
    place = np.arange(values.shape[-1]) - (imag < 0)
    order = np.lexsort((-imag, place, -np.abs(imag), -real), axis=-1)
    return np.take_along_axis(values, order, axis=-1)
