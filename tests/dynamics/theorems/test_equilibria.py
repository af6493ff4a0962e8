"""Rest points of the matrix flow are sets; its field is the gradient of nothing."""

import numpy as np
import pytest
from hypothesis import given
from strategies import generators

from dynamics import EigenmodeFlow, LinearFlow, NoStopGradientFlow, linearise
from dynamics.theorems.equilibria import jacobian


@given(rng=generators())
def test_the_jacobian_is_that_of_differences(rng):
    X = np.diag(rng.uniform(0.5, 2, 3))
    flow = LinearFlow(X=X, Xp=0.3 * np.eye(3), eta=0.1, alpha_p=2.0)
    state, h = [rng.normal(size=(2, 3)), rng.normal(size=(2, 2))], 1e-6
    J = jacobian(flow, state)
    for i, place in enumerate([*np.ndindex(2, 3)]):
        ends = []
        for sign in (1, -1):
            W = state[0].copy()
            W[place] += sign * h
            ends.append(np.concatenate([part.ravel() for part in flow(0, W, state[1])]))
        np.testing.assert_allclose(J[:, i], (ends[0] - ends[1]) / (2 * h), atol=1e-7)


def test_where_the_predictor_is_optimal_for_every_w_rest_points_fill_a_set():
    # Isotropic, without decay: W_p = I / k rests for every W, a set of dimension m d, and no more.
    flow = LinearFlow(X=np.eye(3), Xp=0.25 * np.eye(3))
    W = np.random.default_rng(0).normal(size=(2, 3))
    found = linearise(flow, W, np.eye(2) / 1.25)
    assert found.speed < 1e-12
    assert (found.rank, found.nullity) == (4, 6)
    assert found.growth < 1e-9  # it returns, or stays


def test_the_field_is_no_gradient_and_without_stop_gradient_it_is_one():
    rng = np.random.default_rng(1)
    X, Xp, state = np.eye(3), 0.25 * np.eye(3), (rng.normal(size=(2, 3)), rng.normal(size=(2, 2)))
    assert linearise(LinearFlow(X=X, Xp=Xp), *state).curl > 0.1
    assert linearise(NoStopGradientFlow(X=X, Xp=Xp), *state).curl < 1e-12


def test_of_modes_it_is_the_flows_own_jacobian():
    flow = EigenmodeFlow(eta=0.05)
    useful = flow.rest_points()[-1]
    found = linearise(flow, *(np.array([x]) for x in useful.state))
    assert (found.rank, found.nullity) == (2, 0)
    assert found.growth == pytest.approx(max(useful.eigenvalues))


def test_what_is_no_flow_or_no_state_is_refused():
    with pytest.raises(ValueError, match="flow is 3; a flow wanted"):
        linearise(3, np.eye(2))
    with pytest.raises(ValueError, match="part 0 of the state is nan"):
        linearise(LinearFlow(X=np.eye(2), Xp=np.eye(2)), np.full((1, 2), np.nan), np.eye(1))
