"""How far W_p is from a normal, a definite, a diagonal matrix."""

from collections.abc import Callable

import numpy as np
import scipy.linalg
import scipy.sparse.csgraph
import xarray as xr

from analysis.linalg.kernels import COMPUTED, eigvalsh, finite, frobenius, off_diagonal
from analysis.linalg.labelled import over_matrices, resolution
from analysis.store.schema import Variable

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
        one. It is computed as the norm of the strictly upper triangle of the Schur form, since the
        difference would leave no normal matrix below 1e-8. Invariant to rotation and scale. Null
        level, independent entries: about 0.71. NaN for zeros.

    Raises
    ------
    ValueError
        `predictor` is not real, not square, or has no dims ``row, col``.

    Examples
    --------
    >>> from analysis.registry.examples import W
    >>> print(henrici_departure(W).values.round(4))
    0.5774
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

    Examples
    --------
    >>> from analysis.registry.examples import W
    >>> print(definiteness(W).values.round(4))
    0.0
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

    Examples
    --------
    >>> from analysis.registry.examples import W
    >>> print(imaginary_energy(W).values.round(4))
    0.0
    """
    return _measured(_imaginary, predictor, "imaginary_energy")


def eigenvector_condition(predictor: xr.DataArray) -> xr.DataArray:
    r"""Condition number of the eigenvectors of W_p, of unit length.

    Parameters, raises: as `henrici_departure`.

    Returns
    -------
    DataArray (...)
        At least 1, which is a normal matrix; the least that a choice inside equal eigenvalues
        allows. Infinite where eigenvectors are missing, as those of a Jordan block, or may be
        within rounding of the stored dtype: a pair that nearly is a block has no more than about
        1e7 in float64, 3e3 in float32. An eigenvalue moves by at most this times a perturbation
        (Bauer and Fike). Null level, independent entries: of order d.

    Examples
    --------
    >>> from analysis.registry.examples import W
    >>> print(eigenvector_condition(W).values.round(4))
    inf
    """
    unit = max(resolution(predictor), COMPUTED)
    return _measured(lambda W: _condition(W, unit), predictor, "eigenvector_condition")


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

    Examples
    --------
    >>> from analysis.registry.examples import W
    >>> print(raw_off_diagonal(W).values.round(4))
    0.7071
    """
    return _measured(_raw, predictor, "raw_off_diagonal")


def _measured(
    kernel: Callable[[np.ndarray], np.ndarray], predictor: xr.DataArray, name: str
) -> xr.DataArray:
    return over_matrices(kernel, predictor, name=name, label=NORMALITY[name], degrees=(0,))


def _departure(W: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    solvable, mark = finite(W)
    out = np.empty(W.shape[:-2])
    for index in np.ndindex(out.shape):
        T = scipy.linalg.schur(solvable[index], check_finite=False)[0]
        upper, lower = np.triu(T, 1), np.diagonal(T, -1)
        # A pair of conjugates is a block [[a, b], [c, a]] with bc < 0: b + c of it is off normal.
        upper[np.arange(len(lower)), 1 + np.arange(len(lower))] += lower
        out[index] = np.linalg.norm(upper) / np.linalg.norm(T)
    return np.where(mark[..., 0], out, np.nan)


def _negative(W: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    p = eigvalsh(W)
    return np.square(np.minimum(p, 0)).sum(axis=-1) / np.square(p).sum(axis=-1)


def _imaginary(W: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    solvable, mark = finite(W)
    values = np.where(mark, np.linalg.eigvals(solvable).astype(complex), np.nan)
    return np.square(values.imag).sum(axis=-1) / np.square(np.abs(values)).sum(axis=-1)


def _condition(W: np.ndarray, unit: float) -> np.ndarray:  # (..., d, d) -> (...)
    solvable, mark = finite(W)
    values, vectors = np.linalg.eig(solvable)
    out = _ratio(vectors)
    # Bauer and Fike: eigenvalues nearer than this may be equal, and their vectors anything.
    reach = unit * frobenius(solvable) * out
    gap = np.abs(values[..., :, None] - values[..., None, :])
    equal = gap <= reach[..., None, None]
    for index in np.argwhere(equal.sum(axis=(-2, -1)) > W.shape[-1]):
        at = tuple(index)
        out[at] = _settled(vectors[at], equal[at], unit)
    return np.where(mark[..., 0], out, np.nan)


def _settled(V: np.ndarray, equal: np.ndarray, unit: float) -> float:  # (d, d), (d, d)
    # The condition with an orthonormal basis of each eigenspace; infinite if one lacks a vector.
    V = V.copy()
    groups, label = scipy.sparse.csgraph.connected_components(equal)
    for group in range(groups):
        those = np.flatnonzero(label == group)
        V[:, those], size, _ = np.linalg.svd(V[:, those], full_matrices=False)
        if size[-1] <= np.sqrt(100 * unit):
            return np.inf
    return float(_ratio(V))


def _ratio(V: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...): its condition
    sizes = np.linalg.svd(V, compute_uv=False)
    return np.asarray(sizes[..., 0] / sizes[..., -1])


def _raw(W: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    on = np.square(np.einsum("...ii->...i", W)).sum(axis=-1)
    return frobenius(off_diagonal(W)) / np.sqrt(on)
