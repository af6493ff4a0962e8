"""What follows from stored moments: centred correlations, the linear fit of any predictor."""

import numpy as np
import xarray as xr

from analysis.labels import matrix_name
from analysis.schema import MATRIX, Variable
from analysis.symmetry import over_matrices

CENTRED = Variable("covariance", MATRIX, "$F - m m^\\top$")
FIT = Variable("least-squares predictor", MATRIX, "$W_p$")


def centred(correlation: xr.DataArray, mean: xr.DataArray) -> xr.DataArray:
    r"""Covariance :math:`E[z z^\top] - E[z] E[z]^\top`.

    Parameters
    ----------
    correlation : DataArray (..., row, col)
        Same-view or cross-view.
    mean : DataArray (..., row)

    Returns
    -------
    DataArray (..., row, col)
        In the units of `correlation`. Of moments stored in float32, with negative eigenvalues of
        1e-7 of the largest of `correlation`.

    Raises
    ------
    ValueError
        `correlation` is not square, or `mean` has no dim ``row`` of its size.
    """
    if mean.sizes.get("row") != correlation.sizes.get("row"):
        raise ValueError(f"mean has {dict(mean.sizes)}, correlation {dict(correlation.sizes)}")
    outer = mean.astype(float) * mean.astype(float).rename(row="col")
    out = over_matrices(lambda F, mm: F - mm, correlation, outer, name="covariance", label=CENTRED)
    name = matrix_name(correlation).replace("correlation", CENTRED.long_name)
    return out.assign_attrs(long_name=name)


def least_squares_predictor(run: xr.Dataset, *, ridge: float = 1e-6) -> xr.DataArray:
    r"""Fit the linear predictor nearest to any predictor, batch norm and ReLU included.

    .. math:: E[q z^\top] (E[z z^\top] + \lambda \tfrac{\operatorname{tr} F}{d} I)^{-1}

    Of a two-layer predictor it stands beside the stored product W_2 W_1, which leaves out all that
    is between the layers: ``run.assign(predictor=least_squares_predictor(run))`` measures it.

    Parameters
    ----------
    run : Dataset (..., row, col)
        With `prediction_correlation` and `correlation`.
    ridge : float
        lambda; directions of F far below it fade to 0.

    Returns
    -------
    DataArray (..., row, col)
        W_p itself for a linear predictor, where F is not singular.

    Raises
    ------
    ValueError
        The run lacks one of the two, or `ridge` is negative.
    """
    names = ("prediction_correlation", "correlation")
    if missing := [name for name in names if name not in run]:
        raise ValueError(f"the run lacks {missing}; it has {sorted(map(str, run.data_vars))}")
    if ridge < 0:
        raise ValueError(f"ridge is {ridge}; 0 or more wanted")

    def kernel(C: np.ndarray, F: np.ndarray) -> np.ndarray:
        d = F.shape[-1]
        size = np.trace(F, axis1=-2, axis2=-1)[..., None, None] / d
        solvable = F + ridge * size * np.eye(d)
        finite = np.isfinite(solvable).all(axis=(-2, -1), keepdims=True) & (size > 0)
        inverse = np.linalg.pinv(np.where(finite, solvable, np.eye(d)), hermitian=True)
        return np.where(finite, C @ inverse, np.nan)

    return over_matrices(kernel, *(run[name] for name in names), name="predictor", label=FIT)
