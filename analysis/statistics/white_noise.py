"""The largest eigenvalue of white noise, and its share of the trace, at any error rate."""

import functools
from collections.abc import Iterator
from numbers import Real

import numpy as np
from scipy.integrate import cumulative_simpson
from scipy.special import gammaln

from analysis.checks.fields import shown
from analysis.statistics.tracy_widom import MEAN, tracy_widom_quantile

ERROR_RATE = 0.01
_POINTS = 401  # of the density: the error rate is right to 1e-3 of itself, from 1e-6 on
_BLOCK = 32


def centre_and_scale(d: float, n: float) -> tuple[float, float]:
    r"""Return :math:`\mu, \sigma` of :math:`\lambda_{\max}(Z^\top Z) \approx \mu + \sigma\, TW_1`.

    .. math:: \mu = (a + b)^2, \quad \sigma = (a + b)(1/a + 1/b)^{1/3},
        \quad a = \sqrt{n - 1/2},\; b = \sqrt{d - 1/2}

    Z has n rows and d columns of independent normal variables of variance 1.

    References
    ----------
    Johnstone (2001), Ann. Stat. 29, 295; the halves: Ma (2012), Bernoulli 18, 322.
    """
    a, b = np.sqrt(n - 0.5), np.sqrt(d - 0.5)
    return float((a + b) ** 2), float((a + b) * (1 / a + 1 / b) ** (1 / 3))


def largest_noise_eigenvalue(
    d: int, n: float, *, variance: float = 1.0, error_rate: float = ERROR_RATE
) -> float:
    r"""Return what the largest eigenvalue of white noise of known variance exceeds at that rate.

    Parameters
    ----------
    d : int
        Dimensions.
    n : float
        Independent rows, one less if their mean is removed.
    variance : float
        Of each entry.
    error_rate : float
        From 1e-12 to 1 - 1e-9.

    Returns
    -------
    float
        Of the correlation :math:`Z^\top Z / n`: :math:`v (\mu + \sigma q) / n`, with the quantile q
        of Tracy and Widom. At (128, 1000): 1.884 at 1 %, 1.844 at the edge of Marchenko and Pastur.

    Raises
    ------
    ValueError
        d or n is below 1, the variance negative, or the rate out of its range.
    """
    if d < 1 or n < 1 or variance < 0:
        raise ValueError(f"d = {d}, n = {n}, variance = {variance}; at least 1, 1 and 0 wanted")
    mu, sigma = centre_and_scale(d, n)
    return variance * (mu + sigma * tracy_widom_quantile(error_rate)) / n


def largest_share(d: int, n: float, error_rate: float = ERROR_RATE) -> float:
    r"""Return what the share of white noise's largest eigenvalue exceeds at that rate.

    Of white noise of *any* variance: :math:`\lambda_1 / \sum_j \lambda_j`. For d and n large it is
    :math:`(\mu + \sigma q) / (d n)`, with the quantile q of Tracy and Widom. Here is its law at any
    size, by the Euler characteristic of where :math:`h^\top Z g / \lVert Z \rVert` is large: the
    density, with p the smaller of d and n and m the larger, is

    .. math:: \frac{\sqrt\pi\, \Gamma(a)}{\Gamma(p/2)\, \Gamma(m/2)}\, \beta_{a, b}(u)\;
        {}_2F_1\!\Big(1 - p, 1 - m; b; -\frac{1 - u}{2u}\Big), \quad
        a = \tfrac{m + p - 1}{2},\; b = \tfrac{(m - 1)(p - 1)}{2}

    with the density of the beta distribution. It leaves out the chance that two eigenvalues
    exceed the share: none above one half, and below 1e-3 of the rate elsewhere.

    Parameters
    ----------
    d : int
        Dimensions.
    n : float
        Independent rows, one less if their mean is removed; infinite, the share is 1/d.
    error_rate : float
        From 1e-9 to 0.2.

    Returns
    -------
    float
        In [1/d, 1]; 1 where there is one direction. At 1 %: .943 at (2, 7), .530 at (8, 8), .0147
        at (128, 1000). Measured: `notebooks/results/error_rates`.

    Raises
    ------
    ValueError
        d or n is below 1, or the rate out of its range.

    References
    ----------
    Kuriki, Takemura (2001), Ann. Stat. 29, 328. Two directions: Mauchly (1940).
    """
    _check(d, n, error_rate)
    return float(_largest_shares(d, n, error_rate, 0, 1)[0]) if np.isfinite(n) else 1 / d


def largest_shares(d: int, n: float, error_rate: float) -> Iterator[float]:
    """Yield `largest_share` of (d - k, n - k), k from 0 to d - 1: with k directions set aside."""
    _check(d, n, error_rate)
    if not d <= n < np.inf:
        raise ValueError(f"{n:g} rows for {d} dimensions; as many or more wanted")
    for first in range(0, d, _BLOCK):
        yield from _largest_shares(d, n, error_rate, first, min(first + _BLOCK, d)).tolist()


def stable_rank_null(d: int, n: float) -> float:
    r"""Return the `stable_rank` of the correlation of n rows of white noise, on average.

    .. math:: \frac{n + d + 1}{d n + 2} \Big(\frac{d n}{\mu - 1.2065\, \sigma}\Big)^2

    with the mean of the law of Tracy and Widom: 16.9 at (d, n) = (64, 256), measured 17.0, where
    the edge of Marchenko and Pastur has 15.8. Within half a percent of what is measured for d of 8
    or more and n > 4 d, 2 % at (8, 8), 13 % at (2, 8).

    Parameters
    ----------
    d, n
        As for `largest_share`.

    Raises
    ------
    ValueError
        d or n is below 1.
    """
    _check(d, n, ERROR_RATE)
    mu, sigma = centre_and_scale(d, n)
    return (n + d + 1) / (d * n + 2) * (d * n / (mu + MEAN * sigma)) ** 2


def _check(d: int, n: float, rate: float) -> None:
    for name, value in (("d", d), ("n", n), ("error_rate", rate)):
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ValueError(f"{name} is {shown(value)}; a number wanted")
    if d < 1 or not n >= 1 or not 1e-9 <= rate <= 0.2:
        raise ValueError(
            f"d = {d}, n = {n}, error_rate = {rate}; at least 1, at least 1, and a share from 1e-9 "
            "to 0.2 wanted"
        )


@functools.lru_cache(maxsize=1024)
def _largest_shares(d: int, n: float, rate: float, first: int, last: int) -> np.ndarray:
    k = np.arange(first, last)[:, None]
    p, m = np.floor(min(d, n)) - k, max(d, n) - k
    mu, sigma = np.vectorize(centre_and_scale)(p, m)
    lowest = np.maximum(1 / p, (mu - 3 * sigma) / (p * m))
    highest = np.minimum(1.0, (mu + 18 * sigma) / (p * m))
    ends = np.sqrt(1 - np.stack([highest, lowest]))  # in t, u = 1 - t^2: smooth where u = 1
    # At t = 0 the density is a power 2 b - 1 of it. Of two directions and less than three rows that
    # is a root, and no parabola: in t^b, then, it is a line.
    b = (m - 1) * (p - 1) / 2
    c = np.maximum(1 / np.maximum(b, 0.5), 1)
    x = ends[0] ** (1 / c) + (ends[1] ** (1 / c) - ends[0] ** (1 / c)) * np.linspace(0, 1, _POINTS)
    t = x**c
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.nan_to_num(np.exp(_log_density(p, m, t)), nan=0.0, posinf=0.0)
    steps = np.diff(x, axis=1)[:, :1]
    tail = steps * cumulative_simpson(density * c * x ** (c - 1), dx=1.0)
    return _crossing(tail, t, b[:, 0], rate)


def _log_density(p: np.ndarray, m: np.ndarray, t: np.ndarray) -> np.ndarray:  # of t, u = 1 - t^2
    u, a, b = 1 - t**2, (m + p - 1) / 2, (m - 1) * (p - 1) / 2
    beta = gammaln(a + b) - gammaln(b) + (a - 1) * np.log(u) + (2 * b - 1) * np.log(t)
    return np.log(2 * np.sqrt(np.pi)) - gammaln(p / 2) - gammaln(m / 2) + beta + _log_2f1(p, m, u)


def _log_2f1(p: np.ndarray, m: np.ndarray, u: np.ndarray) -> np.ndarray:
    # By the recurrence in the degree, as ratios: beyond its largest zero it is stable; NaN within.
    b, z = (m - 1) * (p - 1) / 2, (1 - u) / (2 * u)
    ratio, total = np.ones_like(u), np.zeros_like(u)
    for j in range(int(p.max()) - 1):
        on = int((j < p - 1).sum())  # p falls from row to row
        r = (2 * j + b[:on] - (m[:on] - 1 - j) * z[:on] - j * (1 + z[:on]) / ratio[:on]) / (
            b[:on] + j
        )
        ratio[:on] = r
        total[:on] += np.log(r)
    return total


def _crossing(tail: np.ndarray, t: np.ndarray, b: np.ndarray, rate: float) -> np.ndarray:
    # (k, points - 1), (k, points), (k,) -> (k,): the first u, from 1 down, with that much beyond
    # it. Between two points the tail is a power of t; at u = 1, of exponent 2 b.
    beyond = np.concatenate([np.zeros((len(tail), 1)), tail], axis=1)
    i = np.maximum((beyond >= rate).argmax(axis=1), 1)
    row = np.arange(len(tail))
    (t0, t1), (before, after) = ((a[row, i - 1], a[row, i]) for a in (t, beyond))
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(rate / before) / np.log(after / before)
        at = np.where(before > 0, t0 * (t1 / t0) ** part, t1 * (rate / after) ** (0.5 / b))
    return np.where(after > 0, 1 - at**2, 1.0)
