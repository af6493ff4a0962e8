import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamics import DirectSetFlow, EigenmodeFlow, ScalarFlow, integrate

flows = st.builds(
    EigenmodeFlow,
    alpha_p=st.floats(0.2, 5),
    sigma2=st.floats(0, 2),
    eta=st.floats(0, 0.3),
    tau=st.floats(0.3, 1),
    beta=st.none() | st.floats(0.05, 5),
)
decays = st.tuples(st.floats(0.01, 0.2), st.floats(0.01, 0.2))


def start(flow, p0, s0, tau0=1.0):
    return (p0, s0, tau0)[: len(flow.variables)]


def test_derivative_by_hand():
    # p = 1/2, s = 2, tau = 1, k = 5/4: pull 3/8; 2 * 2 * 3/8 - 0.1 / 2; 2 * 2 * (3/16 - 0.1)
    flow = EigenmodeFlow(alpha_p=2.0, eta=0.1)
    np.testing.assert_allclose(flow(0, *map(np.array, (0.5, 2.0))), (1.45, 0.35))
    slow = EigenmodeFlow(alpha_p=2.0, eta=0.1, beta=0.5)
    # tau = 1/2: pull -1/8, growth -0.1625; 1/4 + 0.08125
    expected = (2 * 2 * -1 / 8 - 0.05, 4 * -0.1625, 0.33125)
    np.testing.assert_allclose(slow(0, *map(np.array, (0.5, 2.0, 0.5))), expected)


def test_rest_points_by_hand():
    flow = EigenmodeFlow(alpha_p=2, sigma2=0.25, tau=0.9, eta=0.05)
    collapsed, unstable, useful = flow.rest_points()
    assert (collapsed.name, unstable.name, useful.name) == ("collapsed", "unstable", "useful")
    np.testing.assert_allclose(unstable.state[0], 0.0606674, atol=5e-8)
    np.testing.assert_allclose(useful.state[0], 0.6593306, atol=2.1e-6)
    np.testing.assert_allclose(useful.eigenvalues, (-0.1, -0.493399), atol=5e-7)
    np.testing.assert_allclose(unstable.eigenvalues, (0.0453993, -0.1), atol=5e-8)
    np.testing.assert_allclose(collapsed.eigenvalues, (-0.05, -0.1))
    assert [point.stability for point in flow.rest_points()] == ["stable", "saddle", "stable"]


def test_separate_decays_keep_p_and_move_s():
    for eta, eta_p, p, s in [
        (0.02, 0.1, 0.7794733, 3.0378933),
        (0.1, 0.02, 0.6828427, 0.0932548),
    ]:
        useful = EigenmodeFlow(eta=eta, eta_p=eta_p).rest_points()[-1]
        np.testing.assert_allclose(useful.state, (p, s), atol=5e-8)
        assert useful.stability == "stable"


@given(flow=flows, decay=decays)
def test_the_flow_stands_still_at_rest_points(flow, decay):
    flow = EigenmodeFlow(
        alpha_p=flow.alpha_p, sigma2=flow.sigma2, tau=flow.tau, beta=flow.beta,
        eta=decay[0], eta_p=decay[1],
    )  # fmt: skip
    for point in flow.rest_points():
        if np.isfinite(point.state).all():
            still = flow(0, *map(np.array, point.state))
            np.testing.assert_allclose(still, 0, atol=1e-12 * (1 + abs(point.state[-1])))


@given(flow=flows, p=st.floats(-1, 1), s=st.floats(0, 2), tau=st.floats(0, 1))
def test_jacobian_is_the_derivative(flow, p, s, tau):
    state = np.array(start(flow, p, s, tau))
    h = 1e-6
    columns = [
        (np.array(flow(0, *(state + e))) - np.array(flow(0, *(state - e)))) / (2 * h)
        for e in h * np.eye(len(state))
    ]
    np.testing.assert_allclose(flow.jacobian(*state), np.stack(columns, axis=1), atol=1e-7)


@given(flow=flows, p0=st.floats(-0.5, 1), s0=st.floats(0.05, 1))
def test_balance_is_conserved(flow, p0, s0):
    if flow.beta is not None:
        p0 = abs(p0)  # from below 0, tau may have a pole: the next test
    run = integrate(flow, start(flow, p0, s0), np.linspace(0, 8, 20), rtol=1e-11, atol=1e-13)
    c = flow.invariant(run.time, run.predictor_eigenvalue, run.correlation_eigenvalue)
    assert abs(c - c.isel(step=0)).max() < 1e-8


def test_a_negative_mode_with_ema_ends_at_the_pole_of_tau():
    flow = EigenmodeFlow(sigma2=0, beta=1.0)
    with pytest.raises(RuntimeError, match=r"stopped at t = 3\.797\d* of 8: tau left 1e\+12"):
        integrate(flow, (-0.5, 0.125, 1.0), [0, 8])
    # The same mode in w and w_a: w crosses zero just then, and goes on.
    w = math.sqrt(0.125)
    run = integrate(
        ScalarFlow(same=1, cross=1, beta=1.0), (w, -0.5, w), [0, 8],
        events={"zero": lambda t, w, p, w_a: w[0]},
    )  # fmt: skip
    np.testing.assert_allclose(run.attrs["events"]["zero"], [3.7972], atol=1e-4)
    assert run.encoder_value[-1, 0] < 0


@given(flow=flows, decay=decays, p=st.floats(-1, 1), s=st.floats(0, 2))
def test_rate_of_the_balance_with_separate_decays(flow, decay, p, s):
    flow = EigenmodeFlow(alpha_p=flow.alpha_p, sigma2=flow.sigma2, eta=decay[0], eta_p=decay[1])
    dp, ds = flow(0, p, s)
    rate = ds - 2 * p * dp / flow.alpha_p
    np.testing.assert_allclose(flow.balance_rate(p, s), rate, atol=1e-12)


def test_separate_decays_have_no_invariant():
    with pytest.raises(ValueError, match=r"eta = 0\.1 and eta_p = 0\.2"):
        EigenmodeFlow(eta=0.1, eta_p=0.2).invariant(0.0, 1.0, 1.0)


def test_above_the_critical_decay_there_is_only_collapse():
    critical = EigenmodeFlow(sigma2=0.25, tau=0.8).critical_decay
    np.testing.assert_allclose(critical, 0.128)
    assert len(EigenmodeFlow(tau=0.8, eta=critical * 1.001).rest_points()) == 1
    assert len(EigenmodeFlow(tau=0.8, eta=critical * 0.999).rest_points()) == 3
    assert EigenmodeFlow(beta=0.4, tau=0.5).critical_decay == 0.2  # tau is 1 at rest


def test_predictor_decay_alone_grows_the_correlation_linearly():
    flow = EigenmodeFlow(eta=0.0, eta_p=0.1)
    assert [point.name for point in flow.rest_points()] == ["collapsed"]
    run = integrate(flow, (0.5, 0.5), [0, 200, 2000])
    s, p = run.correlation_eigenvalue.values[:, 0], run.predictor_eigenvalue.values[-1, 0]
    np.testing.assert_allclose((s[2] - s[1]) / 1800, 2 * 0.1 / 1.25**2, rtol=2e-3)
    np.testing.assert_allclose(p, 0.8, rtol=1e-3)


def test_encoder_decay_alone_collapses_though_p_stays():
    run = integrate(EigenmodeFlow(eta=0.05, eta_p=0.0), (0.5, 0.5), [0, 1000])
    assert run.correlation_eigenvalue.values[-1, 0] < 1e-12
    assert run.predictor_eigenvalue.values[-1, 0] > 0.02


@given(beta=st.floats(0.01, 10), eta=st.floats(1e-3, 0.19))
def test_ema_never_moves_or_shakes_the_useful_rest_point(beta, eta):
    with_ema, without = EigenmodeFlow(eta=eta, beta=beta), EigenmodeFlow(eta=eta)
    for mine, other in zip(with_ema.rest_points()[1:], without.rest_points()[1:], strict=True):
        assert mine.state[:2] == other.state
        assert mine.state[2] == 1.0
        assert mine.stability == other.stability
        jacobian = with_ema.jacobian(*mine.state)
        assert abs(np.linalg.eigvals(jacobian).imag).max() < 1e-6
        p = mine.state[0]
        a, b = 2 * 1.25 * p**2, np.sqrt((2.5 * p**2 - beta) ** 2 + 4 * beta * p)
        expected = sorted([(-(a + beta) + b) / 2, (-(a + beta) - b) / 2, -2 * eta])
        np.testing.assert_allclose(sorted(mine.eigenvalues), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alpha_p": 0.0}, "alpha_p is 0.0; finite and above 0"),
        ({"beta": -1.0}, "beta is -1.0"),
        ({"eta": -0.1}, "eta is -0.1; finite and 0 or more"),
        ({"sigma2": np.nan}, "sigma2 is nan"),
    ],
)
def test_impossible_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        EigenmodeFlow(**parameters)


def test_rest_points_of_many_flows_at_once_are_refused():
    with pytest.raises(ValueError, match=r"rest_points wants numbers; \['eta'\] are arrays"):
        EigenmodeFlow(eta=np.array([0.1, 0.2]), eta_p=0.1).rest_points()
    with pytest.raises(ValueError, match=r"rest_points wants numbers; \['beta'\] are arrays"):
        EigenmodeFlow(beta=np.array([0.0, 0.2])).rest_points()


@pytest.mark.parametrize("eta", [1e-4, 1e-9, 1e-15, 1e-30])
def test_the_unstable_rest_point_keeps_its_digits_at_a_small_decay(eta):
    # p (tau - k p) = eta: p_- = eta (1 + eta k/tau^2 + ...)/tau, whatever its size.
    _, unstable, useful = EigenmodeFlow(sigma2=0.5, tau=0.8, eta=eta).rest_points()
    expected = eta / 0.8 * (1 + 1.5 * eta / 0.64 + 2 * (1.5 * eta / 0.64) ** 2)
    assert unstable.state[0] == pytest.approx(expected, rel=1e-10)
    low, high = DirectSetFlow(sigma2=0.5, tau=0.8, eta=eta, power=0.5).rest_values()
    assert (low, high) == (pytest.approx(expected, rel=1e-10), pytest.approx(useful.state[0]))
