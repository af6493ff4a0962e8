import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from white import five_sigma, wishart_spectra

from analysis import largest_noise_eigenvalue, largest_share, noise_edges
from analysis.statistics.tracy_widom import tracy_widom_quantile
from analysis.statistics.white_noise import centre_and_scale, largest_shares

DRAWS = 20_000


@pytest.mark.parametrize(
    ("d", "n"), [(2, 7), (2, 100), (3, 32), (8, 7), (8, 20_000), (16, 64), (64, 9)]
)
@pytest.mark.parametrize("rate", [0.1, 0.01])
def test_noise_exceeds_the_share_at_the_rate_stated(d, n, rate):
    s = wishart_spectra(np.random.default_rng(), d, n, DRAWS)
    seen = np.mean(s[:, 0] > largest_share(d, n, rate) * s.sum(axis=1))
    assert seen == pytest.approx(rate, abs=five_sigma(rate, DRAWS) + 0.01 * rate)


@given(n=st.floats(2, 1e4), rate=st.floats(1e-6, 0.2))
def test_two_directions_by_mauchlys_law(n, rate):
    """P(4 det / trace^2 < w) = w^((n - 1)/2), and det / trace^2 = u (1 - u)."""
    u = largest_share(2, n, rate)
    assert (4 * u * (1 - u)) ** ((n - 1) / 2) == pytest.approx(rate, rel=2e-3)


@pytest.mark.parametrize("n", [2, 2.01, 2.5, 2.99])
@pytest.mark.parametrize("rate", [0.1, 0.01, 1e-4, 1e-6])
def test_two_directions_of_two_rows_have_that_law_too(n, rate):
    u = largest_share(2, n, rate)  # a density that begins as a root, or at once
    assert (4 * u * (1 - u)) ** ((n - 1) / 2) == pytest.approx(rate, rel=1e-3)
    *_, last, one = largest_shares(5, n + 3, rate)
    assert (last, one) == (pytest.approx(u, rel=1e-9), 1)


def test_one_direction_has_all_of_it_and_without_end_of_rows_they_share_alike():
    assert largest_share(1, 7) == largest_share(7, 1) == 1
    assert largest_share(5, np.inf) == 0.2


@given(d=st.integers(2, 40), n=st.integers(2, 40))
def test_rows_and_columns_may_change_places_and_a_rarer_share_is_larger(d, n):
    assert largest_share(d, n) == pytest.approx(largest_share(n, d), rel=1e-12)
    shares = [largest_share(d, n, rate) for rate in (0.2, 0.05, 0.01, 1e-4, 1e-9)]
    assert (np.diff(shares) > 0).all()
    assert 1 / min(d, n) < shares[0]
    assert shares[-1] <= 1


def test_large_sizes_come_to_the_law_of_tracy_and_widom():
    mu, sigma = centre_and_scale(400, 3000)
    for rate in (0.1, 0.01):
        limit = (mu + sigma * tracy_widom_quantile(rate)) / (400 * 3000)
        assert largest_share(400, 3000, rate) == pytest.approx(limit, rel=1e-3)
        assert (largest_share(400, 3000, rate) * 400 * 3000 - mu) / sigma == pytest.approx(
            tracy_widom_quantile(rate), abs=0.06
        )


def test_setting_directions_aside_is_a_smaller_case():
    shares = list(largest_shares(40, 90.5, 0.01))
    assert len(shares) == 40
    for k in (0, 1, 31, 32, 38, 39):
        assert shares[k] == pytest.approx(largest_share(40 - k, 90.5 - k), rel=1e-9)


@pytest.mark.parametrize(("d", "n"), [(2, 8), (8, 200), (32, 64)])
def test_noise_of_known_variance_exceeds_its_level_at_the_rate_stated(d, n):
    top = 3 * wishart_spectra(np.random.default_rng(), d, n, DRAWS)[:, 0] / n
    for rate in (0.05, 0.01):
        seen = np.mean(top > largest_noise_eigenvalue(d, n, variance=3.0, error_rate=rate))
        assert seen == pytest.approx(rate, abs=five_sigma(rate, DRAWS) + 0.25 * rate)


def test_by_hand():
    # a = 10, b = 2: mu = 144, sigma = 12 * 0.6^(1/3) = 10.121192
    assert centre_and_scale(4.5, 100.5) == pytest.approx((144, 10.121192))
    level = largest_noise_eigenvalue(128, 1000)
    assert level == pytest.approx(1.884, abs=5e-4)
    assert level > noise_edges(128, 1000)[1]


def test_refusals():
    for bad in ((0, 5, 0.01), (5, 0, 0.01), (5, 5, 0.3), (5, 5, 0.0), (5, float("nan"), 0.01)):
        with pytest.raises(ValueError, match="at least 1, at least 1, and a share"):
            largest_share(*bad)
    with pytest.raises(ValueError, match="at least 1, 1 and 0 wanted"):
        largest_noise_eigenvalue(2, 2, variance=-1.0)
    with pytest.raises(ValueError, match="5 rows for 8 dimensions"):
        list(largest_shares(8, 5, 0.01))


def test_one_row_of_noise_has_an_edge():
    assert largest_noise_eigenvalue(2, 1) > largest_noise_eigenvalue(2, 2) > 0
