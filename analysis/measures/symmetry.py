"""The two parts of W_p, and how far it is from a symmetric matrix."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from analysis.linalg.basis import basis_of
from analysis.linalg.kernels import antisymmetric, frobenius, symmetric
from analysis.linalg.labelled import over_matrices, resolution
from analysis.store.labels import symmetrised_attrs
from analysis.store.schema import MATRIX, Variable

SYMMETRY = {
    "symmetric_part": Variable("symmetric part", MATRIX, "$A$"),
    "antisymmetric_part": Variable("antisymmetric part", MATRIX, "$B$"),
}
ASYMMETRY = {
    "frobenius": Variable("asymmetry", symbol=r"$\|W_p - W_p^\top\|_F / \|W_p\|_F$"),
    "l1": Variable("asymmetry", symbol=r"$\Sigma|W_p - W_p^\top| / \Sigma|W_p|$"),
    "fraction": Variable("asymmetry", symbol=r"$\|B\|_F / \|W_p\|_F$"),
}


def symmetric_part(matrix: xr.DataArray) -> xr.DataArray:
    r"""Symmetric part :math:`A = (M + M^\top)/2`, the symmetric matrix nearest to `matrix`.

    Parameters
    ----------
    matrix : DataArray (..., row, col)

    Returns
    -------
    DataArray (..., row, col)
        float64, with the rounding unit of the stored dtype in ``attrs["resolution"]`` and the name
        of `matrix` in ``attrs["matrix"]``. Also what makes a cross-view correlation, symmetric only
        in expectation, fit for the measures that want a symmetric F; what is measured of it is
        labelled so, "eigenvalue of the symmetrised cross-view correlation".

    Raises
    ------
    ValueError
        `matrix` is not real, has no dims ``row, col``, or is not square.
    """
    out = _part(symmetric, matrix, "symmetric_part")
    return out.assign_attrs(symmetrised_attrs(SYMMETRY["symmetric_part"], matrix))


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
        float64; ``symmetric_part(m) + antisymmetric_part(m)`` is `m`. Attributes as there.

    Raises
    ------
    ValueError
        `matrix` is not real, has no dims ``row, col``, or is not square.
    """
    return _part(antisymmetric, matrix, "antisymmetric_part")


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

    Examples
    --------
    >>> from analysis.registry.examples import W
    >>> print(asymmetry(W).values.round(4))
    0.8165
    >>> print(asymmetry(W, norm="l1").values.round(4))
    0.6667
    >>> print(asymmetry(W, norm="fraction").values.round(4))
    0.4082
    """
    if norm not in ASYMMETRY:
        raise ValueError(f"norm is {norm!r}; wanted one of {sorted(ASYMMETRY)}")
    kernel, null = ASYMMETRY_KERNELS[norm], ASYMMETRY_NULL[norm]
    out = over_matrices(kernel, predictor, name="asymmetry", label=ASYMMETRY[norm], degrees=(0,))
    return out.assign_attrs(null_level=float(null(predictor.sizes["row"])))


def _part(
    kernel: Callable[[np.ndarray], np.ndarray], matrix: xr.DataArray, name: str
) -> xr.DataArray:
    out = over_matrices(kernel, matrix, name=name, label=SYMMETRY[name])
    return out.assign_attrs(matrix=basis_of(matrix), resolution=resolution(matrix))


def _l1(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    return np.abs(M).sum(axis=(-2, -1))


ASYMMETRY_KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # (..., d, d) -> (...)
    "frobenius": lambda W: 2 * frobenius(antisymmetric(W)) / frobenius(W),
    "l1": lambda W: 2 * _l1(antisymmetric(W)) / _l1(W),
    "fraction": lambda W: frobenius(antisymmetric(W)) / frobenius(W),
}
ASYMMETRY_NULL: dict[str, Callable[[int], np.floating]] = {  # B has no diagonal: hence 1 - 1/d
    "frobenius": lambda d: np.sqrt(2 * (1 - 1 / d)),
    "l1": lambda d: np.sqrt(2) * (1 - 1 / d),
    "fraction": lambda d: np.sqrt((1 - 1 / d) / 2),
}
