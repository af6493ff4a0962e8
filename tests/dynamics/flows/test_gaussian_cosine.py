"""The cosine flow on samples: exact there, and what its mean field comes to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import generators, haar

from dynamics import CosineFlow, GaussianCosineFlow, integrate

P, S = "predictor_eigenvalue", "correlation_eigenvalue"


@given(rng=generators(), beta=st.none() | st.just(0.3))
def test_on_samples_the_field_is_minus_the_gradient(rng, beta):
    d, m, h = 4, 3, 1e-6
    X = np.eye(d)
    flow = GaussianCosineFlow.drawn(X, 0.3 * X, 20, seed=1, alpha_p=2.0, beta=beta)
    W, Wp, Wa = rng.normal(size=(m, d)), rng.normal(size=(m, m)), rng.normal(size=(m, d))
    target = W if beta is None else Wa  # behind a stop-gradient
    field = flow(0, W, Wp, *([] if beta is None else [Wa]))
    for which, rate in ((0, 1.0), (1, 2.0)):
        M = (W, Wp)[which]
        for place in np.ndindex(M.shape):
            step = np.zeros_like(M)
            step[place] = h
            ends = []
            for sign in (1, -1):
                moved = [W, Wp]
                moved[which] = M + sign * step
                ends.append(flow.loss(*moved, target))
            slope = (ends[0] - ends[1]) / (2 * h)
            assert field[which][place] == pytest.approx(-rate * slope, abs=1e-7)
    if beta is not None:
        np.testing.assert_allclose(field[2], 0.3 * (W - Wa))


def test_the_mean_field_is_the_limit_of_many_dimensions():
    errors = []
    for d in (8, 64):
        rng = np.random.default_rng(0)
        flow = GaussianCosineFlow.drawn(np.eye(d), 0.25 * np.eye(d), 20_000)
        U, p, s = haar(rng, d), np.linspace(0.9, 0.3, d), rng.uniform(0.5, 1.5, d)
        W, Wp = (U * np.sqrt(s)) @ U.T, (U * p) @ U.T
        dW, dWp = flow(0, W, Wp)
        exact = np.einsum("ij,ik,kj->j", U, dWp, U), np.einsum("ij,ik,kj->j", U, 2 * dW @ W.T, U)
        mean = CosineFlow(sigma2=0.25)(0, p, s)
        errors.append(
            [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(exact, mean, strict=True)]
        )
    assert max(errors[1]) < 0.05
    assert max(errors[1]) < min(errors[0]) / 2


def test_minibatch_sgd_comes_to_the_flow_as_its_step_goes_to_0():
    d, until = 64, 20.0
    rng = np.random.default_rng(0)
    U, p0, s0 = haar(rng, d), np.linspace(0.9, 0.3, d), rng.uniform(0.5, 1.5, d)
    run = integrate(CosineFlow(sigma2=0.25), (p0, s0), [0, until])
    grown = []
    for dt in (2.0, 1.0, 0.5):
        W, Wp = (U * np.sqrt(s0)) @ U.T, (U * p0) @ U.T
        for step in range(round(until / dt)):
            batch = GaussianCosineFlow.drawn(np.eye(d), 0.25 * np.eye(d), 256, seed=step)
            dW, dWp = batch(0, W, Wp)
            W, Wp = W + dt * dW, Wp + dt * dWp
        grown.append((Wp**2).sum() / (p0**2).sum() - 1)  # which the flow keeps
    np.testing.assert_allclose(np.divide(grown[:-1], grown[1:]), 2, rtol=0.1)
    for name, M, begun in ((P, Wp, p0), (S, W @ W.T, s0)):
        said, seen = run[name].values[-1], np.einsum("ij,ik,kj->j", U, M, U)
        # Of the way that a mode has gone: the mean field at 64 dimensions, and the last step.
        assert np.linalg.norm(seen - said) < 0.06 * np.linalg.norm(said - begun)


def test_views_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"x2 \(3, 3\); \(sample, 2\) wanted"):
        GaussianCosineFlow(x1=np.ones((3, 2)), x2=np.ones((3, 3)), X=np.eye(2), Xp=np.eye(2))
    with pytest.raises(ValueError, match="covariance is not symmetric positive-semidefinite"):
        GaussianCosineFlow.drawn(np.eye(2), np.diag([1.0, -1.0]), 4)


@given(rng=generators())
def test_on_samples_decay_pulls_at_each_matrix_by_its_own_rate(rng):
    W, Wp = rng.normal(size=(3, 4)), rng.normal(size=(3, 3))
    rates = {"eta": 0.1}, {"eta": 0.1, "eta_p": 0.3}
    free, one, two = (
        GaussianCosineFlow.drawn(np.eye(4), 0.3 * np.eye(4), 20, seed=1, alpha_p=2.0, **decays)
        for decays in ({}, *rates)
    )
    for flow, eta_p in ((one, 0.1), (two, 0.3)):
        dW, dWp = (a - b for a, b in zip(flow(0, W, Wp), free(0, W, Wp), strict=True))
        np.testing.assert_allclose(dW, -0.1 * W, atol=1e-14)
        np.testing.assert_allclose(dWp, -eta_p * Wp, atol=1e-14)
