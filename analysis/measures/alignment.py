r"""Do W_p and F share eigenvectors? Per mode, in one number, and against what chance gives.

A W_p near a multiple of the identity maps every vector almost onto itself and looks aligned with
anything: so each measure has its null level here, what W_p turned at random against F would give.
"""

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr

from analysis.linalg.basis import basis_of
from analysis.linalg.kernels import (
    KNOWN,
    Pair,
    frobenius,
    pair,
    rounding,
    spread,
    trace,
    transpose,
)
from analysis.linalg.labelled import over_matrices, resolution
from analysis.store.schema import Variable

# A turn from which on the first two orders say too little of a whole turn.
FAR = 0.1
ALIGNMENT = {
    "alignment": Variable("alignment", ("mode",), "$a_j$"),
    "alignment_null": Variable("alignment of unrelated eigenbases", symbol="$a_0$"),
    "alignment_excess": Variable("excess alignment", ("mode",), "$(a_j - a_0)/(1 - a_0)$"),
    "off_diagonal_energy": Variable(
        "off-diagonal energy",
        symbol=r"$1 - \Sigma_j(U^\top\tilde A U)_{jj}^2 / \|\tilde A\|_F^2$",
    ),
}


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
        to rotation of the features and to positive scale. ``attrs["basis"]`` names F.

        NaN where rounding, of the dtype that the matrices are stored in, may move a_j by more than
        0.01: where W_p u_j is 0 to that precision, and where s_j equals another s_i, dead ones
        among them, so that u_j is any direction of a space on which W_p is no multiple of the
        identity. Read `commutator` there.

        Null level: `alignment_null`, which is 0.895 for A^T A with Gaussian A of 512 x 128.

    Raises
    ------
    ValueError
        `correlation` is not symmetric (when dask data are computed), shapes do not match, or a
        matrix is not of real numbers.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Fig. 2c.

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(alignment(W, F).values.round(4))
    [1.     0.7071]
    """
    return measured(alignment_of, predictor, correlation, "alignment")


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
        `predictor` is not real, not square, or has no dims ``row, col``.

    Examples
    --------
    >>> from analysis.registry.examples import W
    >>> print(alignment_null(W).values.round(4))
    0.8165
    """
    name = "alignment_null"
    label = ALIGNMENT[name]
    return over_matrices(alignment_null_of, predictor, name=name, label=label, degrees=(0,))


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
        rounding of the stored dtype: it is aligned with everything, so that no excess is possible.

    Raises
    ------
    ValueError
        As for `alignment`.

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(alignment_excess(W, F).values.round(4))
    [ 1.     -0.5961]
    """
    return measured(alignment_excess_of, predictor, correlation, "alignment_excess")


def measured(
    kernel: Callable[[Pair], np.ndarray],
    predictor: xr.DataArray,
    correlation: xr.DataArray,
    name: str,
    labels: Mapping[str, Variable] = ALIGNMENT,
    degrees: tuple[int, int] = (0, 0),
) -> xr.DataArray:
    """Apply a function of W_p in the eigenvectors of F; ValueError as `alignment` has it."""
    units = resolution(predictor), resolution(correlation)
    F_name = str(correlation.name or "correlation")
    return over_matrices(
        lambda W, F: kernel(pair(W, F, units, F_name)),
        predictor,
        correlation,
        name=name,
        label=labels[name],
        degrees=degrees,
        basis=basis_of(correlation),
    )


def alignment_of(seen: Pair) -> np.ndarray:  # -> (..., d)
    """Kernel of `alignment`."""
    return alignments_of(seen)[0]


def alignment_null_of(W: np.ndarray) -> np.ndarray:  # (..., d, d) -> (...)
    """Kernel of `alignment_null`."""
    return trace(W) / (np.sqrt(W.shape[-1]) * frobenius(W))


def alignment_excess_of(seen: Pair) -> np.ndarray:  # -> (..., d)
    """Kernel of `alignment_excess`."""
    return alignments_of(seen)[1]


def alignments_of(seen: Pair) -> tuple[np.ndarray, np.ndarray]:  # -> (..., d), (..., d)
    """Kernel of `alignment` and `alignment_excess`, by 1 - a_j and 1 - a_0: small near c I."""
    a = np.clip(seen.p / seen.gain, -1, 1)
    doubt = _doubt(seen, a)
    null = alignment_null_of(seen.W)
    away = spread(seen.W, seen.rounding) ** 2 / frobenius(seen.W) ** 2  # 1 - a_0^2
    short = seen.residual**2 / (seen.gain * (seen.gain + np.abs(seen.p)))  # 1 - |a_j|
    of_chance = np.where(null > 0, away / (1 + np.abs(null)), 1 - null)[..., None]
    excess = 1 - np.where(a > 0, short, 1 - a) / of_chance
    known = doubt <= KNOWN
    beyond = known & (doubt <= KNOWN * of_chance)
    return np.where(known, a, np.nan), np.where(beyond, excess, np.nan)


def cosines(W: np.ndarray, U: np.ndarray) -> np.ndarray:  # (..., d, d), (..., d, d) -> (..., d)
    """Alignment of W with any orthonormal columns; NaN where W u_j is 0 up to rounding."""
    seen = transpose(U) @ (W @ U)
    gain = np.sqrt((seen**2).sum(axis=-2))
    live = KNOWN * gain > rounding(W, 0.0)[..., None]
    return np.where(live, np.clip(np.einsum("...jj->...j", seen) / gain, -1, 1), np.nan)


def _doubt(seen: Pair, a: np.ndarray) -> np.ndarray:  # -> (..., d)
    # By how much a_j = p_j / |W u_j| may be off: u_j turned towards each u_i, W moved by rounding.
    gain, turn = seen.gain[..., None, :], seen.turn
    slope = a[..., None, :] / (2 * gain**2)
    once = np.abs(seen.A / gain - slope * seen.squares)
    lengths = np.einsum("...jj->...j", seen.squares)
    twice = np.abs(seen.apart / gain - slope * (lengths[..., :, None] - lengths[..., None, :]))
    turned = turn * (2 * once + turn * twice)
    far = np.broadcast_to(turn > FAR, turned.shape)
    if far.any():
        turned[far] = np.maximum(turned[far], _swing(seen, far, a))
    moved = seen.rounding[..., None] / seen.gain
    turned = np.sqrt(np.einsum("...ij,...ij->...j", turned, turned))
    return turned + np.where(moved < KNOWN, moved * (np.sqrt(1 - a**2) + moved), 1.0)


def _swing(seen: Pair, far: np.ndarray, a: np.ndarray) -> np.ndarray:
    # The change of a_j at angles up to the turn itself: its first two derivatives may vanish where
    # the whole way round is long. For pairs (i, j) that are far: -> (pairs,)
    def of(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values, far.shape)[far]

    lengths = np.einsum("...jj->...j", seen.squares)
    A_ij, square_ij, a_j = of(seen.A), of(seen.squares), of(a[..., None, :])
    p_j, square_j = of(seen.p[..., None, :]), of(lengths[..., None, :])
    p_i, square_i = of(seen.p[..., None]), of(lengths[..., None])
    most = np.zeros(p_j.shape)
    for part in (-1, -0.5, 0.5, 1):
        angle = part * np.arcsin(of(seen.turn))
        c, s = np.cos(angle), np.sin(angle)
        turned = c**2 * p_j + s**2 * p_i + 2 * c * s * A_ij
        square = c**2 * square_j + s**2 * square_i + 2 * c * s * square_ij
        most = np.fmax(most, np.abs(turned / np.sqrt(square) - a_j))
    return most
