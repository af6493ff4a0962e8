"""Eigenvalues of F and of W_p, and how many dimensions they span.

Symmetric matrices go to ``eigh`` in float64: on a degenerate spectrum ``eig`` returns vectors that
are far from orthogonal. The complex spectrum of W_p itself stays complex.
"""

import functools
from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr

from analysis.labels import spectrum_attrs
from analysis.schema import Variable
from analysis.symmetry import (
    _squares,
    _symmetric_part,
    over_matrices,
    silent,
)

SYMMETRIC_PREDICTOR = r"sym$(W_p)$"
SPECTRUM = {
    "eigenvalue": Variable("eigenvalue", ("mode",), r"$\lambda_j$"),
    "correlation_eigenvalue": Variable("eigenvalue", ("mode",), "$s_j$"),  # of which F: `labels`
    "predictor_eigenvalue": Variable(f"eigenvalue of {SYMMETRIC_PREDICTOR}", ("mode",), "$p_j$"),
    "complex_eigenvalue": Variable("complex eigenvalue", ("mode",), r"$\lambda_j$"),
    "entropy_rank": Variable("entropy rank", symbol=r"$e^{H(\lambda)}$"),
    "participation_ratio": Variable(
        "participation ratio", symbol=r"$(\Sigma\lambda)^2/\Sigma\lambda^2$"
    ),
    "stable_rank": Variable("stable rank", symbol=r"$\Sigma\lambda^2/\lambda_1^2$"),
}

# |M - M^T| / |M| that still counts as symmetric. Summed and stored in float32, a symmetric matrix
# stays below 1e-6; a cross-view correlation of n rows is at about n^(-1/2), never below 1e-3.
SYMMETRIC = 1e-4
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
        resolution times the largest is zero as far as the data can tell. Its label and
        ``attrs["basis"]`` say of which matrix: by the ``long_name`` of `matrix`.

        Null level, for the correlation of n rows of white noise: not 1, but spread over
        :math:`(1 \pm \sqrt{d/n})^2` (Marchenko-Pastur).

    Raises
    ------
    ValueError
        `matrix` is not symmetric (when dask data are computed), not square, or has no such dims.
    """
    kernel = functools.partial(_eigenvalues, name=str(matrix.name or "the matrix"))
    out = over_matrices(kernel, matrix, name="eigenvalue", label=SPECTRUM["eigenvalue"])
    label = spectrum_attrs(SPECTRUM["eigenvalue"], matrix)
    return out.assign_attrs(label, resolution=resolution(matrix))


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
    name = "predictor_eigenvalue"
    out = over_matrices(_predictor_eigenvalues, predictor, name=name, label=SPECTRUM[name])
    return out.assign_attrs(resolution=resolution(predictor), basis=SYMMETRIC_PREDICTOR)


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
    kernel = _complex_eigenvalues
    out = over_matrices(kernel, matrix, name=name, label=SPECTRUM[name], dtype=complex)
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
        for a spectrum of zeros. Null level, n > d rows of white noise: :math:`d\, e^{-d/(2n)}`.

    Raises
    ------
    ValueError
        `values` has no dim ``mode``, or is negative beyond rounding.

    References
    ----------
    Roy, Vetterli (2007), The effective rank; null: Page (1993), Phys. Rev. Lett. 71, 1291.
    """
    return _over_modes(_entropy_rank, values, "entropy_rank")


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
        :math:`d / (1 + (d + 1)/n)`.

    Raises
    ------
    ValueError
        `values` has no dim ``mode``, or is negative beyond rounding.
    """
    return _over_modes(_participation_ratio, values, "participation_ratio")


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
        :math:`d (1 + d/n) / (1 + \sqrt{d/n})^4`.

    Raises
    ------
    ValueError
        `values` has no dim ``mode``, or is negative beyond rounding.
    """
    return _over_modes(_stable_rank, values, "stable_rank")


def resolution(matrix: xr.DataArray) -> float:
    """Return the rounding unit of the stored dtype; 0 for integers."""
    return float(np.finfo(matrix.dtype).eps) if matrix.dtype.kind == "f" else 0.0


def _over_modes(
    kernel: Callable[[np.ndarray], np.ndarray],
    values: xr.DataArray,
    name: str,
    labels: Mapping[str, Variable] = SPECTRUM,
) -> xr.DataArray:
    if "mode" not in values.dims:
        raise ValueError(f"{name} takes eigenvalues, dim 'mode', and got dims {values.dims}")
    out = xr.apply_ufunc(
        silent(kernel),
        values,
        input_core_dims=[["mode"]],
        dask="parallelized",
        dask_gufunc_kwargs={"allow_rechunk": True},
        output_dtypes=[float],
        keep_attrs="override",
    )
    out.attrs = dict(labels[name].attrs)
    return out.rename(name)


def _finite(M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # (..., d, d) -> the same, (..., 1)
    # LAPACK may fail to converge on NaN: solve 0 instead, and mark the result.
    finite = np.isfinite(M).all(axis=(-2, -1))
    return M if finite.all() else np.where(finite[..., None, None], M, 0.0), finite[..., None]


def _check_symmetric(M: np.ndarray, name: str) -> None:  # (..., d, d)
    symmetric, antisymmetric = _squares(M)
    ratio = 2 * np.sqrt(antisymmetric / (symmetric + antisymmetric))
    if (worst := np.nan_to_num(ratio).max(initial=0.0)) > SYMMETRIC:
        raise ValueError(
            f"{name} is not symmetric: |M - M^T| = {worst:.2g} |M|, above the {SYMMETRIC:g} of "
            "rounding; take symmetric_part(...) of it first"
        )


def _eigh(M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # (..., d, d) -> (..., d), (..., d, d): descending eigenvalues, eigenvectors in the columns
    M, finite = _finite(M)
    s, U = np.linalg.eigh(M)  # reads the lower triangle
    return np.where(finite, s, np.nan)[..., ::-1], np.where(finite[..., None], U, np.nan)[..., ::-1]


def _eigenvalues(M: np.ndarray, name: str) -> np.ndarray:  # (..., d, d) -> (..., d)
    _check_symmetric(M, name)
    return _predictor_eigenvalues(M)


def _predictor_eigenvalues(W: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d)
    W, finite = _finite(W)
    return np.where(finite, np.linalg.eigvalsh(_symmetric_part(W)), np.nan)[..., ::-1]


def _complex_eigenvalues(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d)
    M, finite = _finite(M)
    values = np.where(finite, np.linalg.eigvals(M).astype(complex), np.nan)
    order = np.lexsort((-values.imag, -values.real), axis=-1)
    return np.take_along_axis(values, order, axis=-1)


def _positive(values: np.ndarray) -> np.ndarray:  # (..., d) -> (..., d)
    share = np.nan_to_num(values.min(axis=-1) / np.abs(values).max(axis=-1))
    if (worst := share.min(initial=0.0)) < -NEGATIVE:
        raise ValueError(
            f"the spectrum is not of a positive semi-definite matrix: an eigenvalue is {worst:.2g} "
            "of the largest; ranks are for correlations"
        )
    return np.maximum(values, 0.0)


def _entropy_rank(values: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
    values = _positive(values)
    q = values / values.sum(axis=-1, keepdims=True)
    return np.exp(-(q * np.log(np.where(q == 0, 1.0, q))).sum(axis=-1))  # 0 log 0 = 0


def _participation_ratio(values: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
    values = _positive(values)
    return values.sum(axis=-1) ** 2 / (values**2).sum(axis=-1)


def _stable_rank(values: np.ndarray) -> np.ndarray:  # (..., d) -> (...)
    values = _positive(values)
    return (values**2).sum(axis=-1) / values.max(axis=-1) ** 2
