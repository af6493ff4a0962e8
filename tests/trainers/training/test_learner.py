"""One step of learning: in which order what changes, and what it leaves behind."""

import copy
import dataclasses
import math

import numpy as np
import pytest
import torch
from learners import config_of

from trainers import EMA, METHODS, Attached, Config, Direct, Euclidean, Learned, Method
from trainers.runs.network import build_network
from trainers.runs.trained import load
from trainers.training.learner import Learner
from trainers.training.loop import batches

CPU = torch.device("cpu")
VECTORS = {"data": "gaussian", "width": 2, "device": "cpu", "weight_decay": 0.0}


def make(method, steps=4, **options):
    config = Config(method=method, **{**VECTORS, "epochs": 1, "momentum": 0.0, **options})
    return Learner(config, (2,), CPU, steps)


def views(seed=0, batch=8):
    x = torch.randn(2, batch, 2, generator=torch.Generator().manual_seed(seed))
    return x[0], x[1]


def arrays(*tensors):
    return [tensor.detach().double().numpy().copy() for tensor in tensors]


def test_a_step_of_the_theorys_network_by_hand():
    learner = make(Method(Learned(layers=1), EMA(0.75), Euclidean(factor=2.0)), lr=0.1)
    learner.target.network.encoder.weight.data.mul_(0.5)
    W, P, A = arrays(
        learner.online.encoder.weight,
        learner.predictor.matrix(),
        learner.target.network.encoder.weight,
    )
    x = views()
    step = learner.learn(1, *x)
    x1, x2 = arrays(*x)
    z1, z2 = x1 @ W.T, x2 @ W.T
    e1, e2 = z1 @ P.T - x2 @ A.T, z2 @ P.T - x1 @ A.T  # each against the other view's target
    # L = 2 (|e1|^2 + |e2|^2) / 4 per image.
    n = len(x1)
    assert step.loss.item() == pytest.approx((e1**2 + e2**2).sum() / (2 * n), rel=1e-5)
    dW = P.T @ (e1.T @ x1 + e2.T @ x2) / n
    dP = (e1.T @ z1 + e2.T @ z2) / n
    norm = math.sqrt((dW**2).sum() + (dP**2).sum())  # of all parts together: no sum of norms
    assert step.grad_norm.item() == pytest.approx(norm, rel=1e-5)
    close = {"rtol": 1e-5, "atol": 1e-6}
    new = W - 0.1 * dW
    np.testing.assert_allclose(learner.online.encoder.weight.detach(), new, **close)
    np.testing.assert_allclose(learner.predictor.matrix().detach(), P - 0.1 * dP, **close)
    # The target follows the weights of after the step.
    followed = 0.75 * A + 0.25 * new
    np.testing.assert_allclose(learner.target.network.encoder.weight, followed, **close)
    # What a step leaves behind is from before it.
    for seen, expected in ((step.z[0], z1), (step.z[1], z2), (step.q[0], z1 @ P.T)):
        np.testing.assert_allclose(seen, expected, **close)
        assert not seen.requires_grad
    np.testing.assert_allclose(step.t[0], x1 @ A.T, **close)


def test_a_scheduled_target_is_told_how_much_of_the_run_is_done():
    rule = EMA(0.5, final=1.0)
    learner = make(Method(Learned(layers=1), rule), steps=4, lr=0.3)
    for step in (1, 2, 3, 4):
        (before,) = arrays(learner.target.network.encoder.weight)
        learner.learn(step, *views(step))
        now, online = arrays(learner.target.network.encoder.weight, learner.online.encoder.weight)
        momentum = 1 - 0.5 * (1 + math.cos(math.pi * step / 4)) / 2  # .573, .75, .927, 1
        assert rule.momentum_at(step / 4) == pytest.approx(momentum)
        np.testing.assert_allclose(now, momentum * before + (1 - momentum) * online, atol=1e-6)
        assert abs(online - before).max() > 1e-3  # enough to tell
    np.testing.assert_allclose(now, before)  # at the end it stands still


def test_a_rule_sees_the_features_of_before_the_step_and_sets_after_it():
    learner = make(Method(Direct(rho=0.0, eps=0.2, power=1, normalise="none"), EMA()), lr=0.1)
    (W,) = arrays(learner.online.encoder.weight)
    x1, x2 = views()
    learner.learn(1, x1, x2)
    z = np.concatenate([x1, x2]) @ W.T
    expected = z.T @ z / len(z) + 0.2 * np.eye(2)
    np.testing.assert_allclose(learner.predictor.matrix().detach(), expected, rtol=1e-5, atol=1e-6)


def test_looking_learns_nothing():
    learner = make(METHODS["directpred"])
    before = [tensor.clone() for tensor in learner.state]
    seen = learner.look(*views())
    for a, b in zip(before, learner.state, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
    assert seen.loss.isfinite()


def test_what_a_step_changes_is_all_looked_at():
    # Weights and batch statistics of both, and the moments of a rule.
    learner = Learner(
        Config(method=METHODS["directpred"], width=2, projector_hidden=4, projector_out=3),
        (3, 16, 16),
        CPU,
    )
    names = {
        name
        for part in ("online", "predictor")
        for name, value in learner.parts[part].state_dict().items()
        if value.is_floating_point()
    }
    assert len(learner.state) >= len(names) > 10
    shapes = [tuple(value.shape) for value in learner.state]
    assert (1, 3, 3) in shapes  # F-hat
    assert (3, 3) in shapes  # W_p
    assert (2, 3, 3, 3) in shapes  # the first convolution


def test_without_stop_gradient_the_target_pulls_too():
    method = Method(Learned(layers=1), Attached(), Euclidean())
    learner = make(method, lr=1.0)
    with torch.no_grad():
        learner.predictor.matrix().copy_(torch.eye(2))
    (W,) = arrays(learner.online.encoder.weight)
    x = views()
    learner.learn(1, *x)
    gap = arrays(x[0] - x[1])[0]
    # L = |W (x1 - x2)|^2 / 2 per image, twice a fourth: the gradient of both sides.
    dW = 2 * W @ gap.T @ gap / (2 * len(gap)) * 1.0
    np.testing.assert_allclose(learner.online.encoder.weight.detach(), W - dW, rtol=1e-4, atol=1e-5)


def test_one_seed_is_one_start_and_what_is_left_open_is_resolved():
    shape = (3, 16, 16)
    config = Config(method=METHODS["byol"], projector_out=5)
    network, d = build_network(config, shape)
    assert d == 5
    assert network.encoder[0].weight.shape == (16, 3, 3, 3)  # conv4 of width 16
    assert len(network.projector) == 4  # linear, BN, ReLU, linear
    a, b, c = (Learner(Config(method=METHODS["byol"], seed=s), shape, CPU) for s in (1, 1, 2))
    for left, right in zip(a.state, b.state, strict=True):
        assert torch.equal(left, right)
    assert not torch.equal(a.online.encoder[0].weight, c.online.encoder[0].weight)


def test_a_state_goes_on_where_it_was_taken():
    one, other = (make(METHODS["byol"], momentum=0.9) for _ in range(2))
    one.learn(1, *views(1))
    other.load_state_dict(copy.deepcopy(one.state_dict()))  # as through a file
    for learner in (one, other):
        learner.learn(2, *views(2))
    for left, right in zip(one.state, other.state, strict=True):
        assert torch.equal(left, right)


def test_a_head_that_is_not_there_cannot_be_recorded():
    with pytest.raises(ValueError, match="no linear layer ends conv4 with --projector-layers 0"):
        Learner(
            Config(method=METHODS["byol"], projector_layers=0, record_head=True), (3, 16, 16), CPU
        )


@pytest.fixture
def images(tmp_path):
    """Forty-eight labelled images in a file."""
    rng = np.random.default_rng(0)
    file = tmp_path / "images.npz"
    x = rng.integers(0, 256, (64, 16, 16, 3), dtype=np.uint8)
    y = np.arange(64) % 4
    np.savez(file, x_train=x[:48], y_train=y[:48], x_test=x[48:], y_test=y[48:])
    return file


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch.compile's own
def test_a_compiled_step_is_the_step(images):
    losses = {}
    for compile in ("no", "yes"):
        config = dataclasses.replace(config_of("byol", f"--compile {compile}"), data=str(images))
        data = load(config, torch.device("cpu"))
        learner = Learner(config, data.shape, torch.device("cpu"), 10)
        losses[compile] = [
            float(learner.learn(step, *data.views(step, samples)).loss)
            for step, samples in batches(config, data, 0)
        ]
    assert losses["yes"] == pytest.approx(losses["no"], rel=1e-3)
