import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis import (
    alignment_rate,
    critical_decay,
    mode_alignment_rate,
    noise_ratio,
    target_scale,
)
from analysis.measures.alignment import alignment
from analysis.measures.balance import balance, balance_gap, rayleigh_quotient, rayleigh_residual
from analysis.measures.power_law import fit_power_law
from dynamics import EigenmodeFlow, SymmetrisedFlow, integrate

seeds = st.integers(0, 10**6)


def matrix(M, *front):
    return xr.DataArray(M, dims=(*front, "row", "col"), name="correlation")


def world(seed, d=5):
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.standard_normal((d, d)))[0]
    s = np.sort(rng.uniform(0.1, 3, d))[::-1]
    return rng, U, s


def test_two_modes_by_hand():
    F = matrix(np.diag([1.0, 2.0]))  # mode 1 is the second axis
    W = matrix(np.array([[3.0, 1.0], [4.0, 5.0]]))
    assert rayleigh_quotient(W, F).values.tolist() == [5, 3]
    # W e_2 = (1, 5): what is not along e_2 is 1; W e_1 = (3, 4): 4
    np.testing.assert_allclose(rayleigh_residual(W, F), [1, 4])


@given(seed=seeds)
def test_aligned_modes_pair_exactly_and_the_law_is_found(seed):
    _, U, s = world(seed)
    p = 0.7 * s**0.4
    W, F = matrix(U @ np.diag(p) @ U.T), matrix(U @ np.diag(s) @ U.T)
    np.testing.assert_allclose(rayleigh_quotient(W, F), p, atol=1e-10)
    np.testing.assert_allclose(rayleigh_residual(W, F), 0, atol=1e-6)
    fit = fit_power_law(rayleigh_quotient(W, F), xr.DataArray(s, dims="mode"))
    assert fit.exponent == pytest.approx(0.4, abs=1e-6)
    assert fit.factor == pytest.approx(0.7, abs=1e-6)
    assert fit.low <= fit.exponent <= fit.high
    assert fit.modes == 5


@given(seed=seeds)
def test_the_residual_is_the_alignment(seed):
    rng, U, s = world(seed)
    W, F = matrix(rng.standard_normal((5, 5))), matrix(U @ np.diag(s) @ U.T)
    p, r = rayleigh_quotient(W, F), rayleigh_residual(W, F)
    np.testing.assert_allclose(alignment(W, F), p / np.hypot(p, r), atol=1e-9)


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


@given(seed=seeds)
def test_k_and_tau_of_a_linear_network(seed):
    _, U, s = world(seed)
    tau = np.linspace(0.2, 0.9, 5)
    F, cross, target = (matrix(U @ np.diag(x) @ U.T) for x in (1.25 * s, s, tau * s))
    np.testing.assert_allclose(noise_ratio(F, cross), 1.25, rtol=1e-8)
    np.testing.assert_allclose(target_scale(cross, target), tau, rtol=1e-6)
    decay = critical_decay(F, cross, target)
    np.testing.assert_allclose(decay, np.asarray(tau) ** 2 / 5, rtol=1e-6)
    flow = EigenmodeFlow(sigma2=0.25, tau=0.8)
    assert float(critical_decay(F, cross, 0.8 * cross)[0]) == pytest.approx(flow.critical_decay)
    assert float(critical_decay(F, cross)[0]) == pytest.approx(1 / 5)
    assert np.isnan(noise_ratio(F, -cross)).all()


@given(seed=seeds)
def test_the_alignment_rate_is_the_least_of_the_modes(seed):
    rng, U, s = world(seed)
    p = rng.uniform(-0.5, 1, 5)
    W, F = matrix(U @ np.diag(p) @ U.T), matrix(U @ np.diag(s) @ U.T)
    flow = EigenmodeFlow(alpha_p=1.5, eta=0.02, eta_p=0.06, tau=0.8)
    expected = flow.alignment_rate(p, s, 0.8).min()
    got = alignment_rate(W, F, k=1.25, tau=0.8, alpha_p=1.5, eta=0.02, eta_p=0.06)
    assert float(got) == pytest.approx(expected, abs=1e-9)
    assert float(got) >= 0.02 + 0.03 - 0.8**2 / (4 * 1.25) - 1e-12


def test_the_balance_takes_the_side_of_the_predictor_that_theorem_1_says():
    rng = np.random.default_rng(0)
    Wp, b = rng.standard_normal((3, 3)), rng.standard_normal(3)
    gram = Wp.T @ Wp / 2 - np.outer(b, b)
    w, V = np.linalg.eigh(gram + 20 * np.eye(3))
    head = V * np.sqrt(w)
    run = xr.Dataset({"predictor": matrix(Wp), "head": (("row", "feature"), head)})
    run["head_bias"] = "row", b
    G = head @ head.T + np.outer(b, b)
    gap = np.linalg.norm(G - Wp.T @ Wp / 2) / np.linalg.norm(G)
    assert float(balance_gap(run, alpha_p=2.0)) == pytest.approx(gap)
    exact = run.assign(head=(("row", "feature"), Wp.T / np.sqrt(2))).drop_vars("head_bias")
    assert float(balance_gap(exact, alpha_p=2.0)) == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match=r"lacks \['head'\]"):
        balance_gap(run.drop_vars("head"))


def test_the_gap_of_many_snapshots_is_that_of_each_and_of_the_balance():
    rng = np.random.default_rng(1)
    W, head = rng.standard_normal((4, 3, 3)), rng.standard_normal((4, 3, 5))
    run = xr.Dataset({"predictor": matrix(W, "step"), "head": (("step", "row", "feature"), head)})
    gap = balance_gap(run, alpha_p=0.5)
    norms = np.linalg.norm(balance(run, alpha_p=0.5), axis=(1, 2))
    np.testing.assert_allclose(gap, norms / np.linalg.norm(head @ head.swapaxes(1, 2), axis=(1, 2)))
    lazy = balance_gap(run.chunk(step=3, row=2), alpha_p=0.5)
    assert lazy.chunks is not None
    np.testing.assert_allclose(lazy, gap)


def test_leading_dims_and_asymmetric_F():
    W = matrix(np.stack([np.eye(2), 2 * np.eye(2)]), "step")
    p = rayleigh_quotient(W, matrix(np.diag([2.0, 1.0])))
    assert p.dims == ("step", "mode")
    assert p.values.tolist() == [[1, 1], [2, 2]]
    with pytest.raises(ValueError, match="not symmetric"):
        rayleigh_quotient(W, matrix(np.array([[1.0, 2.0], [0.0, 1.0]])))


def test_the_rate_of_a_mode_is_the_eigenvalue_of_k_in_the_aligned_state_and_the_flows():
    _, U, s = world(3)
    p = np.sqrt(s) / 2
    W, F = matrix(U @ np.diag(p) @ U.T), matrix(U @ np.diag(s) @ U.T)
    numbers = {"k": 1.25, "tau": 0.9, "alpha_p": 2.0, "eta": 0.01, "eta_p": 0.03}
    kappa = mode_alignment_rate(W, F, **numbers)
    np.testing.assert_allclose(kappa, 1.25 * (s + p**2) - 0.9 * p + 0.025)
    np.testing.assert_allclose(kappa.min(), alignment_rate(W, F, **numbers))
    flow = EigenmodeFlow(sigma2=0.25, tau=0.9, alpha_p=2.0, eta=0.01, eta_p=0.03)
    np.testing.assert_allclose(kappa, flow.alignment_rate(p, s))
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
    kappa = mode_alignment_rate(matrix(W), matrix(F), k=1.25, tau=0.9, eta=0.02, eta_p=0.02)
    assert rate == pytest.approx(float(kappa.sum()), rel=1e-2)
