"""The measures of a predictor that is not linear, by the linear one that is nearest to it."""

import xarray as xr

from analysis.measures.moments import least_squares_predictor
from analysis.measures.summary import summarise


def fitted_summary(run: xr.Dataset) -> xr.Dataset | None:
    r"""Measure a run by the least-squares fit of its predictor, if W_p is stored as a product.

    The product W_2 W_1 of a two-layer predictor leaves out its batch norm and ReLU;
    :math:`E[q z^\top] F^{-1}` is the linear map that is nearest to what it does.

    Parameters
    ----------
    run : Dataset (step, row, col)
        Of `open_snapshots`.

    Returns
    -------
    Dataset or None
        As of `summarise`, with "least squares" in its method; None where the stored W_p is all
        there is, or no predictions were recorded.

    Raises
    ------
    ValueError
        As for `summarise`.
    """
    if "prediction_correlation" not in run or run["predictor"].attrs.get("kind") != "product":
        return None
    fitted = run.assign(predictor=least_squares_predictor(run))
    method = f"{run.attrs.get('method', '')}, least squares".removeprefix(", ")
    return summarise(fitted).assign_attrs(method=method)
