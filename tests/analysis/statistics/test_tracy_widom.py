import numpy as np
import pytest
from scipy.integrate import simpson, solve_ivp
from scipy.special import airy
from white import five_sigma, wishart_spectra

from analysis import tracy_widom_quantile, tracy_widom_tail
from analysis.statistics.tracy_widom import MEAN, VARIANCE
from analysis.statistics.white_noise import centre_and_scale

PUBLISHED = {0.9: 0.4501, 0.95: 0.9793, 0.99: 2.0234, 0.999: 3.2724}  # Bejan 2005, theory 2.18


def painleve(x):
    """1 - F_1 by Painleve's second equation, an other way: q'' = x q + 2 q^3, q ~ Ai."""

    def slope(at, state):
        q, dq, tail = state[:3]  # integrals from x to infinity of q^2, of (y - x) q^2, of q
        return [dq, at * q + 2 * q**3, -(q**2), -tail, -q]

    start = 7.0
    q, dq = airy(start)[:2]
    # of Ai^2 and Ai beyond 7 there is 1e-9 left: the first terms of their asymptotic series
    square = dq**2 - start * q**2
    state = [q, dq, square, square / (4 * np.sqrt(start)), q / np.sqrt(start)]
    end = solve_ivp(slope, (start, x), state, rtol=1e-11, atol=1e-15).y[:, -1]
    return 1 - np.exp(-(end[3] + end[4]) / 2)


def test_quantiles_are_the_published_ones():
    for level, value in PUBLISHED.items():
        assert tracy_widom_quantile(round(1 - level, 4)) == pytest.approx(value, abs=3e-4)


@pytest.mark.parametrize("x", [-4.0, -2.0, 0.0, 1.0, 3.0])
def test_the_tail_solves_painleves_equation(x):
    assert tracy_widom_tail(x) == pytest.approx(painleve(x), rel=1e-5)


def test_mean_and_variance_are_those_of_the_tail():
    x = np.linspace(-8, 10, 181)
    tail = np.array([tracy_widom_tail(v) for v in x])
    mean = x[0] + simpson(tail, x=x)
    square = x[0] ** 2 + simpson(2 * x * tail, x=x)
    assert mean == pytest.approx(MEAN, abs=1e-6)
    assert square - mean**2 == pytest.approx(VARIANCE, abs=1e-4)


@pytest.mark.parametrize("rate", [1e-12, 1e-6, 0.3, 0.999])
def test_a_quantile_inverts_the_tail(rate):
    assert tracy_widom_tail(tracy_widom_quantile(rate)) == pytest.approx(rate, rel=1e-6)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, float("nan")])
def test_no_rate_is_no_quantile(rate):
    with pytest.raises(ValueError, match=r"error_rate is .*; a (share from 1e-12|finite number)"):
        tracy_widom_quantile(rate)


@pytest.mark.parametrize(("d", "n"), [(40, 60), (60, 40)])
def test_large_wishart_matrices_follow_it(d, n):
    top = wishart_spectra(np.random.default_rng(), d, n, 4000)[:, 0]
    mu, sigma = centre_and_scale(d, n)
    for rate in (0.5, 0.1):
        share = np.mean(top > mu + sigma * tracy_widom_quantile(rate))
        assert share == pytest.approx(rate, abs=five_sigma(rate, 4000) + 0.03 * rate)
