import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from dynamics import EigenmodeFlow, ScalarFlow, integrate
from dynamics.theorems.basin import basin_edges, critical_start, survives
from dynamics.theorems.parabola import speed, target_scale_on_parabola, time_to_reach
from dynamics.theorems.separatrix import separatrix

FLOW = EigenmodeFlow(eta=0.05)  # k = 5/4, tau = 1, alpha_p = 1


@pytest.mark.parametrize(
    ("s0", "lower"), [(0.001, 0.111), (0.01, -0.028), (0.05, -0.184), (1.0, -0.990)]
)
def test_the_basin_has_a_lower_and_an_upper_edge(s0, lower):
    low, high = basin_edges(FLOW, s0)
    assert low == pytest.approx(lower, abs=5e-4)
    assert 1.3 < high < 1.9
    shift = 1e-4
    starts = np.array([low - shift, low + shift, high - shift, high + shift])
    assert survives(FLOW, starts, s0).tolist() == [False, True, True, False]


def test_at_a_small_decay_the_upper_edge_is_at_twice_the_useful_point():
    # There s shrinks and regrows by exp(-+ 2/eta int (tau - k p) dp), which is 0 at p = 2 tau/k.
    flow = EigenmodeFlow(eta=2e-4)
    assert basin_edges(flow, 1e-3)[1] == pytest.approx(1.6, abs=5e-3)
    curve = separatrix(flow)
    seen = curve["correlation_eigenvalue"] > 0.02
    assert int((seen & (curve["predictor_eigenvalue"] > 1)).sum()) > 100  # and it is drawn smooth


def test_the_lower_edge_passes_through_the_saddle_and_not_upright():
    p, s = FLOW.rest_points()[1].state
    assert basin_edges(FLOW, s)[0] == p
    assert basin_edges(FLOW, 0.0068)[0] == pytest.approx(0, abs=2e-3)
    curve = separatrix(FLOW)
    assert np.isfinite(curve["predictor_eigenvalue"]).all()
    assert float(curve["predictor_eigenvalue"].min()) < -0.9
    distance = np.hypot(curve["predictor_eigenvalue"] - p, curve["correlation_eigenvalue"] - s)
    assert float(distance.min()) < 1e-6


def test_the_separatrix_has_the_points_asked_for_and_ends_where_it_leaves():
    for points, p_max, s_max in ((2, 2.0, 1.0), (50, 1.9, 0.3), (50, 0.5, 9.0)):
        curve = separatrix(FLOW, p_max=p_max, s_max=s_max, points=points)
        p, s = (curve[name].values for name in FLOW.variables)
        assert len(p) == 2 * points
        for end in (0, -1):
            assert max(abs(p[end]) / p_max, s[end] / s_max) == pytest.approx(1, abs=1e-6)
    usual = separatrix(FLOW, p_max=2.0, s_max=1.0, points=400)
    assert separatrix(FLOW).equals(usual)
    for end in ("p_max", "s_max"):
        with pytest.raises(ValueError, match=rf"{end} is 0\.0; finite and above 0"):
            separatrix(FLOW, **{end: 0.0})
    with pytest.raises(ValueError, match="points is 1; "):
        separatrix(FLOW, points=1)


@settings(max_examples=15)
@given(i=st.integers(1, 398))
def test_the_separatrix_is_a_trajectory(i):
    curve = separatrix(FLOW)
    p, s = (curve[name].values for name in FLOW.variables)
    dp, ds = FLOW(0, p[i], s[i])
    along = np.array([p[i + 1] - p[i - 1], s[i + 1] - s[i - 1]])
    cosine = abs(dp * along[0] + ds * along[1]) / np.hypot(dp, ds) / np.hypot(*along)
    assert cosine > 0.999


def settles(flow, p0, s0):
    # In (p, log s), by an implicit solver: at a small decay s falls far below rounding.
    def field(t, y):
        pull = flow.tau - flow.k * y[0]
        dp = flow.alpha_p * np.exp(y[1]) * pull - flow.predictor_decay * y[0]
        return dp, 2 * (y[0] * pull - flow.eta)

    end = 40 / min(flow.eta, flow.predictor_decay)
    out = solve_ivp(field, (0, end), [p0, np.log(s0)], method="LSODA", rtol=1e-8, atol=1e-10)
    return out.y[1, -1] > np.log(flow.rest_points()[2].state[1] / 2)


@settings(max_examples=40)
@given(
    eta=st.floats(0.002, 0.15),
    ratio=st.sampled_from([0.3, 1.0, 4.0]),
    alpha_p=st.floats(0.4, 3),
    p0=st.floats(-1, 2.2),
    s0=st.floats(1e-3, 1),
)
def test_who_survives_is_whom_an_integration_finds_alive(eta, ratio, alpha_p, p0, s0):
    flow = EigenmodeFlow(eta=eta, eta_p=ratio * eta, alpha_p=alpha_p)
    near = survives(flow, np.array([p0 - 0.01, p0 + 0.01]), s0)
    assume(near[0] == near[1])  # not on the border
    assert near[0] == settles(flow, p0, s0)


@pytest.mark.parametrize("ratio", [0.3, 1.0, 4.0])
def test_both_edges_part_the_living_from_the_dead(ratio):
    flow = EigenmodeFlow(eta=0.03, eta_p=ratio * 0.03)
    low, high = basin_edges(flow, 0.05)
    assert [settles(flow, p, 0.05) for p in (low - 1e-4, low + 1e-4)] == [False, True]
    assert [settles(flow, p, 0.05) for p in (high - 1e-4, high + 1e-4)] == [True, False]


def test_a_mode_that_shrinks_far_below_rounding_comes_back_or_not():
    flow = EigenmodeFlow(eta=0.01)  # s falls to exp(-61) and exp(-151) of its start
    assert survives(flow, [1.5, 1.9], [0.01, 0.01]).tolist() == [True, False]
    assert not survives(flow, 0.8, 0.0)


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_without_decay_the_criterion_is_exact(seed):
    rng = np.random.default_rng(seed)
    flow = EigenmodeFlow(alpha_p=rng.uniform(0.3, 3), tau=rng.uniform(0.4, 1))
    p0, s0 = rng.uniform(-1, 1.5, 20), rng.uniform(0.001, 1, 20)
    run = integrate(flow, (p0, s0), [0, 1e5])
    alive = run["correlation_eigenvalue"].values[-1] > 1e-4
    doubtful = abs(np.sqrt(np.maximum(p0**2 - flow.alpha_p * s0, 0)) - flow.tau / flow.k) < 0.02
    doubtful |= abs(flow.balance(p0, s0)) < 0.01
    said = survives(flow, p0, s0)
    assert (said == alive)[~doubtful].all()


def test_the_papers_condition_is_sufficient_and_not_necessary():
    flow = EigenmodeFlow()
    assert survives(flow, 0.9, 0.82)  # s > p^2
    assert survives(flow, 0.9, 0.3)  # and below, while sqrt(0.81 - 0.3) < 0.8
    assert not survives(flow, 0.9, 0.1)
    assert not survives(flow, -0.9, 0.3)


@pytest.mark.parametrize(
    ("beta", "critical"), [(0.04, 0.118), (0.1, 0.080), (0.4, 0.0605), (1, 0.0564)]
)
def test_a_target_that_starts_from_zero_raises_the_threshold(beta, critical):
    flow = EigenmodeFlow(eta=0.05, beta=beta)
    assert critical_start(flow, 0.0) == pytest.approx(critical, abs=5e-4)
    assert critical_start(flow, 1.0) == pytest.approx(0.0535898, abs=1e-6)


def test_time_on_the_parabola():
    useful = FLOW.rest_points()[2].state[0]
    assert time_to_reach(FLOW, 0.2, 0.9 * useful) == pytest.approx(9.8832, abs=5e-5)
    run = integrate(FLOW, (0.2, 0.04), [0, 9.883230397], rtol=1e-11, atol=1e-13)
    assert run["predictor_eigenvalue"].values[-1, 0] == pytest.approx(0.9 * useful, abs=1e-7)
    assert time_to_reach(FLOW, 0.04, 0.2) == float("inf")  # p_- lies between
    assert time_to_reach(FLOW, 0.3, 0.2) == float("inf")  # the flow goes the other way
    assert time_to_reach(FLOW, 0.04, 0.02) > 0
    assert time_to_reach(FLOW, 0.3, 0.3) == 0


def test_times_with_an_ema():
    useful = FLOW.rest_points()[2].state[0]
    for beta, expected in ((0.04, 103), (0.4, 19.3), (4, 10.9)):
        flow = EigenmodeFlow(eta=0.05, beta=beta)
        reached = integrate(
            flow, (0.2, 0.04, 1.0), [0, 300], events={"up": lambda t, p, s, x: p - 0.9 * useful}
        )
        assert reached.attrs["events"]["up"][0] == pytest.approx(expected, rel=5e-3)


@given(eta=st.floats(0, 0.19), tau=st.floats(0.5, 1), p=st.floats(-0.5, 1))
def test_speed_is_the_cubic_with_its_factor_k(eta, tau, p):
    flow = EigenmodeFlow(eta=eta, tau=tau)
    dp, ds = flow(0, p, p**2)
    assert speed(flow, p) == pytest.approx(dp, abs=1e-12)
    assert ds == pytest.approx(2 * p * float(speed(flow, p)), abs=1e-12)  # stays on the parabola
    if len(points := flow.rest_points()) == 3:
        low, high = (x.state[0] for x in points[1:])
        assert speed(flow, p) == pytest.approx(-1.25 * p * (p - low) * (p - high), abs=1e-12)


@pytest.mark.parametrize("tau0", [0.0, 0.4])
def test_the_closed_form_of_tau(tau0):
    flow = EigenmodeFlow(eta=0.05, beta=0.4)
    run = integrate(flow, (0.3, 0.09, tau0), np.linspace(0, 20, 4001), rtol=1e-11, atol=1e-13)
    closed = target_scale_on_parabola(run["predictor_eigenvalue"], 0.4, tau0)
    np.testing.assert_allclose(closed, run["tau"], atol=1e-6)


def test_through_a_pole_of_tau_a_mode_may_live():
    # From p < 0 w crosses zero, and tau = w_a/w has a pole: w and w_a themselves have none.
    flow = EigenmodeFlow(eta=0.05, beta=0.5)
    p0, s0 = -0.8, 0.3
    run = integrate(ScalarFlow.of(flow), (np.sqrt(s0), p0, np.sqrt(s0)), [0, 400])
    w = run["encoder_value"].values[:, 0]
    assert survives(flow, p0, s0, 1.0) == (w[-1] ** 2 > 0.1)


def test_survival_with_an_ema_and_none_above_the_critical_decay():
    slow = EigenmodeFlow(eta=0.05, beta=0.04)
    assert survives(slow, [0.11, 0.13], np.square([0.11, 0.13]), 0.0).tolist() == [False, True]
    assert not survives(EigenmodeFlow(eta=0.21), 0.8, 0.6)
    # A useful point at a small s: p_+ = 0.746 of k = 1.25, s = p_+^2 / 1000.
    quick = EigenmodeFlow(eta=0.05, beta=0.4, alpha_p=1000)
    assert survives(quick, [0.7, 0.02], np.square([0.7, 0.02]) / 1000).tolist() == [True, False]


def test_refusals():
    with pytest.raises(ValueError, match="with an EMA the separatrix is a surface"):
        separatrix(EigenmodeFlow(eta=0.05, beta=1.0))
    with pytest.raises(ValueError, match=r"eta = 0.3 has no saddle"):
        separatrix(EigenmodeFlow(eta=0.3))
    with pytest.raises(ValueError, match=r"s0 is 0.0; finite and above 0"):
        basin_edges(FLOW, 0)
    with pytest.raises(ValueError, match=r"no p survives from s0 = 1e-07: it takes 3\.043e-07 or"):
        basin_edges(FLOW, 1e-7)
    with pytest.raises(ValueError, match="beta is 0: the target stands still"):
        survives(EigenmodeFlow(eta=0.1, beta=0.0), 0.1, 0.1)
    with pytest.raises(ValueError, match="both 0 or both above"):
        survives(EigenmodeFlow(eta=0.1, eta_p=0.0), 0.1, 0.1)
    with pytest.raises(ValueError, match="all collapse"):
        critical_start(EigenmodeFlow(eta=0.3, beta=1.0))
    with pytest.raises(ValueError, match="the decays differ"):
        speed(EigenmodeFlow(eta=0.1, eta_p=0.2), 0.1)
    with pytest.raises(ValueError, match="has no three rest points"):
        time_to_reach(EigenmodeFlow(eta=0.3), 0.1, 0.2)
    with pytest.raises(ValueError, match="for a constant tau"):
        time_to_reach(EigenmodeFlow(eta=0.05, beta=1.0), 0.1, 0.2)
