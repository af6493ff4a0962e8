"""Flows that came after the paper: their theorems, and the networks that they are of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from strategies import generators, haar

from dynamics import BarlowFlow, DepthFlow, LinearFlow, SelfPredictiveFlow, ensemble, integrate


def transitions(rng, d):
    U = haar(rng, d)
    return (U * rng.uniform(-1, 1, d)) @ U.T


@settings(max_examples=4)
@given(rng=generators(), k=st.integers(1, 3))
def test_a_self_predictive_flow_keeps_its_gram_matrix_and_never_predicts_worse(rng, k):
    flow = SelfPredictiveFlow(T=transitions(rng, 6))
    W = haar(rng, 6)[:k]
    run = integrate(flow, (W,), np.linspace(0, 40, 21))
    same = run["correlation"].values
    np.testing.assert_allclose(same, np.broadcast_to(same[0], same.shape), atol=1e-7)
    rises = (run["predictor"] ** 2).sum(("row", "col")).values
    assert (np.diff(rises) > -1e-8).all()
    assert rises[-1] <= flow.most(k) + 1e-8


@settings(max_examples=4)
@given(rng=generators(), sign=st.sampled_from([1, -1]))
def test_of_one_sign_it_ends_in_the_modes_of_largest_size(rng, sign):
    T = sign * np.diag([0.9, 0.95, 0.5, 0.1])
    flow = SelfPredictiveFlow(T=T)
    run = integrate(flow, (haar(rng, 4)[:2],), [0, 2000])
    assert float((run["predictor"][-1] ** 2).sum()) == pytest.approx(flow.most(2), abs=1e-5)
    np.testing.assert_allclose(run["encoder"].values[-1][:, 2:], 0, atol=1e-2)
    with pytest.raises(ValueError, match="k is 5; a whole number from 1 to 4"):
        flow.most(5)


def test_of_two_signs_a_larger_mode_does_not_take_over():
    T, a = np.diag([0.5, -0.95]), 0.3
    flow = SelfPredictiveFlow(T=T)
    for turn, kept in ((a, 0.5), (np.pi / 2 - a, -0.95)):  # from near one mode, and the other
        run = integrate(flow, (np.array([[np.cos(turn), np.sin(turn)]]),), [0, 400])
        assert run["predictor"].values[-1, 0, 0] == pytest.approx(kept, abs=1e-6)


@given(rng=generators())
def test_it_is_the_linear_flow_under_the_optimal_predictor(rng):
    T, W = transitions(rng, 5), rng.normal(size=(3, 5))
    flow = SelfPredictiveFlow(T=T)
    Wp = flow.predictor(W)
    dW, dWp = LinearFlow(X=T, Xp=np.eye(5) - T)(0, W, Wp)
    np.testing.assert_allclose(flow(0, W)[0], dW, atol=1e-10)
    np.testing.assert_allclose(dWp, 0, atol=1e-9)  # it is optimal
    other = Wp + 0.1 * rng.normal(size=Wp.shape)

    def error(P):  # of one step ahead, over E[x xT] = I
        return np.trace(P @ W @ W.T @ P.T - 2 * P @ W @ T @ W.T)

    assert error(Wp) < error(other)


@settings(max_examples=8)
@given(
    depth=st.integers(1, 4),
    rho=st.floats(0.3, 1.5),
    covariance=st.floats(0.5, 2),
    latent=st.booleans(),
)
def test_a_deep_mode_is_gradient_descent_on_each_of_its_layers(depth, rho, covariance, latent):
    flow = DepthFlow(depth=depth, rho=rho, covariance=covariance, target=["data", "latent"][latent])

    def layers(t, a):  # L encoder layers, and the predictor
        w, v = np.prod(a[:-1]), a[-1]
        wanted = covariance * (w if latent else 1.0)
        error = wanted - v * w * covariance / rho  # E[target x] - v w E[x^2]
        return [*(v * error * w / a[:-1]), w * error]

    w0 = 0.3
    start = np.full(depth + 1, w0 ** (1 / depth))
    found = solve_ivp(layers, (0, 3), start, rtol=1e-10, atol=1e-12).y[:, -1]
    run = integrate(flow, ([w0],), [0, 3])
    assert run["encoder_value"].values[-1, 0] == pytest.approx(np.prod(found[:-1]), rel=1e-6)
    assert run["predictor_eigenvalue"].values[-1, 0] == pytest.approx(found[-1], rel=1e-6)


@given(depth=st.integers(1, 6), rho=st.floats(0.2, 2))
def test_rest_points_of_depth(depth, rho):
    for target, power in (("latent", depth), ("data", depth / (depth + 1))):
        flow = DepthFlow(depth=depth, rho=rho, target=target)
        assert flow.rest == pytest.approx(rho**power)
        assert flow(0, np.array([rho**power]))[0] == pytest.approx(0, abs=1e-9)
        up, down = (flow(0, np.array([x * rho**power]))[0][0] for x in (0.9, 1.1))
        assert up > 0 > down


def test_the_deeper_the_more_a_latent_target_prefers_what_is_predictable():
    high, low = ([float(DepthFlow(depth=L, rho=rho).rest) for L in (1, 2, 5)] for rho in (0.9, 0.6))
    assert np.diff(np.array(high) / low).min() > 0
    np.testing.assert_allclose(low, [0.6, 0.36, 0.07776])


def test_barlow_modes_come_up_one_by_one():
    g, w0 = np.array([2.0, 1.0, 0.5, 0.25]), 0.01
    flow = BarlowFlow(cross=g)
    times = np.linspace(0, 8, 41)
    run = integrate(flow, (np.full(4, w0),), times)
    exact = flow.solution(times[:, None], w0)
    np.testing.assert_allclose(run["encoder_value"], exact, rtol=2e-6)
    np.testing.assert_allclose(flow.time_to_rise(w0), [0.532, 1.151, 2.476, 5.298], atol=5e-4)
    half = flow.solution(flow.time_to_rise(w0), w0) ** 2 * g
    np.testing.assert_allclose(half, 0.5, atol=1e-4)
    np.testing.assert_allclose(flow.solution(1e6, w0), g**-0.5)
    many = ensemble(BarlowFlow(cross=g[:2]), (np.array([w0, w0]),), times)
    np.testing.assert_allclose(many["encoder_value"], exact[:, :2], rtol=1e-4)


@given(rng=generators())
def test_barlow_is_gradient_flow_of_its_loss(rng):
    U, V, g, w = haar(rng, 3), haar(rng, 3), rng.uniform(0.2, 2, 3), rng.uniform(0.1, 1, 3)
    G, W = (V * g) @ V.T, (U * w) @ V.T
    error = W @ G @ W.T - np.eye(3)
    gradient = 4 * error @ W @ G  # of |W G WT - I|^2
    expected = np.einsum("ij,ik,kj->j", U, -gradient, V)
    np.testing.assert_allclose(BarlowFlow(cross=g)(0, w)[0], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: DepthFlow(depth=0), "depth is 0"),
        (lambda: DepthFlow(target="pixels"), "target is 'pixels'; choose from latent, data"),
        (lambda: BarlowFlow(cross=[1.0, -1.0]), "cross is -1"),
        (lambda: BarlowFlow(cross=4.0).time_to_rise(1.0), "below the end"),
        (lambda: SelfPredictiveFlow(T=np.array([[0, 1.0], [0, 0]])), "not symmetric"),
    ],
)
def test_what_is_out_of_range_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
