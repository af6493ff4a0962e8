r"""Do W_p and F share eigenvectors? Per mode, in one number, and against what chance gives.

A W_p near a multiple of the identity maps every vector almost onto itself and looks aligned with
anything: so each measure has its null level here, what W_p turned at random against F would give.
"""

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr

from analysis.schema import Variable
from analysis.spectrum import _check_symmetric, _eigh
from analysis.symmetry import (
    _frobenius,
    _squares,
    _trace,
    over_matrices,
)

ALIGNMENT = {
    "alignment": Variable("alignment", ("mode",), "$a_j$"),
    "alignment_null": Variable("alignment of unrelated eigenbases", symbol="$a_0$"),
    "alignment_excess": Variable("excess alignment", ("mode",), "$(a_j - a_0)/(1 - a_0)$"),
    "off_diagonal_energy": Variable(
        "off-diagonal energy",
        symbol=r"$1 - \Sigma_j(U^\top\tilde A U)_{jj}^2 / \|\tilde A\|_F^2$",
    ),
}

# Relative size of what is rounding: in W_p u_j, in 1 - a_0, in a float32 matrix less its trace.
DEAD, IDENTITY, ISOTROPIC = 1e-12, 1e-12, 1e-6


def alignment(predictor: xr.DataArray, correlation: xr.DataArray) -> xr.DataArray:
    r"""Cosine between each eigenvector of F and its image under W_p.

    .. math:: a_j = u_j^\top W_p u_j / \lVert W_p u_j \rVert, \quad F u_j = s_j u_j

    Parameters
    ----------
    predictor : DataArray (..., row, col)
        W_p; need not be symmetric.
    correlation : DataArray (..., row, col)
        F; symmetric up to rounding (checked).

    Returns
    -------
    DataArray (..., mode)
        In [-1, 1]: 1 where u_j is an eigenvector of W_p with positive eigenvalue, -1 with a
        negative one. Mode 1 has the largest s_j *at that step* (a rank, not an identity). Invariant
        to rotation of the features and to positive scale. NaN where W_p u_j = 0. Arbitrary inside
        an eigenspace of (nearly) equal s_j: read `commutator` there; and meaningless, though
        defined, for dead modes: weight by s_j.

        Null level: `alignment_null`, which is 0.895 for A^T A with Gaussian A of 512 x 128.

    Raises
    ------
    ValueError
        `correlation` is not symmetric (when dask data are computed), or shapes do not match.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Fig. 2c.
    """
    return _measured(_in_eigenbasis(_alignment), predictor, correlation, "alignment")


def alignment_null(predictor: xr.DataArray) -> xr.DataArray:
    r"""Alignment that W_p has with an eigenbasis unrelated to it.

    .. math:: a_0 = \mathrm{tr}\, W_p / \sqrt{d\, \mathrm{tr}\, W_p^\top W_p}

    Ratio of the means of :math:`u^\top W_p u` and :math:`\|W_p u\|^2` over unit vectors u: exact
    for large d, within some percent at d = 8.

    Parameters
    ----------
    predictor : DataArray (..., row, col)
        W_p; need not be symmetric.

    Returns
    -------
    DataArray (...)
        In [-1, 1]: 1 for c I with c > 0, about 0 for independent entries, sqrt(k/d) for a projector
        of rank k. Invariant to rotation and positive scale. NaN where W_p is 0.

    Raises
    ------
    ValueError
        `predictor` is not square, or has no dims ``row, col``.
    """
    name = "alignment_null"
    return over_matrices(_alignment_null, predictor, name=name, label=ALIGNMENT[name])


def alignment_excess(predictor: xr.DataArray, correlation: xr.DataArray) -> xr.DataArray:
    r"""Alignment beyond chance: :math:`(a_j - a_0) / (1 - a_0)`.

    Parameters
    ----------
    predictor, correlation : DataArray (..., row, col)
        As for `alignment`.

    Returns
    -------
    DataArray (..., mode)
        At most 1, which means a shared eigenvector; null level 0; negative below chance, without
        bound. Invariances of `alignment`. NaN where that is, and for W_p = c I with c > 0, up to
        rounding: it is aligned with everything, so that no excess is possible.

    Raises
    ------
    ValueError
        As for `alignment`.
    """
    return _measured(_in_eigenbasis(_alignment_excess), predictor, correlation, "alignment_excess")


def off_diagonal_energy(predictor: xr.DataArray, correlation: xr.DataArray) -> xr.DataArray:
    r"""Share of W_p that is off the diagonal in the eigenbasis of F; the best single number.

    .. math:: 1 - \sum_j (U^\top \tilde A U)_{jj}^2 \,/\, \|\tilde A\|_F^2

    with A the symmetric part of W_p and a tilde for M - (tr M/d) I: what is a multiple of the
    identity is diagonal in every basis and counts for nothing.

    Parameters
    ----------
    predictor, correlation : DataArray (..., row, col)
        As for `alignment`.

    Returns
    -------
    DataArray (...)
        In [0, 1]: 0 where F's eigenvectors are those of A; arbitrary inside equal s_j. Invariant to
        rotation, scale, sign and to adding c I to W_p; blind to B (see `asymmetry`). Null level
        :math:`d/(d + 2)`. NaN where A is a multiple of the identity up to float32 rounding.

    Raises
    ------
    ValueError
        As for `alignment`.
    """
    kernel = _in_eigenbasis(_off_diagonal_energy)
    return _measured(kernel, predictor, correlation, "off_diagonal_energy")


def _measured(
    kernel: Callable[[np.ndarray, np.ndarray], np.ndarray],
    predictor: xr.DataArray,
    correlation: xr.DataArray,
    name: str,
    labels: Mapping[str, Variable] = ALIGNMENT,
) -> xr.DataArray:
    F_name = str(correlation.name or "correlation")

    def checked(W: np.ndarray, F: np.ndarray) -> np.ndarray:
        _check_symmetric(F, F_name)
        return kernel(W, F)

    return over_matrices(checked, predictor, correlation, name=name, label=labels[name])


def _in_eigenbasis(
    kernel: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return lambda W, F: kernel(W, *_rayleigh(W, _eigh(F)[1]))


def _rayleigh(W: np.ndarray, U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # (..., d, d), (..., d, d) -> p, gain (..., d): u_j . W u_j and |W u_j|
    WU = W @ U
    return np.einsum("...ij,...ij->...j", U, WU), np.sqrt(np.einsum("...ij,...ij->...j", WU, WU))


def _alignment(W: np.ndarray, p: np.ndarray, gain: np.ndarray) -> np.ndarray:
    # (..., d, d), (..., d), (..., d) -> (..., d)
    return np.where(gain > DEAD * _frobenius(W)[..., None], np.clip(p / gain, -1, 1), np.nan)


def _alignment_null(W: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    return _trace(W) / (np.sqrt(W.shape[-1]) * _frobenius(W))


def _alignment_excess(W: np.ndarray, p: np.ndarray, gain: np.ndarray) -> np.ndarray:
    # (..., d, d), (..., d), (..., d) -> (..., d)
    null = _alignment_null(W)[..., None]
    return np.where(1 - null > IDENTITY, (_alignment(W, p, gain) - null) / (1 - null), np.nan)


def _off_diagonal_energy(W: np.ndarray, p: np.ndarray, gain: np.ndarray) -> np.ndarray:
    # (..., d, d), (..., d), (..., d) -> (...)
    diagonal = p - _trace(W)[..., None] / W.shape[-1]
    A2, _, W2 = _parts(W)
    energy = np.where(A2 > ISOTROPIC**2 * W2, A2, np.nan)
    return np.clip(1 - (diagonal**2).sum(axis=-1) / energy, 0, 1)


def _parts(M: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # (..., d, d) -> (...) three times: |A - (tr A/d) I|^2, |B|^2, |M|^2
    A2, B2 = _squares(M)
    return np.maximum(A2 - _trace(M) ** 2 / M.shape[-1], 0), B2, A2 + B2
