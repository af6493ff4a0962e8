"""How much of W_p lies outside the eigenbasis of F: one number, whatever it is inside."""

import numpy as np
import xarray as xr

from analysis.linalg.kernels import KNOWN, Pair, off_diagonal, spread
from analysis.measures.alignment import measured


def off_diagonal_energy(predictor: xr.DataArray, correlation: xr.DataArray) -> xr.DataArray:
    r"""Share of W_p that is off the diagonal in the eigenbasis of F; the best single number.

    .. math:: 1 - \sum_j (U^\top \tilde A U)_{jj}^2 \,/\, \|\tilde A\|_F^2
        = \sum_{i \ne j} (U^\top A U)_{ij}^2 \,/\, \|\tilde A\|_F^2

    with A the symmetric part of W_p and a tilde for M - (tr M/d) I: what is a multiple of the
    identity is diagonal in every basis and counts for nothing.

    Parameters
    ----------
    predictor, correlation : DataArray (..., row, col)
        As for `alignment`.

    Returns
    -------
    DataArray (...)
        In [0, 1]: 0 where F's eigenvectors are those of A. Invariant to rotation, scale, sign and
        to adding c I to W_p; blind to B (see `asymmetry`). Null level :math:`d/(d + 2)`. NaN where
        A is a multiple of the identity up to rounding of the stored dtype, and where equal s_j
        leave more than 0.01 of it open.

    Raises
    ------
    ValueError
        As for `alignment`.

    Examples
    --------
    >>> from analysis.registry.examples import F, W
    >>> print(off_diagonal_energy(W, F).values.round(4))
    1.0
    """
    return measured(off_diagonal_energy_of, predictor, correlation, "off_diagonal_energy")


def off_diagonal_energy_of(seen: Pair) -> np.ndarray:  # -> (...)
    """Kernel of `off_diagonal_energy`."""
    A, turn, apart = seen.A, seen.turn, seen.apart
    energy = spread(A, seen.rounding) ** 2
    # Turned by a small angle c, 2 A_ij^2 changes by 4 c A_ij (p_i - p_j) and terms of c^2.
    moved = turn * (4 * np.abs(A * apart) + 2 * turn * np.abs(apart**2 - 4 * A**2))
    known = moved.sum(axis=(-2, -1)) / 2 <= KNOWN * energy
    share = np.clip((off_diagonal(A) ** 2).sum(axis=(-2, -1)) / energy, 0, 1)
    return np.where(known, share, np.nan)
