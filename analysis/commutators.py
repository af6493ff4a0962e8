r"""Do W_p and F commute? As a whole and mode by mode, and against what chance gives.

A commutator needs no choice of eigenvectors: where eigenvalues of F are (nearly) equal it stays
what it is, and the part of a group of such modes is the sum of theirs.
"""

import functools

import numpy as np
import xarray as xr

from analysis.alignment import ISOTROPIC, _measured, _parts
from analysis.schema import Variable
from analysis.spectrum import _eigh
from analysis.symmetry import _frobenius

_SIZE = r"(\sqrt{2}\,\|\tilde F\|_F \|\tilde W_p\|_F)"
COMMUTATOR = {
    "commutator": Variable("commutator", symbol=rf"$\|[F, W_p]\|_F / {_SIZE}$"),
    "commutator_null": Variable("commutator of unrelated eigenbases", symbol="$c_0$"),
    "mode_commutator": Variable("commutator of a mode", ("mode",), r"$c_j$"),
}


def commutator(
    predictor: xr.DataArray, correlation: xr.DataArray, deviatoric: bool = False
) -> xr.DataArray:
    r"""Size of the commutator of F and W_p, relative to the largest that their norms allow.

    .. math:: \|F W_p - W_p F\|_F / (\sqrt2\, \|F\|_F \|W_p\|_F)

    Parameters
    ----------
    predictor, correlation : DataArray (..., row, col)
        As for `alignment`.
    deviatoric : bool
        Take :math:`M - (\mathrm{tr} M/d) I` of both in the denominator. The commutator does not
        change by that; the measure no longer falls because a matrix nears the identity.

    Returns
    -------
    DataArray (...)
        In [0, 1] (Böttcher-Wenzel inequality, attained); 0 iff the matrices share eigenspaces.
        Needs no choice of eigenvectors, so degenerate s_j do no harm. Invariant to rotation, scale
        and sign; deviatoric, also to adding c I to either. NaN where a norm of the denominator is 0
        (deviatoric: 0 up to float32 rounding). Null level: `commutator_null`.

    Raises
    ------
    ValueError
        As for `alignment`.

    References
    ----------
    Böttcher, Wenzel (2008), Linear Algebra Appl. 429, 1864. Unnormalised: Tian, Chen, Ganguli
    (2021), arXiv:2102.06810, Theorem 3 and Fig. 9; that form also vanishes under collapse.
    """
    kernel = functools.partial(_commutator, deviatoric=deviatoric)
    return _measured(kernel, predictor, correlation, "commutator", COMMUTATOR)


def commutator_null(
    predictor: xr.DataArray, correlation: xr.DataArray, deviatoric: bool = False
) -> xr.DataArray:
    r"""Root mean square of `commutator` when the features of W_p are rotated at random against F.

    .. math:: \sqrt{\frac{d}{(d+2)(d-1)} \frac{\|\tilde A\|_F^2}{\|\tilde W_p\|_F^2}
              + \frac{1}{d-1} \frac{\|B\|_F^2}{\|\tilde W_p\|_F^2}}

    is the deviatoric form, with A and B the symmetric and antisymmetric part of W_p and a tilde for
    M - (tr M/d) I; it depends on F in nothing. The plain form is
    :math:`\|\tilde F\|\|\tilde W_p\| / (\|F\| \|W_p\|)` times that. It follows from the second
    moment of a matrix under Haar rotations, :math:`E\,A_{ij} A_{kl} \propto \delta_{ik} \delta_{jl}
    + \delta_{il} \delta_{jk} - \tfrac2d \delta_{ij} \delta_{kl}` for symmetric traceless A and
    :math:`E\,B_{ij} B_{kl} \propto \delta_{ik} \delta_{jl} - \delta_{il} \delta_{jk}`.

    Parameters
    ----------
    predictor, correlation, deviatoric
        As for `commutator`.

    Returns
    -------
    DataArray (...)
        In [0, 1]; about :math:`d^{-1/2}` when deviatoric (0.088 at d = 128). NaN where `commutator`
        is.

    Raises
    ------
    ValueError
        As for `alignment`.
    """
    kernel = functools.partial(_commutator_null, deviatoric=deviatoric)
    return _measured(kernel, predictor, correlation, "commutator_null", COMMUTATOR)


def mode_commutator(predictor: xr.DataArray, correlation: xr.DataArray) -> xr.DataArray:
    r"""Part of each mode in the deviatoric commutator: which modes do not commute, and when.

    .. math:: c_j = \frac{\lVert [F, W_p] u_j \rVert}
        {\sqrt2\, \lVert \tilde F \rVert_F \lVert \tilde W_p \rVert_F},
        \quad [F, W_p] u_j = (F - s_j) W_p u_j, \quad \textstyle\sum_j c_j^2 = c^2

    with c the `commutator`: unlike an alignment, it weighs a mode by how much is wrong with it.

    Parameters
    ----------
    predictor, correlation : DataArray (..., row, col)
        As for `commutator`.

    Returns
    -------
    DataArray (..., mode)
        In [0, 1], 0 where W_p u_j stays in the eigenspace of s_j. By falling s_j; inside (nearly)
        equal s_j only the sum of squares has a meaning. Invariances and NaN of `commutator`. Null
        level, in root mean square over modes: `commutator_null` over the root of d.

    Raises
    ------
    ValueError
        As for `commutator`.
    """
    return _measured(
        lambda W, F: _mode_commutator(W, F, *_eigh(F)),
        predictor,
        correlation,
        "mode_commutator",
        COMMUTATOR,
    )


def _commutator(W: np.ndarray, F: np.ndarray, deviatoric: bool) -> np.ndarray:
    # (..., d, d), (..., d, d) -> (...)
    norm = _deviatoric_norm if deviatoric else _frobenius
    return _frobenius(F @ W - W @ F) / (np.sqrt(2) * norm(F) * norm(W))


def _commutator_null(W: np.ndarray, F: np.ndarray, deviatoric: bool) -> np.ndarray:
    # (..., d, d), (..., d, d) -> (...)
    d = np.float64(W.shape[-1])
    norm = _deviatoric_norm if deviatoric else _frobenius
    A2, B2, _ = _parts(W)
    mean_square = (A2 * d / (d + 2) + B2) / (d - 1) * _parts(F)[0]
    return np.sqrt(mean_square) / (norm(F) * norm(W))


def _mode_commutator(W: np.ndarray, F: np.ndarray, s: np.ndarray, U: np.ndarray) -> np.ndarray:
    # (..., d, d), (..., d, d), (..., d), (..., d, d) -> (..., d): columns of U^T [F, W] U
    inside = np.swapaxes(U, -1, -2) @ (W @ U) * (s[..., :, None] - s[..., None, :])
    size = np.sqrt(2) * _deviatoric_norm(F) * _deviatoric_norm(W)
    return np.sqrt((inside**2).sum(axis=-2)) / size[..., None]


def _deviatoric_norm(M: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    A2, B2, M2 = _parts(M)
    return np.sqrt(np.where(A2 + B2 > ISOTROPIC**2 * M2, A2 + B2, np.nan))
