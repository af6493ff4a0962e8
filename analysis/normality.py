"""How far W_p is from a normal, a definite, a diagonal matrix."""

import numpy as np
import xarray as xr

from analysis.schema import Variable
from analysis.spectrum import _eigh, _finite
from analysis.symmetry import _frobenius, _symmetric_part, over_matrices

NORMALITY = {
    "henrici_departure": Variable("departure from normality", symbol=r"$\|N\|_F / \|W_p\|_F$"),
    "definiteness": Variable("negative energy", symbol=r"$\Sigma_{p_j<0} p_j^2 / \Sigma p_j^2$"),
    "imaginary_energy": Variable(
        "imaginary energy", symbol=r"$\Sigma (\mathrm{Im} \lambda)^2 / \Sigma |\lambda|^2$"
    ),
    "eigenvector_condition": Variable("condition of the eigenvectors", symbol=r"$\kappa(V)$"),
    "raw_off_diagonal": Variable(
        "off-diagonal over diagonal", symbol=r"$\|\mathrm{off}\|_F / \|\mathrm{diag}\|_F$"
    ),
}


def henrici_departure(predictor: xr.DataArray) -> xr.DataArray:
    r"""Henrici's departure from normality, relative to the norm.

    .. math:: \sqrt{\lVert W \rVert_F^2 - \textstyle\sum |\lambda|^2} \;/\; \lVert W \rVert_F

    Parameters
    ----------
    predictor : DataArray (..., row, col)

    Returns
    -------
    DataArray (...)
        In [0, 1]: 0 for a normal matrix, symmetric or antisymmetric among them, 1 for a nilpotent
        one. It is the norm of the strictly upper triangle of the Schur form. Invariant to rotation
        and scale. Null level, independent entries: about 0.71. NaN for zeros.

    Raises
    ------
    ValueError
        `predictor` is not square, or has no dims ``row, col``.
    """
    return _measured(_departure, predictor, "henrici_departure")


def definiteness(predictor: xr.DataArray) -> xr.DataArray:
    r"""Share of negative modes in sym(W_p): :math:`\sum_{p_j < 0} p_j^2 / \sum p_j^2`.

    Parameters, raises: as `henrici_departure`.

    Returns
    -------
    DataArray (...)
        In [0, 1]: 0 for a positive semi-definite part, 1 for a negative one. Invariant to rotation
        and positive scale. Null level, independent entries: 1/2.
    """
    return _measured(_negative, predictor, "definiteness")


def imaginary_energy(predictor: xr.DataArray) -> xr.DataArray:
    r"""Share of the spectrum of W_p that is imaginary.

    .. math:: \textstyle\sum_j (\operatorname{Im} \lambda_j)^2 / \sum_j |\lambda_j|^2

    Parameters, raises: as `henrici_departure`.

    Returns
    -------
    DataArray (...)
        In [0, 1]: 0 for a symmetric matrix, 1 for an antisymmetric one. Invariant to every change
        of basis. Null level, independent entries: somewhat below 1/2.
    """
    return _measured(_imaginary, predictor, "imaginary_energy")


def eigenvector_condition(predictor: xr.DataArray) -> xr.DataArray:
    r"""Condition number of the eigenvectors of W_p, of unit length.

    Parameters, raises: as `henrici_departure`.

    Returns
    -------
    DataArray (...)
        At least 1, which is a normal matrix; infinite where eigenvectors are missing. An eigenvalue
        moves by at most this times a perturbation (Bauer and Fike). Null level, independent
        entries: of order d.
    """
    return _measured(_condition, predictor, "eigenvector_condition")


def raw_off_diagonal(predictor: xr.DataArray) -> xr.DataArray:
    r"""Norm off the diagonal over that on it, in the basis of the neurons.

    Parameters, raises: as `henrici_departure`.

    Returns
    -------
    DataArray (...)
        0 for a diagonal matrix, infinite for one without diagonal. Not invariant to rotation: of
        use where single neurons carry features. Null level, independent entries:
        :math:`\sqrt{d - 1}`.

    References
    ----------
    Wen, Li (2022), arXiv:2205.06226: in their setting it rises, then falls again.
    """
    return _measured(_raw, predictor, "raw_off_diagonal")


def _measured(kernel: object, predictor: xr.DataArray, name: str) -> xr.DataArray:
    return over_matrices(kernel, predictor, name=name, label=NORMALITY[name])  # type: ignore[arg-type]


def _eigenvalues(W: np.ndarray) -> np.ndarray:
    solvable, finite = _finite(W)
    return np.where(finite, np.linalg.eigvals(solvable).astype(complex), np.nan)


def _departure(W: np.ndarray) -> np.ndarray:
    norm = _frobenius(W)
    inside = np.square(np.abs(_eigenvalues(W))).sum(axis=-1)
    return np.sqrt(np.maximum(norm**2 - inside, 0)) / norm


def _negative(W: np.ndarray) -> np.ndarray:
    p = _eigh(_symmetric_part(W))[0]
    return np.square(np.minimum(p, 0)).sum(axis=-1) / np.square(p).sum(axis=-1)


def _imaginary(W: np.ndarray) -> np.ndarray:
    values = _eigenvalues(W)
    return np.square(values.imag).sum(axis=-1) / np.square(np.abs(values)).sum(axis=-1)


def _condition(W: np.ndarray) -> np.ndarray:
    solvable, finite = _finite(W)
    V = np.linalg.eig(solvable)[1]
    sizes = np.linalg.svd(V, compute_uv=False)
    return np.where(finite[..., 0], sizes[..., 0] / sizes[..., -1], np.nan)


def _raw(W: np.ndarray) -> np.ndarray:
    on = np.square(np.einsum("...ii->...i", W)).sum(axis=-1)
    return np.sqrt(np.maximum(np.square(_frobenius(W)) - on, 0) / on)
