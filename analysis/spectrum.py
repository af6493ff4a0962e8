"""Eigenvalues of F and of W_p, and how many dimensions they span.

Symmetric matrices go to ``eigh`` in float64: on a degenerate spectrum ``eig`` returns vectors that
are far from orthogonal. The complex spectrum of W_p itself stays complex.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from analysis.basis import basis_of
from analysis.kernels import check_symmetric, eigvalsh, finite
from analysis.labelled import over_matrices, over_modes
from analysis.labels import spectrum_attrs
from analysis.schema import Variable

SPECTRUM = {
    "eigenvalue": Variable("eigenvalue", ("mode",), r"$\lambda_j$"),
    "correlation_eigenvalue": Variable("eigenvalue", ("mode",), "$s_j$"),  # of which F: `labels`
    "predictor_eigenvalue": Variable(r"eigenvalue of sym$(W_p)$", ("mode",), "$p_j$"),
    "complex_eigenvalue": Variable("complex eigenvalue", ("mode",), r"$\lambda_j$"),
    "entropy_rank": Variable("entropy rank", symbol=r"$e^{H(\lambda)}$"),
    "participation_ratio": Variable(
        "participation ratio", symbol=r"$(\Sigma\lambda)^2/\Sigma\lambda^2$"
    ),
    "stable_rank": Variable("stable rank", symbol=r"$\Sigma\lambda^2/\lambda_1^2$"),
}

# How far below zero, relative to the largest, an eigenvalue of a float32 Gram matrix may fall.
NEGATIVE = 1e-4


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
    """
    name = "complex_eigenvalue"
    out = _numbered(_complex_eigenvalues, matrix, name, dtype=complex)
    return out.assign_attrs(spectrum_attrs(SPECTRUM[name], matrix))


def entropy_rank(values: xr.DataArray) -> xr.DataArray:
    r"""Exponential of the entropy of a spectrum: how many dimensions it fills.

    .. math:: e^{H(q)}, \quad q_j = \lambda_j / \textstyle\sum_i \lambda_i

    This is the entropy of the *eigenvalues* of a second moment. RankMe, of the singular values of
    the features, is the same with :math:`\sqrt{\lambda_j}` and is larger.

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a positive semi-definite matrix; those below 0 by rounding count as 0.

    Returns
    -------
    DataArray (...)
        In [1, d]: 1 for rank one, d for an isotropic spectrum; invariant to scale and order. NaN
        for a spectrum of zeros. Null level, n rows of white noise, n at least d:
        :math:`d\, e^{-(d - 1)(d + 2) / (2 d n + 4)}`, to half a percent: 56.4 for d = 64, n = 256.

    Raises
    ------
    ValueError
        `values` has no dim ``mode``, or is negative beyond rounding.

    References
    ----------
    Roy, Vetterli (2007), The effective rank; null for d, n large: Page (1993), Phys. Rev. Lett. 71,
    1291.
    """
    return over_modes(entropy_rank_of, values, "entropy_rank", SPECTRUM)


def participation_ratio(values: xr.DataArray) -> xr.DataArray:
    r"""Participation ratio :math:`(\sum_j \lambda_j)^2 / \sum_j \lambda_j^2` of a spectrum.

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a positive semi-definite matrix; those below 0 by rounding count as 0.

    Returns
    -------
    DataArray (...)
        In [1, d] and at most `entropy_rank`: 1 for rank one, d for an isotropic spectrum; invariant
        to scale and order. NaN for a spectrum of zeros. Null level, n rows of white noise:
        :math:`(d n + 2) / (n + d + 1)`, to 2 % from (2, 8) on: 51.0 for d = 64, n = 256.

    Raises
    ------
    ValueError
        `values` has no dim ``mode``, or is negative beyond rounding.
    """
    return over_modes(participation_ratio_of, values, "participation_ratio", SPECTRUM)


def stable_rank(values: xr.DataArray) -> xr.DataArray:
    r"""Stable rank :math:`\|M\|_F^2 / \|M\|_2^2 = \sum_j \lambda_j^2 / \lambda_1^2` of a spectrum.

    Of the matrix itself; that of the *features* behind a second moment is
    ``values.sum("mode") / values.max("mode")``.

    Parameters
    ----------
    values : DataArray (..., mode)
        Eigenvalues of a positive semi-definite matrix; those below 0 by rounding count as 0.

    Returns
    -------
    DataArray (...)
        In [1, d] and at most the rank: 1 for rank one, d for an isotropic spectrum; invariant to
        scale and order. NaN for a spectrum of zeros. Null level, n rows of white noise:
        `stable_rank_null`, 16.9 for d = 64, n = 256.

    Raises
    ------
    ValueError
        `values` has no dim ``mode``, or is negative beyond rounding.
    """
    return over_modes(stable_rank_of, values, "stable_rank", SPECTRUM)


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


def _positive(values: np.ndarray) -> np.ndarray:  # (..., d) -> (..., d)
    share = np.nan_to_num(values.min(axis=-1) / np.abs(values).max(axis=-1))
    if (worst := share.min(initial=0.0)) < -NEGATIVE:
        raise ValueError(
            f"the spectrum is not of a positive semi-definite matrix: an eigenvalue is {worst:.2g} "
            "of the largest; ranks are for correlations"
        )
    return np.maximum(values, 0.0)


def entropy_rank_of(values: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
    """Kernel of `entropy_rank`."""
    values = _positive(values)
    q = values / values.sum(axis=-1, keepdims=True)
    return np.exp(-(q * np.log(np.where(q == 0, 1.0, q))).sum(axis=-1))  # 0 log 0 = 0


def participation_ratio_of(values: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
    """Kernel of `participation_ratio`."""
    values = _positive(values)
    return values.sum(axis=-1) ** 2 / (values**2).sum(axis=-1)


def stable_rank_of(values: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
    """Kernel of `stable_rank`."""
    values = _positive(values)
    return (values**2).sum(axis=-1) / values.max(axis=-1) ** 2
