import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import correlation, spectral_pair

from analysis.measures.balance import rayleigh_quotient, rayleigh_residual
from analysis.measures.power_law import fit_power_law

seeds = st.integers(0, 10**6)


@given(seed=seeds)
def test_aligned_modes_pair_exactly_and_the_law_is_found(seed):
    _, U, s = spectral_pair(seed)
    p = 0.7 * s**0.4
    W, F = correlation(U @ np.diag(p) @ U.T), correlation(U @ np.diag(s) @ U.T)
    np.testing.assert_allclose(rayleigh_quotient(W, F), p, atol=1e-10)
    np.testing.assert_allclose(rayleigh_residual(W, F), 0, atol=1e-6)
    fit = fit_power_law(rayleigh_quotient(W, F), xr.DataArray(s, dims="mode"))
    assert fit.exponent == pytest.approx(0.4, abs=1e-6)
    assert fit.factor == pytest.approx(0.7, abs=1e-6)
    assert fit.low <= fit.exponent <= fit.high
    assert fit.modes == 5


@pytest.mark.parametrize("modes", [3, 5, 30])
def test_an_interval_covers_as_often_as_it_says(modes):
    rng = np.random.default_rng(modes)
    s = np.geomspace(0.01, 10, modes)
    inside = 0
    for _ in range(1000):
        p = np.exp(0.5 * np.log(s) + 0.2 * rng.standard_normal(modes))
        fit = fit_power_law(xr.DataArray(p, dims="mode"), xr.DataArray(s, dims="mode"))
        inside += fit.low < 0.5 < fit.high
    assert inside / 1000 == pytest.approx(0.95, abs=5 * np.sqrt(0.95 * 0.05 / 1000))


def test_the_interval_is_two_sided_by_hand():
    # log2 p = 0, 1, 0, 1 at log2 s = 0, 1, 2, 3: slope 1/5, residual squares 4/5, s.e. sqrt(2/25).
    s, p = (xr.DataArray(2.0 ** np.array(x), dims="mode") for x in ([0, 1, 2, 3], [0, 1, 0, 1]))
    fit = fit_power_law(p, s)
    assert fit.exponent == pytest.approx(0.2)
    assert fit.high - fit.exponent == pytest.approx(4.302653 * np.sqrt(0.08), rel=1e-6)  # t, 2 d.f.
    assert fit.exponent - fit.low == pytest.approx(fit.high - fit.exponent)
    assert fit.r2 == pytest.approx(0.2)
    text = "p ~ s^0.20 (-1.02 to 1.42 at 95 %), 4 modes, s from 1 to 8"
    assert str(fit) == text
    narrow = fit_power_law(p, s, confidence=0.5)
    assert narrow.high - 0.2 == pytest.approx(0.816497 * np.sqrt(0.08), rel=1e-6)
    assert narrow.confidence == 0.5


def test_modes_below_floor_and_residual_are_left_out():
    p, s, r = (
        xr.DataArray(x, dims="mode")
        for x in ([1.0, 0.5, 0.25, 9.0, 9.0], [4.0, 1, 0.25, 0.1, 0.01], [0, 0, 0, 10, 0])
    )
    fit = fit_power_law(p, s, residual=r, floor=0.05)
    assert (fit.modes, fit.exponent) == (3, pytest.approx(0.5))
    assert fit.range == (0.25, 4)  # of the modes in it, and not of all
    with pytest.raises(ValueError, match="2 modes have p above the residual"):
        fit_power_law(p, s, residual=r, floor=0.5)
    with pytest.raises(ValueError, match="confidence is 95"):
        fit_power_law(p, s, confidence=95)
