r"""W_p against F mode by mode, pairs (p_j, s_j); and against the layer before it, the balance."""

import numpy as np
import xarray as xr

from analysis.checks.numbers import check_numbers
from analysis.linalg.kernels import KNOWN, Pair, frobenius, scaled
from analysis.linalg.labelled import check_real, check_run, silent, smallest
from analysis.measures.alignment import measured
from analysis.store.schema import Variable

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
        are aligned. Invariant to rotation. NaN where rounding of the stored dtype, or an s_i equal
        to s_j, moves p_j by more than 0.01 of the root mean square gain of W_p. Null level:
        tr(W_p)/d.

    Raises
    ------
    ValueError
        A matrix is not real or not square, they differ in size, or `correlation` is not symmetric.

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(rayleigh_quotient(W, F).values.round(4))
    [1. 1.]
    """
    return measured(
        rayleigh_quotient_of, predictor, correlation, "rayleigh_quotient", BALANCE, (1, 0)
    )


def rayleigh_residual(predictor: xr.DataArray, correlation: xr.DataArray) -> xr.DataArray:
    r"""Residuals :math:`r_j = \lVert W_p u_j - p_j u_j \rVert` of the Rayleigh quotients.

    For a symmetric W_p an eigenvalue lies within r_j of p_j. A pair means something where
    :math:`p_j > r_j`, that is an alignment above :math:`1/\sqrt 2`.

    Parameters, raises: as `rayleigh_quotient`.

    Returns
    -------
    DataArray (..., mode)
        At least 0, which is an eigenvector; in the units of W_p. NaN where `rayleigh_quotient` is.

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(rayleigh_residual(W, F).values.round(4))
    [0. 1.]
    """
    return measured(
        rayleigh_residual_of, predictor, correlation, "rayleigh_residual", BALANCE, (1, 0)
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
        Symmetric, of any sign; 0 is balance. Rotates with the features; in the units of W_p W_p^T.

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
        At least 0, which is balance; invariant to a common scale. NaN where the layer is 0.

    Raises
    ------
    ValueError
        As for `balance`.
    """
    _check(run)
    check_numbers("alpha_p", alpha_p, above=0)
    head, W = run["head"], run["predictor"]
    bias = run["head_bias"] if "head_bias" in run else 0 * head.isel(feature=0, drop=True)
    limit = smallest(W)

    def kernel(L: np.ndarray, b: np.ndarray, W: np.ndarray) -> np.ndarray:
        # (..., d, m), (..., d), (..., d, d) -> (...)
        layer = np.concatenate([L, b[..., None]], axis=-1)
        both = scaled(np.concatenate([layer, W], axis=-1), limit)[0]  # by one power of two
        layer, W = np.split(both, [layer.shape[-1]], axis=-1)
        gram = layer @ np.swapaxes(layer, -1, -2)
        inner = np.swapaxes(W, -1, -2) @ W / alpha_p
        return frobenius(gram - inner) / frobenius(gram)

    out = xr.apply_ufunc(
        silent(kernel),
        *xr.broadcast(head, bias, W, exclude=("row", "col", "feature")),
        input_core_dims=[["row", "feature"], ["row"], ["row", "col"]],
        dask="parallelized",
        dask_gufunc_kwargs={"allow_rechunk": True},
        output_dtypes=[float],
        keep_attrs="override",
    )
    return out.rename("balance_gap").assign_attrs(BALANCE["balance_gap"].attrs)


def _check(run: xr.Dataset) -> None:
    check_run(run)
    if missing := [name for name in ("predictor", "head") if name not in run]:
        raise ValueError(f"the run lacks {missing}; the balance needs the layer before W_p")
    for name in ("predictor", "head", "head_bias"):
        if name in run:
            check_real(run[name], name, ("row",))


def _gram(run: xr.Dataset) -> xr.DataArray:
    _check(run)
    head = run["head"]
    gram = xr.dot(head, head.rename(row="col"), dim="feature")
    if "head_bias" in run:
        gram = gram + run["head_bias"] * run["head_bias"].rename(row="col")
    return gram


def rayleigh_quotient_of(seen: Pair) -> np.ndarray:  # -> (..., d)
    """Kernel of `rayleigh_quotient`."""
    # Turned towards u_i by a small c, p_j changes by 2 c A_ij and c^2 (p_i - p_j).
    moved = seen.turn * (2 * np.abs(seen.A) + seen.turn * np.abs(seen.apart))
    return np.where(_known(seen, moved), seen.p, np.nan)


def rayleigh_residual_of(seen: Pair) -> np.ndarray:  # -> (..., d)
    """Kernel of `rayleigh_residual`."""
    # Turned towards u_i by a small c, r_j^2 changes by 2 c (W^T W - 2 p_j A)_ij; however far, r_j
    # becomes no more than cos r_j + sin |(W - p_j) u_i|.
    p, r, turn = seen.p[..., None, :], seen.residual[..., None, :], seen.turn
    once = np.abs(seen.squares - 2 * p * seen.A) / r
    lengths = np.einsum("...ii->...i", seen.squares)[..., :, None]
    most = np.sqrt(np.maximum(lengths - 2 * p * seen.p[..., :, None] + p**2, 0))
    moved = turn * (np.fmin(once, most) + turn * np.maximum(r, most))
    return np.where(_known(seen, moved), seen.residual, np.nan)


def _known(seen: Pair, moved: np.ndarray) -> np.ndarray:  # (..., d, d) -> (..., d)
    # Whether what each u_i may do to mode j is little beside the size of W_p.
    typical = frobenius(seen.W) / np.sqrt(seen.W.shape[-1])
    return np.sqrt(np.einsum("...ij,...ij->...j", moved, moved)) <= KNOWN * typical[..., None]
