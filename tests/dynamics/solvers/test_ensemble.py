import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from dynamics import EigenmodeFlow, ensemble
from dynamics.solvers.runge_kutta import ERROR, STAGES, dormand_prince

SLOW = EigenmodeFlow(eta=0.05, beta=0.4)


def starts(n, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.uniform(0, 1.5, n), rng.uniform(0.001, 1, n), rng.uniform(0, 1, n)]


def test_weights_of_a_pair_of_orders_five_and_four():
    nodes = np.array([0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1])
    for node, weights in zip(nodes[1:], STAGES, strict=True):
        np.testing.assert_allclose(weights.sum(), node, rtol=1e-14)
    fifth, fourth = np.append(STAGES[-1], 0), np.append(STAGES[-1], 0) - ERROR
    for q in range(1, 6):  # quadrature of t^(q - 1)
        np.testing.assert_allclose(fifth @ nodes ** (q - 1), 1 / q, rtol=1e-13)
        if q < 5:
            np.testing.assert_allclose(fourth @ nodes ** (q - 1), 1 / q, rtol=1e-13)


def test_a_step_has_an_error_of_order_six():
    flow, y = EigenmodeFlow(eta=0.05), np.array([[0.4], [0.3]])
    sizes = 0.2 * 0.8 ** np.arange(6)
    errors = []
    for h in sizes:
        stages, new = np.empty((7, 2, 1)), np.empty((2, 1))
        stages[0] = np.stack(flow(0.0, *y))
        dormand_prince(flow, y, np.array([h]), stages, new)
        exact = solve_ivp(
            lambda t, x: np.array(flow(t, *x)), (0, h), y[:, 0], rtol=1e-13, atol=1e-15,
            method="DOP853",
        )  # fmt: skip
        errors.append(np.abs(new[:, 0] - exact.y[:, -1]).max())
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert 5.4 < slope < 6.6  # of a fourth-order step it would be 5


@pytest.mark.parametrize(("rtol", "bound"), [(1e-6, 2e-5), (1e-9, 2e-8)])
def test_error_against_solve_ivp_at_tight_tolerance(rtol, bound):
    y0 = starts(40)
    run = ensemble(SLOW, y0, [0, 3, 30], rtol=rtol, atol=1e-3 * rtol)
    for i in range(40):
        exact = solve_ivp(
            lambda t, y: np.array(SLOW(t, *y)), (0, 30), [part[i] for part in y0],
            t_eval=[0, 3, 30], rtol=1e-12, atol=1e-14, method="DOP853",
        )  # fmt: skip
        mine = np.stack([run[name].values[:, i] for name in SLOW.variables])
        assert np.abs(mine - exact.y).max() < bound


@settings(max_examples=20)
@given(seed=st.integers(0, 99), workers=st.integers(1, 3))
def test_company_does_not_change_a_trajectory(seed, workers):
    y0 = starts(50, seed)
    together = ensemble(SLOW, y0, [0, 10], workers=workers)
    alone = ensemble(SLOW, [part[7:8] for part in y0], [0, 10])
    for name in SLOW.variables:
        np.testing.assert_allclose(together[name][:, 7:8], alone[name], rtol=1e-12)


def test_more_trajectories_than_the_pool_holds_on_two_threads(monkeypatch):
    monkeypatch.setattr("dynamics.solvers.pool.SIZE", 16)
    y0 = starts(100)
    pooled = ensemble(SLOW, y0, [0, 5, 10], workers=2)
    monkeypatch.setattr("dynamics.solvers.pool.SIZE", 4096)
    whole = ensemble(SLOW, y0, [0, 5, 10], workers=1)
    for name in SLOW.variables:
        np.testing.assert_allclose(pooled[name], whole[name], rtol=1e-12)


def test_parameters_broadcast_with_starts():
    eta = np.array([0.01, 0.1, 0.3])[:, None]
    run = ensemble(EigenmodeFlow(eta=eta), [np.array([0.2, 0.5]), 0.25], [0, 200])
    p = run["predictor_eigenvalue"].isel(step=-1)
    assert p.shape == (3, 2)
    for row, value in zip(p.values, eta[:, 0], strict=True):
        points = {x.name: x.state[0] for x in EigenmodeFlow(eta=float(value)).rest_points()}
        expected = points.get("useful", 0.0)
        np.testing.assert_allclose(row, expected, atol=1e-4)


def test_one_that_leaves_the_finite_numbers_is_nan_and_counted():
    flow = EigenmodeFlow(sigma2=0.0, beta=1e-6, alpha_p=1.0)
    y0 = [np.array([0.5, -1e200]), np.array([0.25, 1e200]), np.array([1.0, 1.0])]
    run = ensemble(flow, y0, [0, 1], max_steps=200)
    assert run.attrs["failed"] == 1
    assert np.isfinite(run["predictor_eigenvalue"].values[:, 0]).all()
    assert np.isnan(run["predictor_eigenvalue"].values[1, 1])


@pytest.mark.parametrize(
    ("y0", "times", "message"),
    [
        ([0.1, 0.1], [0, 1], "y0 has 2 parts; EigenmodeFlow wants predictor_eigenvalue"),
        ([0.1, 0.1, 1.0], [0, 0], "times must rise"),
        ([0.1, np.nan, 1.0], [0, 1], "correlation_eigenvalue at the start is nan; finite wanted"),
    ],
)
def test_refusals(y0, times, message):
    with pytest.raises(ValueError, match=message):
        ensemble(SLOW, y0, times)
