"""The cosine flow at the steps that trainers take: its limit, its laws, and real runs."""

import numpy as np
import pytest
import torch
from strategies import haar

from analysis import norm_recursion, open_run, scale_law
from dynamics import (
    CosineFlow,
    FlowParameters,
    GaussianCosineFlow,
    GradientNoise,
    compare,
    cosine_descent,
    integrate,
)
from dynamics.experiment.cosine_descent import mean_gradient
from trainers import EMA, Config, Learned, Method, train
from trainers.data.gaussian import GaussianData
from trainers.training.learner import Learner

norm = np.linalg.norm
P, S = "predictor_eigenvalue", "correlation_eigenvalue"


def aligned(d=6, sigma2=0.25, seed=0):
    """Return (W, W_p), (X, X') and U, p, s of modes that share their eigenvectors."""
    rng = np.random.default_rng(seed)
    U, p, s = haar(rng, d), np.linspace(0.9, 0.3, d), rng.uniform(0.5, 1.5, d)
    start = (U * np.sqrt(s)) @ U.T, (U * p) @ U.T
    return start, (np.eye(d), sigma2 * np.eye(d)), (U, p, s)


def modes(run, U):
    series = (run[name].values for name in ("predictor", "cross_correlation"))
    return [np.einsum("ij,tik,kj->tj", U, M, U) for M in series]


def norms(run):
    return (run["predictor"].values ** 2).sum((1, 2)), (run["encoder"].values ** 2).sum((1, 2))


@pytest.mark.parametrize("momentum", [0.0, 0.8])
@pytest.mark.parametrize("beta", [None, 0.5])
def test_without_noise_it_comes_to_the_flow_in_proportion_to_its_step(momentum, beta):
    start, data, (U, p, s) = aligned()
    rates = {"alpha_p": 2.0, "eta": 0.01, "eta_p": 0.03, "beta": beta}
    flow, until = CosineFlow(sigma2=0.25, **rates), 8.0
    w = np.sqrt(s)
    end = integrate(flow, (p, s) if beta is None else (w, p, w), [0, until])
    errors = []
    for dt in (0.02, 0.01, 0.005):
        step = FlowParameters(dt=dt, **rates)
        run = cosine_descent(start, data, step, round(until / dt), momentum=momentum)
        off = [
            seen[-1] - end[name].values[-1]
            for seen, name in zip(modes(run, U), (P, S), strict=True)
        ]
        errors.append(np.linalg.norm(off))
        assert run["time"][-1] == pytest.approx(until)
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 2, rtol=0.1)
    assert errors[-1] < 0.02


def test_the_mean_gradient_is_that_of_many_dimensions_whatever_the_matrices():
    rng, m, n = np.random.default_rng(0), 40, 60
    X, Xp = np.diag(rng.uniform(0.5, 1.5, n)), np.diag(rng.uniform(0.1, 0.4, n))
    W, Wa = rng.normal(size=(2, m, n)) / [[[8]], [[16]]]
    Wp, Wa = np.eye(m) + rng.normal(size=(m, m)) / 8, W + Wa
    flow = GaussianCosineFlow.drawn(X, Xp, 20_000, beta=0.1)
    dW, dWp, _ = flow(0, W, Wp, Wa)
    E, covariance = mean_gradient(W, Wp, Wa, X, X + Xp)
    q, t = flow.x1 @ (Wp @ W).T, flow.x2 @ Wa.T
    lengths = [norm(x, axis=1, keepdims=True) for x in (q, t)]
    q, t = q / lengths[0], t / lengths[1]
    e = (t - (q * t).sum(1, keepdims=True) * q) / lengths[0]
    exact = e.T @ e / (e**2).sum()
    for seen, said in ((dWp, E @ W.T), (dW, Wp.T @ E), (exact, covariance)):
        assert norm(seen - said) < 0.1 * norm(seen)


def test_norms_grow_by_a_gradient_that_lasts_as_the_momentum_makes_of_it():
    # d|W_p|² = alpha_p² dt (1 + mu)/(1 - mu) |g|² dt, without decay and noise.
    start, data, _ = aligned()
    slopes = {}
    for momentum in (0.0, 0.9):
        step = FlowParameters(dt=0.01, alpha_p=2.0, eta=0.0, eta_p=0.0)
        run = cosine_descent(start, data, step, 1000, momentum=momentum)
        moved = run["predictor"].diff("step").values / (2.0 * 0.01)
        work = (moved**2).sum((1, 2)).sum() * 0.01
        grown = np.diff(norms(run)[0][[0, -1]])[0]
        slopes[momentum] = grown / (4.0 * 0.01 * work)
    np.testing.assert_allclose(list(slopes.values()), [1, 19], rtol=0.03)


def test_noise_is_of_the_size_that_is_asked_and_goes_along_no_radius():
    start, data, _ = aligned()
    noise = GradientNoise(predictor=0.5, encoder=0.2)
    step = FlowParameters(dt=1e-3, alpha_p=1.0, eta=0.0, eta_p=0.0)
    still = cosine_descent(start, data, step, 1)
    sizes, radial = [], []
    for seed in range(200):
        run = cosine_descent(start, data, step, 1, noise=noise, seed=seed)
        xi = {name: (run - still)[name].values[1] / 1e-3 for name in ("predictor", "encoder")}
        sizes.append([(x**2).sum() for x in xi.values()])
        radial.append([(x * run[name].values[0]).sum() for name, x in xi.items()])
    np.testing.assert_allclose(radial, 0, atol=1e-9)
    wp2, w2 = (x[0] for x in norms(run))
    # One direction of the 36 is left out, the radius.
    np.testing.assert_allclose(np.mean(sizes, 0), [0.5 / wp2, 0.2 / w2], rtol=0.1)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_norms_rest_where_steps_add_what_decay_takes(momentum):
    start, data, _ = aligned()
    noise = GradientNoise(predictor=0.4, encoder=0.4)
    step = FlowParameters(dt=0.1, alpha_p=1.5, eta=0.02, eta_p=0.02)
    run = cosine_descent(start, data, step, 3000, momentum=momentum, noise=noise)
    seen = norms(run)[0][-1000:].mean()
    assert noise.rest_norm(step) == pytest.approx(1.5)
    assert seen == pytest.approx(1.5, rel=0.06)


def test_its_norm_is_that_of_the_exact_recursion():
    start, data, _ = aligned()
    step = FlowParameters(dt=0.4, alpha_p=1.5, eta=0.02, eta_p=0.03)
    noise = GradientNoise(predictor=0.05, encoder=0.05)
    run = cosine_descent(start, data, step, 60, momentum=0.8, noise=noise)
    settings = step.to_optimiser(momentum=0.8)
    rate, decay = settings["predictor_lr"], settings["predictor_decay"]
    buffers = (run["predictor"].diff("step").values ** 2).sum((1, 2)) / rate**2
    law = norm_recursion(norms(run)[0][0], np.full(60, rate), buffers, momentum=0.8, decay=decay)
    np.testing.assert_allclose(norms(run)[0][1:], law, rtol=1e-10)


@pytest.fixture(scope="module", params=[0.003, 0.03])
def trained(request, tmp_path_factory):
    """Return a default run of BYOL on Gaussian data, 320 steps, and what is said of it."""
    method = Method(Learned(layers=1, bias=False), EMA(0.996))
    config = Config(method=method, data="gaussian", lr=request.param, epochs=5, device="cpu")
    run = open_run(train(config, tmp_path_factory.mktemp("cosine") / "run"))
    learner, data = Learner(config, (16,), torch.device("cpu")), GaussianData()
    parts = learner.online.encoder.weight, learner.predictor.matrix()
    start = tuple(part.detach().double().numpy() for part in parts)
    X = data.cross_view.numpy()
    parameters = FlowParameters.from_run(run.to_dataset())
    said = cosine_descent(
        start,
        (X, data.same_view.numpy() - X),
        parameters,
        int(run["step"][-1]),
        momentum=0.9,
        noise=GradientNoise.from_run(run),
    )
    return run, said


def test_a_run_from_a_random_start_has_the_norms_that_are_said(trained):
    run, said = trained
    law, snapshots = scale_law(run)["squared_norm"], run.to_dataset()
    seen, flow = (law.sel(source=name)[-1] for name in ("measured", "exponential"))
    assert seen > 1.25 * flow  # and no gradient flow
    assert norms(said)[0][-1] == pytest.approx(float(seen), rel=0.1)
    F = [np.trace(ds["cross_correlation"].values[-1]) for ds in (said, snapshots)]
    assert F[0] == pytest.approx(F[1], rel=0.15)


def test_a_run_from_a_random_start_has_the_modes_that_are_said(trained):
    run, said = trained
    snapshots = run.to_dataset()
    off, plain = compare(snapshots, said)["error"].values, compare(snapshots)["error"].values
    assert (off < [0.2, 0.2]).all()
    assert (off < plain / 3).all()


def test_what_does_not_fit_is_refused():
    step, eye = FlowParameters(dt=0.5, alpha_p=1.0, eta=0.0, eta_p=0.0), np.eye(2)
    with pytest.raises(ValueError, match=r"W has shape \(2, 3\), Wp \(2, 2\) and X \(2, 2\)"):
        cosine_descent((np.ones((2, 3)), eye), (eye, eye), step, 1)
    with pytest.raises(ValueError, match="momentum is 1"):
        cosine_descent((eye, eye), (eye, eye), step, 1, momentum=1.0)
    with pytest.raises(FloatingPointError, match="step 1 of 1: a prediction or a target is 0"):
        cosine_descent((eye, 0 * eye), (eye, eye), step, 1)


def minibatches(start, parameters, steps, momentum=0.9):
    """Return (W, W_p) after SGD on 128 fresh isotropic pairs a step, and its noise."""
    W, Wp = start
    rng, d, eye = np.random.default_rng(0), W.shape[1], np.eye(W.shape[1])
    settings, v, vp, seen = parameters.to_optimiser(momentum=momentum), 0, 0, []
    white = 1 - momentum**2
    for _ in range(steps):
        x = rng.standard_normal((128, d))
        x1, x2 = (x + 0.5 * rng.standard_normal(x.shape) for _ in range(2))
        dW, dWp = GaussianCosineFlow(x1=x1, x2=x2, X=eye, Xp=0.25 * eye)(0, W, Wp)
        v, vp = momentum * v - dW, momentum * vp - dWp
        v, vp = v + settings["decay"] * W, vp + settings["predictor_decay"] * Wp
        seen.append([white * (M**2).sum() * (b**2).sum() for M, b in ((Wp, vp), (W, v))])
        W, Wp = W - settings["lr"] * v, Wp - settings["predictor_lr"] * vp
    return W, Wp, np.mean(seen[steps // 2 :], 0)


@pytest.mark.parametrize(("decay", "lives"), [(4e-4, [16, 0, 0]), (0.016, [16, 4, 0])])
def test_noise_brings_back_modes_that_the_flow_leaves_dead(decay, lives):
    # 16 that live, 4 of a large p, which the flow kills, and 4 of p < 0.
    counts, until = (16, 4, 4), 768
    p, s = (np.repeat(x, counts) for x in ((0.5, 1.2, -0.5), (0.5, 0.1, 0.05)))
    start, eye = (np.diag(np.sqrt(s)), np.diag(p)), np.eye(24)
    step = FlowParameters.from_optimiser(lr=0.03, momentum=0.9, decay=decay, factor=4)
    steps = round(until / step.dt)
    W, Wp, (of_p, of_w) = minibatches(start, step, steps)
    noise = GradientNoise(predictor=of_p, encoder=of_w)
    said = cosine_descent(start, (eye, 0.25 * eye), step, steps, momentum=0.9, noise=noise)
    flow = CosineFlow(sigma2=0.25, eta=step.eta, eta_p=step.eta_p)
    rest = flow.rest(p, s)[1]
    found = [np.diag(W @ W.T), np.diag(said["cross_correlation"].values[-1]), rest]
    alive = [[int(part.sum()) for part in np.split(x > 0.01 * x.max(), [16, 20])] for x in found]
    assert alive == [lives, lives, [16, 0, 0]]
    assert norms(said)[0][-1] == pytest.approx((Wp**2).sum(), rel=0.02)
    np.testing.assert_allclose(found[1][:16].mean(), found[0][:16].mean(), rtol=0.02)
