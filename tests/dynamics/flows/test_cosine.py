"""The cosine loss couples modes through two numbers: its laws, its end, and its exact twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import generators

from dynamics import (
    ClosedFormFlow,
    CosineFlow,
    EigenmodeFlow,
    IdentityRule,
    SpectrumRule,
    ensemble,
    integrate,
)
from dynamics.theorems.equilibria import jacobian

P, S = "predictor_eigenvalue", "correlation_eigenvalue"


def test_derivative_by_hand():
    # p = (1, 1/2), s = (1, 4), k = 2: sums p s 3, k p² s 4, k s 10; mu = 3/4, N = sqrt(40).
    flow = CosineFlow(alpha_p=3.0, sigma2=1.0, eta=0.1, eta_p=0.2)
    dp, ds = flow(0, np.array([1.0, 0.5]), np.array([1.0, 4.0]))
    pull = np.array([1 * (1 - 0.75 * 2), 4 * (1 - 0.75)]) / np.sqrt(40)
    np.testing.assert_allclose(dp, 3 * pull - [0.2, 0.1])
    np.testing.assert_allclose(ds, 2 * np.array([1, 0.5]) * pull - [0.2, 0.8])


def test_with_a_target_of_its_own_by_hand():
    # w = (1, 2), p = (1, 1/2), w_a = (2, 1): p w w_a 3, k p² w² 4, k w_a² 10.
    flow = CosineFlow(sigma2=1.0, eta=0.1, beta=0.5)
    dw, dp, dwa = flow(0, *map(np.array, ([1.0, 2.0], [1.0, 0.5], [2.0, 1.0])))
    e = (np.array([2, 1]) - 0.75 * 2 * np.array([1, 1])) / np.sqrt(40)
    np.testing.assert_allclose(dw, [1, 0.5] * e - [0.1, 0.2])
    np.testing.assert_allclose(dp, [1, 2] * e - [0.1, 0.05])
    np.testing.assert_allclose(dwa, [-0.5, 0.5])


@given(rng=generators(), scale=st.floats(0.1, 10))
def test_the_size_of_the_target_is_no_matter(rng, scale):
    w, p, wa = rng.uniform(0.2, 1, (3, 4))
    flow = CosineFlow(beta=0.0, sigma2=rng.uniform(0, 1, 4))
    np.testing.assert_allclose(
        flow(0, w, p, scale * wa)[:2], flow(0, w, p, wa)[:2], rtol=1e-12, atol=1e-13
    )
    alone = CosineFlow(sigma2=flow.sigma2)
    dw, dp, _ = flow(0, w, p, scale * w)
    np.testing.assert_allclose(alone(0, p, w**2), (dp, 2 * w * dw), rtol=1e-12, atol=1e-13)


@settings(max_examples=8)
@given(
    rng=generators(),
    alpha_p=st.floats(0.3, 3),
    eta=st.floats(0, 0.05),
    eta_p=st.none() | st.floats(0, 0.05),
    beta=st.none() | st.floats(0.1, 1),
)
def test_norms_fall_by_the_decay_alone_and_the_balance_of_each_mode(rng, alpha_p, eta, eta_p, beta):
    flow = CosineFlow(alpha_p=alpha_p, sigma2=rng.uniform(0, 1, 6), eta=eta, eta_p=eta_p, beta=beta)
    p, w = rng.uniform(0.1, 1, (2, 6))
    y0 = (p, w**2) if beta is None else (w, p, rng.uniform(0.1, 1, 6))
    run = integrate(flow, y0, np.linspace(0, 20, 11))
    t, p, s = (run[name].values for name in ("time", P, S))
    for constant in flow.norms(t, p, s):
        np.testing.assert_allclose(constant, constant[0], rtol=2e-7)
    if eta_p is None and beta is None:
        balance = flow.invariant(t, p, s)
        np.testing.assert_allclose(balance, np.broadcast_to(balance[0], balance.shape), atol=2e-7)


def test_what_is_conserved_is_so_to_rounding_over_a_long_time():
    p0, s0 = np.linspace(0.9, 0.3, 6), np.linspace(1.4, 0.6, 6)
    flow = CosineFlow(sigma2=0.25, eta=0.01)
    run = integrate(flow, (p0, s0), [0, 20, 60], rtol=1e-11, atol=1e-14)
    t, p, s = (run[name].values for name in ("time", P, S))
    for constant in flow.norms(t, p, s):
        np.testing.assert_allclose(constant, constant[0], rtol=1e-10)
    np.testing.assert_allclose(flow.invariant(t, p, s)[1:], [s0 - p0**2] * 2, atol=1e-10)
    assert np.ptp(p[-1] * np.exp(0.6)) < 0.1 < np.ptp(p0)  # it went


@settings(max_examples=8)
@given(rng=generators(), alpha_p=st.floats(0.5, 2), eta=st.sampled_from([0.0, 0.01]))
def test_it_ends_where_rest_says_and_decay_kills_nothing(rng, alpha_p, eta):
    flow = CosineFlow(alpha_p=alpha_p, sigma2=0.5, eta=eta)
    p0, s0 = rng.uniform(-0.5, 1.5, 6), rng.uniform(0.05, 1, 6)
    p0[0], s0[0] = 0.5, 1.0  # one that surely has a direction, and lives
    end, until = flow.rest(p0, s0), 400.0
    run = integrate(flow, (p0, s0), [0, until])
    p, s = (run[name].values[-1] for name in (P, S))
    np.testing.assert_allclose(np.exp(eta * until) * p, end[0], atol=5e-3)
    np.testing.assert_allclose(np.exp(2 * eta * until) * np.nan_to_num(s), end[1], atol=1e-2)
    np.testing.assert_allclose((end[0] ** 2).sum(), (p0**2).sum(), rtol=1e-9)
    np.testing.assert_allclose(end[1] - end[0] ** 2 / alpha_p, s0 - p0**2 / alpha_p, atol=1e-9)
    assert (EigenmodeFlow(sigma2=0.5).critical_decay, end[1][0] > 0) == (1 / 6, True)


def test_rest_by_hand():
    # b = p² - s = (3, -1, -2); sum p² = 6: 3 + 2 x = 6 where x = 3/2 is below b_1, so it dies.
    flow = CosineFlow()
    p, s = flow.rest([2.0, 1.0, 1.0], [1.0, 2.0, 3.0])
    np.testing.assert_allclose(p, np.sqrt([3, 1.5, 1.5]))
    np.testing.assert_allclose(s, [0, 2.5, 3.5])


@given(rng=generators(), alpha_p=st.floats(0.5, 2))
def test_rest_is_a_set_that_is_stable_across(rng, alpha_p):
    flow = CosineFlow(alpha_p=alpha_p, sigma2=0.5)
    p0, s0 = rng.uniform(-0.5, 1.5, 6), rng.uniform(0.05, 1, 6)
    p0[0], s0[0] = 0.5, 1.0
    p, s = flow.rest(p0, s0)
    values = np.sort(np.linalg.eigvals(jacobian(flow, [p, s])).real)
    across = flow.rest_eigenvalues(p, s)
    np.testing.assert_allclose(values[:5][::-1], across, atol=1e-6)
    np.testing.assert_allclose(values[5:], 0, atol=1e-6)  # modes + 1 along it
    assert (across < 1e-9).all()


def test_rest_by_hand_and_the_dead_that_rise():
    flow = CosineFlow(sigma2=0.0)
    # N = 4 of s = (1, 3) and p = 1: living -(2 * 3/4)/4; dead of p = 1/2 2 * 1/2 * 1/2 / 4.
    for p_dead, value in ((2.0, -1.0), (0.5, 0.125), (-1.0, -1.0)):
        p, s = np.array([p_dead, 1.0, 1.0]), np.array([0.0, 1.0, 3.0])
        assert flow.rest_eigenvalues(p, s) == pytest.approx(sorted([value, -0.375])[::-1])
        s[0] = 1e-9
        rate = flow(0, p, s)[1][0] / 1e-9
        assert rate == pytest.approx(value, rel=1e-6)
    # A p below 0 for all: the prediction points away, and that is left.
    assert flow.rest_eigenvalues(-np.ones(2), np.array([1.0, 3.0])) == pytest.approx([0.375])


@pytest.mark.parametrize("eta", [0.0, 0.02])
def test_what_is_near_rest_returns_at_its_least_rate(eta):
    flow = CosineFlow(sigma2=0.5, eta=eta)
    p, s = np.array([1.0, 1.0, 1.0, 1.6]), np.array([0.3, 1.0, 2.0, 0.0])
    slow = -flow.rest_eigenvalues(p, s)[0]
    start = p + 1e-4 * np.array([1, -1, 0.5, 0])
    until = 30.0 if eta else 60.0
    run = integrate(flow, (start, s), np.linspace(0, until, 301), rtol=1e-11, atol=1e-15)
    t, p = run["time"].values, run[P].values
    off = np.log(np.abs(p[:, 0] - p[:, 1]) * np.exp(eta * t))
    # p e^(eta t) and s e^(2 eta t) are on the flow without a decay, whose clock is faster.
    clock = np.expm1(2 * eta * t) / (2 * eta) if eta else t
    slope = np.polyfit(clock[150:], off[150:], 1)[0]
    assert -slope == pytest.approx(slow, rel=5e-3)


@given(rng=generators())
def test_many_states_at_once_have_the_rates_of_each(rng):
    flow, target = CosineFlow(eta=0.1), CosineFlow(eta=0.1, beta=0.5)
    for one in (flow, target):
        states = rng.uniform(0.2, 1, size=(len(one.variables), 3, 4))  # (part, state, mode)
        each = [one(0, *states[:, i]) for i in range(3)]
        for part, rates in enumerate(one(0, *states)):
            np.testing.assert_allclose(rates, [rate[part] for rate in each])


def test_a_set_predictor_under_a_cosine_has_the_same_error():
    w, p = np.array([1.0, 0.5, 0.2]), np.array([1.0, 0.5, 0.2])  # DirectPred: p = |w| at power 1/2
    learned = CosineFlow(sigma2=0.5)
    ds = learned(0, p, w**2)[1]
    rule = SpectrumRule(power=0.5)
    flow = ClosedFormFlow(rule=rule, same=1.5, cosine=True)
    p = np.sqrt(1.5) * w  # which sees the same-view correlation
    ds = learned(0, p, w**2)[1]
    np.testing.assert_allclose(2 * w * flow(0, w)[0], ds)
    around = ClosedFormFlow(rule=rule, same=1.5, cosine=True, iso=True)
    np.testing.assert_allclose(p * around(0, w)[0], flow(0, w)[0])


def test_without_a_predictor_a_cosine_keeps_the_norm_and_the_cleanest_mode():
    flow = ClosedFormFlow(rule=IdentityRule(), same=np.array([1.1, 1.5]), cosine=True)
    run = integrate(flow, ([0.5, 1.0],), np.linspace(0, 200, 21))
    s = run[S].values
    np.testing.assert_allclose(s.sum(1), 1.25, rtol=1e-6)
    np.testing.assert_allclose(s[-1], [1.25, 0], atol=1e-3)


def test_what_has_no_closed_form_or_direction_is_refused():
    with pytest.raises(ValueError, match="the decays differ"):
        CosineFlow(eta=0.1, eta_p=0.2).rest([1.0], [1.0])
    with pytest.raises(ValueError, match="equal sigma2 and no beta"):
        CosineFlow(sigma2=np.array([0.1, 0.2])).rest([1.0, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="wants equal sigma2 and no beta"):
        CosineFlow(beta=0.1).rest_eigenvalues([1.0], [1.0])
    with pytest.raises(ValueError, match="one and the same wanted"):
        CosineFlow().rest_eigenvalues([1.0, 2.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="a cosine has no direction"):
        CosineFlow().rest([0.0, 1.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="every mode dies"):
        CosineFlow().rest([-2.0], [1.0])


@pytest.mark.parametrize("flow", [CosineFlow(), ClosedFormFlow()])
def test_an_ensemble_of_coupled_modes_is_refused(flow):
    y0 = [np.ones(2)] * len(flow.variables)
    with pytest.raises(ValueError, match="are coupled; integrate one at a time"):
        ensemble(flow, y0, [0, 1])
