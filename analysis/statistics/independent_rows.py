"""How many independent rows weighted or correlated ones are worth."""

import numpy as np
from scipy.optimize import minimize_scalar

from analysis.checks.fields import checked


def effective_samples(
    n: float,
    rho: float = 0.0,
    *,
    views: int = 1,
    correlation: float = 1.0,
    dimensions: int | None = None,
) -> float:
    r"""Independent rows behind an EMA of batch correlations, or behind views of the same images.

    .. math:: n \frac{1 + \rho}{1 - \rho} \frac{1}{1 + (q - 1) c^2}

    Parameters
    ----------
    n : float
        Rows of a batch, or all that were summed.
    rho : float
        Weight of the old estimate, over many more than 1/(1 - rho) batches; 0 for a plain mean.
    views : int
        q, rows of one image.
    correlation : float
        c, between two views of an image, in [0, 1]: 1 counts images, to be careful.
    dimensions : int, optional
        d. The number whose noise has the same upper edge is returned then, for `noise_level`; the
        formula's has the same variance, and rows of unequal weight have a longer tail. At a nominal
        5 %, 12.8 % of spectra were above noise by variance and 5.1 % by edge, for d = 32, n = 64
        and rho = .3; 10.4 and 4.4 % for 64 pairs of views with c = .5.

    Returns
    -------
    float
        475 for n = 256, rho = .3; 439 by the edge of 128 dimensions.

    Raises
    ------
    ValueError
        rho is not in [0, 1), or another number is out of its range.
    """
    n, rho = checked("n", n, float), checked("rho", rho, float)
    views, correlation = checked("views", views, int), checked("correlation", correlation, float)
    dimensions = checked("dimensions", dimensions, int | None)
    if not 0 <= rho < 1 or not 0 < n < np.inf:
        raise ValueError(f"n = {n} and rho = {rho}; n above 0 and rho in [0, 1) wanted")
    if views < 1 or not 0 <= correlation <= 1 or (dimensions is not None and dimensions < 1):
        raise ValueError(
            f"views = {views}, correlation = {correlation}, dimensions = {dimensions}; at least 1, "
            "in [0, 1] and at least 1 wanted"
        )
    if dimensions is None:
        return n * (1 + rho) / (1 - rho) / (1 + (views - 1) * correlation**2)
    batches = (1 - rho) * rho ** np.arange(int(np.ceil(1 + 40 / (1 - rho))) if rho else 1)
    parts = np.array([1 + (views - 1) * correlation, 1 - correlation])
    weight = np.outer(batches, parts).ravel() / n
    count = np.outer(np.full_like(batches, n), [1 / views, 1 - 1 / views]).ravel()
    return dimensions / float(np.sqrt(_upper_edge(dimensions, weight, count)) - 1) ** 2


def _upper_edge(d: int, weight: np.ndarray, count: np.ndarray) -> float:
    # Of sum_i w_i z_i z_i^T with z white: the least of 1/x + sum_i w_i / (1 - w_i d x), as by
    # Silverstein, Choi (1995), J. Multivariate Anal. 54, 295.
    last = 1 / (d * weight.max())

    def height(share: float) -> float:
        x = share * last
        return float(1 / x + (count * weight / (1 - weight * d * x)).sum())

    return float(
        minimize_scalar(height, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}).fun
    )
