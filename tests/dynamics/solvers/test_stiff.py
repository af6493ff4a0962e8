"""A Rosenbrock step where stability limits the others: its order, its bound, when it is taken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from dynamics import EigenmodeFlow, ensemble
from dynamics.solvers import pool
from dynamics.solvers.runge_kutta import dormand_prince
from dynamics.solvers.stiff import eliminate, is_stiff, rosenbrock, substitute

FLOWS = {"constant": EigenmodeFlow(eta=0.05), "ema": EigenmodeFlow(eta=0.05, beta=0.4)}


def state(flow):
    return np.array([[0.4], [0.3], [0.5]])[: len(flow.variables)]


def step(flow, y, h, *log):
    is_log = np.array([name in log for name in flow.variables])
    return rosenbrock(flow, y, np.stack(flow(0.0, *y)), np.array([h]), is_log)


def by_radau(flow, y0, times):
    def field(t, y):
        return np.array(flow(t, *y))

    span = (times[0], times[-1])
    return solve_ivp(field, span, y0, "Radau", times, rtol=1e-10, atol=1e-13).y


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("log", [(), ("correlation_eigenvalue",)])
def test_a_step_has_an_error_of_order_five_and_knows_it_to_order_four(name, log):
    flow, sizes, errors = FLOWS[name], 0.2 * 0.8 ** np.arange(6), []
    for h in sizes:
        y = state(flow)
        new, known, _ = step(flow, y, h, *log)
        exact = solve_ivp(
            lambda t, x: np.array(flow(t, *x)), (0, h), y[:, 0], rtol=1e-13, atol=1e-15,
            method="DOP853",
        )  # fmt: skip
        errors.append([np.abs(new[:, 0] - exact.y[:, -1]).max(), np.abs(known).max()])
    slopes = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    np.testing.assert_allclose(slopes, [5, 4], atol=0.5)


def test_the_norm_of_the_jacobian_by_hand():
    # p = .4, s = .3, k = 5/4, eta = .05: J = [[-.425, .5], [0, .3]], the largest sum of a row .925;
    # of log s: column s by .3, row s less its rate .3, J = [[-.425, .15], [0, 0]].
    flow = FLOWS["constant"]
    assert step(flow, state(flow), 0.2)[2] == pytest.approx(0.2 * 0.925)
    assert step(flow, state(flow), 0.2, "correlation_eigenvalue")[2] == pytest.approx(0.2 * 0.575)


def test_a_step_far_beyond_the_fast_rate_stays_near_the_slow_manifold():
    flow = EigenmodeFlow(eta=0.0, beta=1e8)  # tau follows at 1 at once
    new, _, norm = step(flow, np.array([[0.4], [0.3], [0.9]]), 0.1)
    slow, _, _ = step(EigenmodeFlow(eta=0.0), np.array([[0.4], [0.3]]), 0.1)
    assert norm > 1e6
    assert new[2, 0] == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(new[:2], slow, atol=0.01)


@given(s=st.floats(1e-200, 1e6), p=st.floats(-3, 3), h=st.floats(1e-3, 10))
def test_what_is_advanced_by_its_logarithm_stays_above_zero(s, p, h):
    with np.errstate(over="ignore", invalid="ignore"):
        new, _, _ = step(EigenmodeFlow(eta=1.0), np.array([[p], [s]]), h, "correlation_eigenvalue")
    assert not new[1, 0] <= 0


def test_the_error_of_a_logarithm_is_told_as_one_of_the_number():
    def known(s):
        return step(FLOWS["constant"], np.array([[0.4], [s]]), 2.0, "correlation_eigenvalue")[1]

    assert known(1e-8)[1, 0] / known(1e-10)[1, 0] == pytest.approx(100, rel=1e-3)


@given(seed=st.integers(0, 99), m=st.integers(1, 3))
def test_small_systems_are_solved_as_lapack_does(seed, m):
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(m, m, 5)) + 4 * np.eye(m)[:, :, None]
    b, factors = rng.normal(size=(m, 5)), M.copy()
    eliminate(factors)
    for i in range(5):
        expected = np.linalg.solve(M[:, :, i], b[:, i])
        np.testing.assert_allclose(substitute(factors, b)[:, i], expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("rate", "expected"), [(2.0, False), (3.0, True)])
def test_a_step_near_the_edge_of_stability_is_known_for_one(rate, expected):
    class Decay:
        def __call__(self, t, *y):
            return (-rate * y[0],)

    y, stages, new = np.ones((1, 1)), np.empty((7, 1, 1)), np.empty((1, 1))
    stages[0] = -rate
    dormand_prince(Decay(), y, np.ones(1), stages, new)
    assert is_stiff(y, new, stages, np.ones(1)) == [expected]


def stiff_starts(n, parts):
    rng = np.random.default_rng(0)
    return [rng.uniform(0.1, 1.5, n), rng.uniform(200, 400, n), rng.uniform(0.1, 1, n)][:parts]


@pytest.mark.parametrize("name", FLOWS)
def test_a_stiff_ensemble_against_radau(name):
    flow, times = FLOWS[name], [0.0, 1.0, 30.0]
    y0 = stiff_starts(6, len(flow.variables))
    run = ensemble(flow, y0, times)
    assert run.attrs["failed"] == 0
    for i in range(6):
        exact = by_radau(flow, [part[i] for part in y0], times)
        mine = np.stack([run[name].values[:, i] for name in flow.variables])
        np.testing.assert_allclose(mine, exact, rtol=2e-5)


def test_one_that_collapses_out_of_a_stiff_start_keeps_its_digits():
    flow, times = EigenmodeFlow(eta=0.3), [0.0, 10.0, 60.0]
    y0 = stiff_starts(4, 2)
    run = ensemble(flow, y0, times)
    s = run["correlation_eigenvalue"].values
    assert (s > 0).all()
    assert (s[-1] < 1e-8).all()
    for i in range(4):
        exact = by_radau(flow, [part[i] for part in y0], times)
        np.testing.assert_allclose(s[:2, i], exact[1, :2], rtol=1e-5)
    # Once p is gone s falls by exp(-2 eta t), and p by exp(-eta t).
    more = ensemble(flow, y0, [0.0, 60.0, 61.0])["correlation_eigenvalue"].values
    np.testing.assert_allclose(more[2] / more[1], np.exp(-0.6), rtol=1e-2)


@pytest.mark.parametrize(
    ("flow", "s", "end", "taken"),
    [
        (EigenmodeFlow(eta=0.05), 300.0, 30.0, True),
        (EigenmodeFlow(eta=0.05), 1.0, 30.0, False),
        (EigenmodeFlow(eta=0.05, beta=1e4), 1.0, 30.0, True),
        (EigenmodeFlow(eta=0.05), 300.0, 0.1, False),
    ],
)
def test_it_is_taken_where_steps_would_be_many_and_only_there(monkeypatch, flow, s, end, taken):
    calls = []

    def counted(*arguments):
        calls.append(1)
        return rosenbrock(*arguments)

    monkeypatch.setattr(pool, "rosenbrock", counted)
    y0 = [0.5, s, 0.8][: len(flow.variables)]
    run = ensemble(flow, y0, [0.0, end], max_steps=400)
    assert run.attrs["failed"] == 0
    assert bool(calls) == taken


def test_whether_one_is_stiff_is_asked_once_in_twenty_steps(monkeypatch):
    steps, asked = [], []

    def stepped(*arguments):
        steps.append(1)
        dormand_prince(*arguments)

    def answered(*arguments):
        asked.append(len(steps))
        return is_stiff(*arguments)

    monkeypatch.setattr(pool, "dormand_prince", stepped)
    monkeypatch.setattr(pool, "is_stiff", answered)
    ensemble(FLOWS["ema"], [0.5, 0.3, 0.5], [0.0, 30.0], rtol=1e-11, atol=1e-13)
    assert len(steps) > 250
    assert asked == list(range(20, 20 * len(asked) + 1, 20))
    assert asked


def test_company_of_other_stiffness_does_not_change_a_trajectory():
    flow = FLOWS["ema"]
    y0 = [np.array([0.5, 0.5, 0.5]), np.array([0.5, 300.0, 3e4]), np.array([0.5, 0.5, 0.5])]
    together = ensemble(flow, y0, [0, 10, 20])
    for i in range(3):
        alone = ensemble(flow, [part[i] for part in y0], [0, 10, 20])
        for name in flow.variables:
            np.testing.assert_allclose(together[name][:, i], alone[name], rtol=1e-10)
