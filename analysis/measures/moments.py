"""What follows from stored moments: centred correlations, the linear fit of any predictor."""

import numpy as np
import xarray as xr

from analysis.checks.fields import checked
from analysis.linalg.kernels import (
    KNOWN,
    check_symmetric,
    eigh,
    frobenius,
    rounding,
    symmetric,
    transpose,
)
from analysis.linalg.labelled import check_real, check_run, over_matrices, resolution
from analysis.store.labels import matrix_name
from analysis.store.schema import MATRIX, Variable

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
        In the units of `correlation`. What is below the rounding of `correlation`, ``epsilon |F|``,
        is not known, and has either sign: where the mean outweighs the spread, that is much of it.
        The attribute `resolution` says how much, relative to the covariance, at the worst snapshot
        (for chunked arrays, which are not read for it, without the mean's share):
        ``|m| = 1000`` on a spread of 1 leaves a tenth of it unknown in float32.

    Raises
    ------
    ValueError
        `correlation` is not square, or `mean` has no dim ``row`` of its size.
    """
    check_real(mean, "mean", ("row",))
    unit = resolution(correlation)
    if mean.sizes.get("row") != correlation.sizes.get("row"):
        raise ValueError(f"mean has {dict(mean.sizes)}, correlation {dict(correlation.sizes)}")
    outer = mean.astype(float) * mean.astype(float).rename(row="col")
    out = over_matrices(lambda F, mm: F - mm, correlation, outer, name="covariance", label=CENTRED)
    if out.chunks is None:
        matrices = (M.transpose(..., "row", "col").values for M in (correlation, out))
        sizes = [frobenius(values.astype(float)) for values in matrices]
        with np.errstate(all="ignore"):
            worst = float(np.max(sizes[0] / sizes[1], where=sizes[1] > 0, initial=1.0))
        unit = min(unit * worst, 1.0)
    name = matrix_name(correlation).replace("correlation", CENTRED.long_name)
    return out.assign_attrs(long_name=name, matrix=name, resolution=unit)


def least_squares_predictor(run: xr.Dataset, *, ridge: float = 0.0) -> xr.DataArray:
    r"""Fit the linear predictor nearest to any predictor, batch norm and ReLU included.

    .. math:: E[q z^\top] (E[z z^\top] + \lambda \tfrac{\operatorname{tr} F}{d} I)^{+}

    Of a two-layer predictor it stands beside the stored product W_2 W_1, which leaves out all that
    is between the layers: ``run.assign(predictor=least_squares_predictor(run))`` measures it.

    Parameters
    ----------
    run : Dataset (..., row, col)
        With `prediction_correlation` and `correlation`.
    ridge : float
        lambda; directions of F far below it fade to 0. By default none: no bias.

    Returns
    -------
    DataArray (..., row, col)
        W_p itself for a linear predictor, in every direction u_j in which F is known: elsewhere,
        where s_j is below a hundred times the rounding of the stored dtype,
        :math:`100\, \epsilon\, \|F\|_F / \sqrt d`, it is 0. Error along u_j: rounding over s_j,
        a percent at worst. NaN where a matrix is not finite or F is 0.

    Raises
    ------
    ValueError
        The run lacks one of the two, or `ridge` is negative; a matrix is not real or not square,
        or `correlation` is not symmetric.
    """
    names = ("prediction_correlation", "correlation")
    check_run(run, *names)
    ridge = checked("ridge", ridge, float)
    if ridge < 0:
        raise ValueError(f"ridge is {ridge}; 0 or more wanted")

    unit = resolution(run["correlation"])

    def kernel(C: np.ndarray, F: np.ndarray) -> np.ndarray:
        check_symmetric(F, "correlation")
        s, U = eigh(symmetric(F))
        size = s.mean(axis=-1, keepdims=True)
        known = s + ridge * size > rounding(F, unit)[..., None] / KNOWN
        inverse = (U * np.where(known, 1 / (s + ridge * size), 0.0)[..., None, :]) @ transpose(U)
        return np.where(size[..., None] > 0, C @ inverse, np.nan)

    label = FIT
    out = over_matrices(
        kernel, *(run[name] for name in names), name="predictor", label=label, degrees=(1, -1)
    )
    return out.assign_attrs(matrix=label.long_name)
