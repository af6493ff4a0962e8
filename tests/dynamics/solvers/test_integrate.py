import json
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dynamics import EigenmodeFlow, LinearFlow, integrate

FLOW = EigenmodeFlow(eta=0.05)
TIMES = np.linspace(0, 10, 11)


def test_a_run_of_theory_has_the_names_of_a_trained_one():
    run = integrate(FLOW, ([0.1, 0.3], [0.2, 0.1]), TIMES)
    assert run.predictor_eigenvalue.dims == ("step", "mode")
    np.testing.assert_array_equal(run.time, TIMES)
    np.testing.assert_array_equal(run.mode, [1, 2])
    np.testing.assert_array_equal(run.predictor_eigenvalue[0], [0.1, 0.3])
    assert run.time.attrs["symbol"] == "$t$"
    assert json.loads(run.attrs["flow"])["eta"] == 0.05
    assert run.attrs["method"] == "EigenmodeFlow"


def test_against_scipy_called_by_hand():
    run = integrate(FLOW, (0.1, 0.3), TIMES, rtol=1e-11, atol=1e-13)

    def field(t, y):
        p, s = y
        return [s * (1 - 1.25 * p) - 0.05 * p, 2 * p * s * (1 - 1.25 * p) - 0.1 * s]

    y = solve_ivp(field, (0, 10), [0.1, 0.3], "DOP853", TIMES, rtol=1e-12, atol=1e-14).y
    np.testing.assert_allclose(run.predictor_eigenvalue.values[:, 0], y[0], atol=1e-9)
    np.testing.assert_allclose(run.correlation_eigenvalue.values[:, 0], y[1], atol=1e-9)


def test_a_stiff_flow_is_followed_in_no_time():
    run = integrate(EigenmodeFlow(eta=0.05, beta=1e5), (0.1, 0.3, 0.0), TIMES)
    fast = integrate(FLOW, (0.1, 0.3), TIMES)
    np.testing.assert_allclose(
        run.predictor_eigenvalue[1:], fast.predictor_eigenvalue[1:], atol=1e-4
    )


def test_events_are_listed_and_a_stop_ends_the_run():
    half = integrate(
        FLOW,
        (0.1, 0.3),
        TIMES,
        events={"half": lambda t, p, s: p - 0.5},
        stop=lambda t, p, s: p - 0.6,
    )
    assert half.attrs["stopped"] == 1
    np.testing.assert_allclose(half.predictor_eigenvalue[-1], 0.6, atol=1e-8)
    (when,) = half.attrs["events"]["half"]
    check = integrate(FLOW, (0.1, 0.3), [0, when])
    np.testing.assert_allclose(check.predictor_eigenvalue[-1], 0.5, atol=1e-7)
    assert half.sizes["step"] < len(TIMES)


@pytest.mark.parametrize(
    ("y0", "times", "message"),
    [
        ((0.1,), TIMES, "y0 has 1 parts; EigenmodeFlow wants predictor_eigenvalue, "),
        (([0.1, 0.2], [0.1, 0.2, 0.3]), TIMES, "do not fit each other"),
        ((0.1, np.nan), TIMES, "correlation_eigenvalue at the start is nan; finite"),
        ((0.1, 2e12), TIMES, r"correlation_eigenvalue at the .* at most 1e\+12 wanted"),
        ((-2e12, 0.1), TIMES, r"predictor_eigenvalue at the .* at most 1e\+12 wanted"),
        ((0.1, np.ones((2, 2))), TIMES, r"has shape \(2, 2\); its dims are \('mode',\)"),
        ((0.1, 0.3), [0, 0], "times must rise"),
        ((0.1, 0.3), [0], "times must rise"),
    ],
)
def test_what_does_not_fit_is_refused(y0, times, message):
    with pytest.raises(ValueError, match=message):
        integrate(FLOW, y0, times)


@dataclass(frozen=True)
class Explosion:
    variables = ("predictor_eigenvalue",)

    def __call__(self, t, p):
        return (p**2,)

    def derived(self, p):
        return {}


def test_a_solution_that_leaves_the_numbers_says_how_far_it_went():
    with pytest.raises(
        RuntimeError, match=r"stopped at t = 1 of 2: predictor_eigenvalue left 1e\+12"
    ):
        integrate(Explosion(), (1.0,), np.linspace(0, 2, 201))


def test_a_start_whose_rates_are_no_numbers_is_stopped_in_one_line():
    # W_p W X = 1e324 = inf, and inf - inf is no number.
    flow, start = LinearFlow(X=1e300 * np.eye(2), Xp=np.zeros((2, 2))), 1e12 * np.eye(2)
    with pytest.raises(RuntimeError, match=r"stopped at t = 0 of 1: encoder left 1e\+12"):
        integrate(flow, (start, start), [0, 1])


@dataclass(frozen=True)
class Diagonal:
    variables = ("predictor_eigenvalue",)

    def __call__(self, t, p):
        return (-p,)

    def derived(self, p):
        return {"correlation": p[..., None] * np.eye(p.shape[-1])}


def test_modes_may_have_a_matrix_of_their_own():
    run = integrate(Diagonal(), ([2.0, 1.0],), [0, 1, 2])
    np.testing.assert_allclose(run.correlation[2], np.exp(-2) * np.diag([2, 1]), rtol=1e-6)
