import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import generators
from white import five_sigma, wishart_spectra

from analysis import (
    effective_samples,
    largest_share,
    modes_above_noise,
    noise_level,
)
from analysis.measures.noise import noise_edges

DRAWS = 4000


def spectra(s, **attrs):
    return xr.DataArray(np.asarray(s, dtype=float), dims=("draw", "mode"), attrs=attrs)


@pytest.mark.parametrize(("d", "n"), [(2, 8), (8, 20_000), (16, 64), (64, 300)])
def test_noise_has_a_mode_above_itself_at_the_rate_stated(d, n):
    draws = DRAWS if d < 64 else 1000
    values = 7.0 * spectra(wishart_spectra(np.random.default_rng(), d, n - 1, draws))
    for rate in (0.1, 0.01):
        above = modes_above_noise(values, n, error_rate=rate) > 0
        assert float(above.mean()) == pytest.approx(rate, abs=five_sigma(rate, draws))
    free = spectra(wishart_spectra(np.random.default_rng(), d, n, draws))
    above = modes_above_noise(free, n, error_rate=0.1, centred=False) > 0
    assert float(above.mean()) == pytest.approx(0.1, abs=five_sigma(0.1, draws))


def test_beside_strong_modes_the_rate_stays():
    rng, d, n = np.random.default_rng(), 12, 61
    Z = rng.standard_normal((DRAWS, n, d)) * ([8.0, 7, 6] + [1.0] * 9)
    Z -= Z.mean(axis=1, keepdims=True)
    values = spectra(np.linalg.eigvalsh(Z.swapaxes(1, 2) @ Z)[:, ::-1])
    above = modes_above_noise(values, n, error_rate=0.05)
    assert int(above.min()) == 3
    assert float((above > 3).mean()) == pytest.approx(0.05, abs=five_sigma(0.05, DRAWS) + 0.01)


@pytest.mark.parametrize(("factor", "low", "high"), [(0.0, 0, 0.03), (1.0, 0, 0.2), (3.0, 0.9, 1)])
def test_what_is_beyond_the_threshold_of_baik_ben_arous_and_peche_is_found(factor, low, high):
    d, n, draws = 32, 256, 400
    Z = np.random.default_rng().standard_normal((draws, n, d))
    Z[:, :, 0] *= np.sqrt(1 + factor * np.sqrt(d / n))  # none can be seen up to a factor of 1
    values = spectra(np.linalg.eigvalsh(Z.swapaxes(1, 2) @ Z)[:, ::-1])
    found = float((modes_above_noise(values, n, centred=False) > 0).mean())
    assert low - five_sigma(max(low, 0.01), draws) <= found <= high


def test_the_level_by_hand():
    s = spectra([[9.0, 1.2, 1.0, 0.8]])
    u = largest_share(3, 98)  # the first is above: 9/12 of all; the second has 1.2/3 of the rest
    assert largest_share(4, 99) < 0.75
    assert u > 0.4
    assert float(noise_level(s, 100)[0]) == pytest.approx(3 * u)
    assert float(modes_above_noise(s, 100)[0]) == 1
    assert noise_level(s, 100).attrs["error_rate"] == 0.01
    rarer = noise_level(s, 100, error_rate=1e-4)
    assert float(rarer[0]) == pytest.approx(3 * largest_share(3, 98, 1e-4))
    free = noise_level(s, 100, centred=False)
    assert float(free[0]) == pytest.approx(3 * largest_share(3, 99))


@given(rng=generators(), scale=st.sampled_from([1e-150, 1.0, 1e150]))
def test_the_count_is_of_what_is_above_the_level_at_any_scale_and_order(rng, scale):
    s = np.sort(rng.lognormal(sigma=1.5, size=(3, 6)))[:, ::-1]
    n = xr.DataArray([20, 200, 20.0], dims="draw")
    above = modes_above_noise(scale * spectra(s), n)
    level = noise_level(scale * spectra(s), n)
    np.testing.assert_array_equal((scale * spectra(s) > level).sum("mode"), above)
    np.testing.assert_array_equal(modes_above_noise(spectra(s[:, ::-1]), n), above)
    assert above.max() <= 5


def test_rounding_is_not_above_noise_and_what_is_not_finite_is_not_counted():
    dead = spectra([[4.0, 1.0, 3e-8, -2e-8]], resolution=1.2e-7)
    assert modes_above_noise(dead, 1000).values == 2
    assert noise_level(dead, 1000).values == 0
    odd = spectra([[np.nan] * 3, [np.inf, 1, 1], [0.0, 0, 0], [5.0, 1, 1]])
    np.testing.assert_array_equal(modes_above_noise(odd, 400), [np.nan, np.nan, 0, 1])
    np.testing.assert_array_equal(np.isnan(noise_level(odd, 400)), [True, True, False, False])
    one = xr.DataArray([[2.0]], dims=("draw", "mode"))
    assert modes_above_noise(one, 9).values == 0


@pytest.mark.parametrize("function", [noise_level, modes_above_noise])
def test_spectra_of_a_store_stay_lazy(function):
    s = spectra([[9.0, 1.2, 1.0, 0.8], [1.0, 1.0, 1.0, 1.0]])
    lazy = function(s.chunk(draw=1), 100)
    assert lazy.chunks
    xr.testing.assert_identical(lazy.compute(), function(s, 100))


@pytest.mark.parametrize("function", [noise_level, modes_above_noise])
def test_an_error_speaks_of_the_function_that_was_called(function):
    with pytest.raises(ValueError, match=rf"{function.__name__} takes eigenvalues.*\('row',\)"):
        function(xr.DataArray([1.0], dims="row"), 10)
    with pytest.raises(ValueError, match="4 rows for 4 dimensions; more rows wanted"):
        function(spectra(np.ones((1, 4))), 4)
    with pytest.raises(ValueError, match=r"error_rate = 0\.5"):
        function(spectra(np.ones((1, 4))), 40, error_rate=0.5)


def views(rng, draws, m, d, c):
    shared = np.sqrt(c) * rng.standard_normal((draws, m, d))
    own = np.sqrt(1 - c) * rng.standard_normal((2, draws, m, d))
    Z = np.concatenate([shared + own[0], shared + own[1]], axis=1)
    return np.linalg.eigvalsh(Z.swapaxes(1, 2) @ Z)[:, ::-1]


@pytest.mark.parametrize("c", [0.0, 0.5, 1.0])
def test_two_views_of_an_image_are_no_two_rows(c):
    d, m, draws = 16, 40, 1500
    values = spectra(views(np.random.default_rng(), draws, m, d, c))
    n = effective_samples(2 * m, views=2, correlation=c, dimensions=d)
    above = modes_above_noise(values, n, error_rate=0.05, centred=False) > 0
    assert float(above.mean()) == pytest.approx(0.05, abs=five_sigma(0.05, draws) + 0.01)
    careful = modes_above_noise(values, effective_samples(2 * m, views=2), error_rate=0.05) > 0
    assert float(careful.mean()) < 0.05 + five_sigma(0.05, draws)
    if c == 1:  # as if they were, almost any noise would be above noise
        assert float((modes_above_noise(values, 2 * m) > 0).mean()) > 0.5


def test_a_running_average_is_worth_the_rows_of_its_edge():
    d, n, rho, draws = 16, 32, 0.3, 1500
    rng, F = np.random.default_rng(), np.zeros((draws, d, d))
    for _ in range(14):
        Z = rng.standard_normal((draws, n, d))
        F = rho * F + (1 - rho) * Z.swapaxes(1, 2) @ Z / n
    rows = effective_samples(n, rho, dimensions=d)
    above = modes_above_noise(
        spectra(np.linalg.eigvalsh(F)[:, ::-1]), rows, error_rate=0.05, centred=False
    )
    seen = float((above > 0).mean())
    assert seen == pytest.approx(0.05, abs=five_sigma(0.05, draws) + 0.01)


def test_effective_samples_by_hand():
    assert effective_samples(100) == 100
    assert effective_samples(100, views=2) == 50  # images
    assert effective_samples(100, views=2, correlation=0.5) == 80
    assert effective_samples(100, views=10, correlation=1) == 10
    assert effective_samples(100, 0.5, views=2, correlation=0.0) == 300
    # Rows of one weight have the edge of Marchenko and Pastur.
    for options in ({}, {"views": 4, "correlation": 0.0}):
        assert effective_samples(100, dimensions=30, **options) == pytest.approx(100, rel=1e-6)
    assert effective_samples(100, views=2, dimensions=30) == pytest.approx(50, rel=1e-6)
    assert effective_samples(256, 0.3, dimensions=128) == pytest.approx(438.6, abs=0.1)
    for bad in ({"views": 0}, {"correlation": 1.1}, {"dimensions": 0}):
        with pytest.raises(ValueError, match="at least 1, in \\[0, 1\\] and at least 1 wanted"):
            effective_samples(100, **bad)


def test_noise_lies_between_its_edges():
    assert noise_edges(128, 475) == pytest.approx((0.2313, 2.3077), abs=1e-3)
    assert noise_edges(10, 5, variance=2.0)[0] == 0
    assert noise_edges(1, 1) == (0, 4)
    assert noise_edges(1, 4, variance=2.0) == (0.5, 4.5)
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((2000, 200))
    s = np.linalg.eigvalsh(Z.T @ Z / 2000)
    low, high = noise_edges(200, 2000)
    assert low * 0.97 < s[0] < s[-1] < high * 1.03
    with pytest.raises(ValueError, match="at least 1, 1 and 0 wanted"):
        noise_edges(0, 5)


@pytest.mark.parametrize("signals", [0, 3, 10])
def test_modes_above_noise_are_counted(signals):
    rng = np.random.default_rng(signals)
    Z = 0.1 * rng.standard_normal((1500, 60))
    Z[:, :signals] *= 4
    s = np.linalg.eigvalsh(Z.T @ Z / 1500)[::-1]
    got = modes_above_noise(xr.DataArray(s.copy(), dims="mode"), 1500.0)
    assert abs(int(got) - signals) <= 1
    with pytest.raises(ValueError, match="50 rows for 60 dimensions"):
        modes_above_noise(xr.DataArray(s.copy(), dims="mode"), 50.0)


def test_effective_samples_of_an_ema_by_its_variance():
    assert effective_samples(256, 0.3) == pytest.approx(475.4, abs=0.1)
    rng = np.random.default_rng(0)
    batches = rng.standard_normal((200_000, 4)).mean(1)
    ema, series = 0.0, []
    for x in batches:
        ema = 0.6 * ema + 0.4 * x
        series.append(ema)
    assert 1 / np.var(series[100:]) == pytest.approx(effective_samples(4, 0.6), rel=0.05)
    with pytest.raises(ValueError, match="rho in"):
        effective_samples(4, 1.0)


def test_noise_stays_below_its_level_and_a_spike_does_not():
    d, n = 40, 400
    rng = np.random.default_rng(0)
    above = 0
    for _ in range(50):
        Z = rng.standard_normal((n, d))
        values = xr.DataArray(np.linalg.eigvalsh(Z.T @ Z / n)[::-1], dims="mode")
        level = float(noise_level(values, n))
        assert level == pytest.approx(noise_edges(d, n)[1], rel=0.1)
        above += int((values > level).sum())
        assert int(modes_above_noise(values, n)) == int((values > level).sum())
    assert above < 5


def test_one_row_more_than_dimensions_is_enough():
    spectrum = xr.DataArray([3.0, 1.0, 0.5], dims="mode")
    assert np.isfinite(modes_above_noise(spectrum, 4))
