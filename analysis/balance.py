r"""W_p against F mode by mode, pairs (p_j, s_j); and against the layer before it, the balance."""

import numpy as np
import xarray as xr

from analysis.alignment import _rayleigh
from analysis.schema import Variable
from analysis.spectrum import _check_symmetric, _eigh
from analysis.symmetry import _frobenius, over_matrices

BALANCE = {
    "rayleigh_quotient": Variable("Rayleigh quotient", ("mode",), r"$u_j^\top W_p u_j$"),
    "rayleigh_residual": Variable("residual", ("mode",), r"$\|W_p u_j - p_j u_j\|$"),
    "balance": Variable("balance", ("row", "col"), r"$W_L W_L^\top - W_p^\top W_p/\alpha_p$"),
    "balance_gap": Variable("balance gap", symbol=r"$\|W_L W_L^\top - W_p^\top W_p/\alpha_p\|$"),
}


def rayleigh_quotient(predictor: xr.DataArray, correlation: xr.DataArray) -> xr.DataArray:
    r"""Rayleigh quotients :math:`p_j = u_j^\top W_p u_j` in the eigenvectors of F.

    Parameters
    ----------
    predictor, correlation : DataArray (..., row, col)
        W_p, of which the symmetric part counts; and F, symmetric.

    Returns
    -------
    DataArray (..., mode)
        By falling s_j; within the range of the eigenvalues of sym(W_p), equal to them where modes
        are aligned. Invariant to rotation; arbitrary inside equal s_j. Null level: tr(W_p)/d.

    Raises
    ------
    ValueError
        A matrix is not square, they differ in size, or `correlation` is not symmetric.
    """
    return over_matrices(
        lambda W, F: _pair(W, F)[0],
        predictor,
        correlation,
        name="rayleigh_quotient",
        label=BALANCE["rayleigh_quotient"],
    )


def rayleigh_residual(predictor: xr.DataArray, correlation: xr.DataArray) -> xr.DataArray:
    r"""Residuals :math:`r_j = \lVert W_p u_j - p_j u_j \rVert` of the Rayleigh quotients.

    For a symmetric W_p an eigenvalue lies within r_j of p_j. A pair means something where
    :math:`p_j > r_j`, that is an alignment above :math:`1/\sqrt 2`.

    Parameters, raises: as `rayleigh_quotient`.

    Returns
    -------
    DataArray (..., mode)
        At least 0, which is an eigenvector; in the units of W_p.
    """
    return over_matrices(
        lambda W, F: _pair(W, F)[1],
        predictor,
        correlation,
        name="rayleigh_residual",
        label=BALANCE["rayleigh_residual"],
    )


def balance(run: xr.Dataset, alpha_p: float = 1.0) -> xr.DataArray:
    r"""Weigh the layer before W_p against W_p: what Theorem 1 has decay by itself.

    .. math:: C = W_L W_L^\top + b b^\top - W_p^\top W_p / \alpha_p, \quad
        C(t) = e^{-2 \eta t}\, C(0)

    under gradient flow, for any loss and any encoder, if the predictor is linear, has no bias, is
    fed by a linear layer directly, and both decay at the same rate of the flow.

    Parameters
    ----------
    run : Dataset (..., row, col)
        With `predictor` and `head` (..., row, feature), and `head_bias` (..., row) if there is one:
        of a trained run, with ``--record-head yes``.
    alpha_p : float
        Rate of the predictor over that of the layer.

    Returns
    -------
    DataArray (..., row, col)
        Symmetric, of any sign; 0 is balance. Rotates with the features.

    Raises
    ------
    ValueError
        The run has no `head`: batch norm stands before its predictor, or it was not recorded.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Theorem 1, of linear networks; the rest is
    derived, and verified with a tanh encoder, cosine loss and EMA.
    """
    gram = _gram(run)
    W = run["predictor"]
    inner = xr.dot(W, W.rename(col="other"), dim="row").rename(col="row", other="col")
    out = (gram - inner / alpha_p).transpose(*W.dims)
    return out.rename("balance").assign_attrs(BALANCE["balance"].attrs)


def balance_gap(run: xr.Dataset, alpha_p: float = 1.0) -> xr.DataArray:
    r"""How far the last projector layer and a linear predictor are from balance, relatively.

    .. math:: \frac{\lVert W_L W_L^\top + b b^\top - W_p^\top W_p / \alpha_p \rVert_F}
        {\lVert W_L W_L^\top + b b^\top \rVert_F}

    What is inside decays by itself: `balance`.

    Parameters
    ----------
    run, alpha_p
        As for `balance`.

    Returns
    -------
    DataArray (...)
        At least 0, which is balance.

    Raises
    ------
    ValueError
        As for `balance`.
    """
    return over_matrices(
        lambda C, G: _frobenius(C) / _frobenius(G),
        balance(run, alpha_p),
        _gram(run),
        name="balance_gap",
        label=BALANCE["balance_gap"],
    )


def _gram(run: xr.Dataset) -> xr.DataArray:
    if missing := [name for name in ("predictor", "head") if name not in run]:
        raise ValueError(f"the run lacks {missing}; the balance needs the layer before W_p")
    head = run["head"]
    gram = xr.dot(head, head.rename(row="col"), dim="feature")
    if "head_bias" in run:
        gram = gram + run["head_bias"] * run["head_bias"].rename(row="col")
    return gram


def _pair(W: np.ndarray, F: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # (..., d, d), (..., d, d) -> p, r (..., d)
    _check_symmetric(F, "correlation")
    p, gain = _rayleigh(W, _eigh(F)[1])
    return p, np.sqrt(np.maximum(gain**2 - p**2, 0))
