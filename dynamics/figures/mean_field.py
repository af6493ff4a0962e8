"""How far the mean field of the cosine flow is from the exact one, over effective dimensions."""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from analysis.checks.numbers import check_count
from analysis.measures.effective_rank import participation_ratio_of
from dynamics.flows.cosine import CosineFlow
from dynamics.flows.gaussian_cosine import GaussianCosineFlow

SIGMA2 = 0.25
STARTS: dict[str, Callable[[int], np.ndarray]] = {  # s of the modes
    "even": lambda d: np.random.default_rng(0).uniform(0.5, 1.5, d),
    "decaying": lambda d: 1 / np.arange(1, d + 1),
}


def mean_field_errors(
    dimensions: Sequence[int] = (4, 8, 16, 32, 64, 128), *, pairs: int = 20_000, draws: int = 4
) -> list[xr.Dataset]:
    r"""Return the relative error of the rates of p and s, at starts of even and of decaying s.

    Modes are aligned and p_j falls evenly from 0.9 to 0.3. Against `CosineFlow` stands
    `GaussianCosineFlow` on each of `draws` sets of `pairs` pairs, with differences
    :math:`\delta_i`. Their products over different sets have no bias from the sampling:

    .. math:: \text{error}^2 = \frac{1}{n (n - 1)} \sum_{i \ne j} \frac{\delta_i \cdot \delta_j}
        {\|\text{rates}\|^2}

    which is negative, and the error NaN, where sampling is all there is.

    Parameters
    ----------
    dimensions : sequence of int
        Numbers of modes.
    pairs, draws : int
        At least 2 draws.

    Returns
    -------
    list of one Dataset (start, variable, dimension)
        `error`, of the `variable` "p" and "s", and `effective_dimensions` (start, dimension), the
        participation ratio of s.

    Raises
    ------
    ValueError
        A number is out of its range.
    """
    check_count("draws", draws, least=2)
    errors = np.empty((len(STARTS), 2, len(dimensions)))
    effective = np.empty((len(STARTS), len(dimensions)))
    for place in np.ndindex(effective.shape):
        d = check_count("dimensions", dimensions[place[1]], least=2)
        p, s = np.linspace(0.9, 0.3, d), list(STARTS.values())[place[0]](d)
        effective[place] = participation_ratio_of(s)
        mean = CosineFlow(sigma2=SIGMA2)(0, p, s)
        eye, W = np.eye(d), np.diag(np.sqrt(s))
        exact = []
        for seed in range(draws):
            flow = GaussianCosineFlow.drawn(eye, SIGMA2 * eye, pairs, seed=seed)
            dW, dWp = flow(0, W, np.diag(p))
            exact.append((np.diag(dWp), 2 * np.diag(dW) * np.sqrt(s)))
        for which, rates in enumerate(mean):
            off = np.array([one[which] - rates for one in exact])
            products = off @ off.T
            apart = products.sum() - np.trace(products)
            with np.errstate(invalid="ignore"):
                size = np.sqrt(apart / (draws * (draws - 1)))
            errors[place[0], which, place[1]] = size / np.linalg.norm(rates)
    label = {"long_name": "relative error of the mean field"}
    effective_label = {"long_name": "effective dimensions", "symbol": r"$(\sum s)^2 / \sum s^2$"}
    return [
        xr.Dataset(
            {
                "error": (("start", "variable", "dimension"), errors, label),
                "effective_dimensions": (("start", "dimension"), effective, effective_label),
            },
            {"start": list(STARTS), "variable": ["p", "s"], "dimension": list(dimensions)},
            {"pairs": pairs, "draws": draws},
        )
    ]
