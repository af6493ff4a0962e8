r"""Do W_p and F commute? As a whole and mode by mode, and against what chance gives.

A commutator needs no choice of eigenvectors: where eigenvalues of F are (nearly) equal it stays
what it is, and the part of a group of such modes is the sum of theirs.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from analysis.linalg.kernels import (
    Pair,
    antisymmetric,
    check_symmetric,
    frobenius,
    rounding,
    spread,
    symmetric,
    traceless,
)
from analysis.linalg.labelled import over_matrices, resolution
from analysis.measures.alignment import measured
from analysis.store.schema import Variable

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
        (deviatoric: 0 up to rounding of the stored dtype). Null level: `commutator_null`.

    Raises
    ------
    ValueError
        As for `alignment`.

    References
    ----------
    Böttcher, Wenzel (2008), Linear Algebra Appl. 429, 1864. Unnormalised: Tian, Chen, Ganguli
    (2021), arXiv:2102.06810, Theorem 3 and Fig. 9; that form also vanishes under collapse.

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(commutator(W, F).values.round(4))
    0.1826
    >>> print(commutator(W, F, deviatoric=True).values.round(4))
    1.0
    """
    return _measured(_bracket, predictor, correlation, "commutator", deviatoric)


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

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(commutator_null(W, F).values.round(4))
    0.1581
    >>> print(commutator_null(W, F, deviatoric=True).values.round(4))
    0.866
    """
    return _measured(commutator_null_of, predictor, correlation, "commutator_null", deviatoric)


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

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(mode_commutator(W, F).values.round(4))
    [0. 1.]
    """
    return measured(mode_commutator_of, predictor, correlation, "mode_commutator", COMMUTATOR)


def mode_commutator_of(seen: Pair) -> np.ndarray:  # -> (..., d): columns of U^T [F, W] U
    """Kernel of `mode_commutator`."""
    inside = seen.W * (seen.s[..., :, None] - seen.s[..., None, :])
    size = np.sqrt(2) * seen.size * spread(seen.W, seen.rounding)
    return np.sqrt((inside**2).sum(axis=-2)) / size[..., None]


def commutator_null_of(W: np.ndarray, F: np.ndarray) -> np.ndarray:  # -> (...)
    """Kernel of `commutator_null` times |W||F|: over their deviatoric sizes, the measure."""
    d = np.float64(W.shape[-1])
    A2, B2 = (frobenius(part) ** 2 for part in (traceless(symmetric(W)), antisymmetric(W)))
    return np.sqrt((A2 * d / (d + 2) + B2) / (d - 1)) * frobenius(traceless(F))


def _bracket(W: np.ndarray, F: np.ndarray) -> np.ndarray:  # (..., d, d), (..., d, d) -> (...)
    F, W = traceless(F), traceless(W)  # which changes nothing but the rounding
    return frobenius(F @ W - W @ F) / np.sqrt(2)


def _measured(
    kernel: Callable[[np.ndarray, np.ndarray], np.ndarray],
    predictor: xr.DataArray,
    correlation: xr.DataArray,
    name: str,
    deviatoric: bool,
) -> xr.DataArray:
    units = resolution(predictor), resolution(correlation)
    F_name = str(correlation.name or "correlation")

    def over_sizes(W: np.ndarray, F: np.ndarray) -> np.ndarray:
        check_symmetric(F, F_name)
        F = symmetric(F)
        sizes = [
            spread(M, rounding(M, unit)) if deviatoric else frobenius(M)
            for M, unit in zip((W, F), units, strict=True)
        ]
        return kernel(W, F) / (sizes[0] * sizes[1])

    label = COMMUTATOR[name]
    return over_matrices(over_sizes, predictor, correlation, name=name, label=label, degrees=(0, 0))
