import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import correlation, spectral_pair

from analysis import (
    alignment_rate,
    mode_alignment_rate,
)
from dynamics import EigenmodeFlow, SymmetrisedFlow, integrate

seeds = st.integers(0, 10**6)


@given(seed=seeds)
def test_the_alignment_rate_is_the_least_of_the_modes(seed):
    rng, U, s = spectral_pair(seed)
    p = rng.uniform(-0.5, 1, 5)
    W, F = correlation(U @ np.diag(p) @ U.T), correlation(U @ np.diag(s) @ U.T)
    flow = EigenmodeFlow(alpha_p=1.5, eta=0.02, eta_p=0.06, tau=0.8)
    expected = flow.mode_alignment_rate(p, s, 0.8).min()
    got = alignment_rate(W, F, k=1.25, tau=0.8, alpha_p=1.5, eta=0.02, eta_p=0.06)
    assert float(got) == pytest.approx(expected, abs=1e-9)
    assert float(got) >= 0.02 + 0.03 - 0.8**2 / (4 * 1.25) - 1e-12


def test_the_rate_of_a_mode_is_the_eigenvalue_of_k_in_the_aligned_state_and_the_flows():
    _, U, s = spectral_pair(3)
    p = np.sqrt(s) / 2
    W, F = correlation(U @ np.diag(p) @ U.T), correlation(U @ np.diag(s) @ U.T)
    numbers = {"k": 1.25, "tau": 0.9, "alpha_p": 2.0, "eta": 0.01, "eta_p": 0.03}
    kappa = mode_alignment_rate(W, F, **numbers)
    np.testing.assert_allclose(kappa, 1.25 * (s + p**2) - 0.9 * p + 0.025)
    np.testing.assert_allclose(kappa.min(), alignment_rate(W, F, **numbers))
    flow = EigenmodeFlow(sigma2=0.25, tau=0.9, alpha_p=2.0, eta=0.01, eta_p=0.03)
    np.testing.assert_allclose(kappa, flow.mode_alignment_rate(p, s))
    each = xr.DataArray(np.linspace(1, 2, 5), {"mode": np.arange(1, 6)}, ["mode"])
    np.testing.assert_allclose(
        mode_alignment_rate(W, F, k=each, tau=0.0), each.values * (s / 2 + p**2)
    )


def test_a_commutator_entry_shrinks_at_the_sum_of_two_rates():
    s, p = np.array([1.5, 0.6]), np.array([0.9, 0.5])
    W, F = np.diag(p) + 1e-6 * np.array([[0.0, 1], [1, 0]]), np.diag(s)
    flow = SymmetrisedFlow(sigma2=0.25, tau=0.9, eta=0.02)
    run = integrate(flow, (np.linalg.cholesky(F), W), [0, 1e-3])
    L = run["cross_correlation"].values @ run["predictor"].values
    L = L - L.swapaxes(1, 2)
    rate = -np.log(L[1, 0, 1] / L[0, 0, 1]) / 1e-3
    kappa = mode_alignment_rate(
        correlation(W), correlation(F), k=1.25, tau=0.9, eta=0.02, eta_p=0.02
    )
    assert rate == pytest.approx(float(kappa.sum()), rel=1e-2)


def test_what_comes_out_bears_the_name_of_the_measure():
    W, F = (
        xr.DataArray(np.eye(2), dims=("row", "col")),
        xr.DataArray(np.eye(2), dims=("row", "col")),
    )
    assert mode_alignment_rate(W, F).name == "mode_alignment_rate"
    assert alignment_rate(W, F).name == "alignment_rate"
