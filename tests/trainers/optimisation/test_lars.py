import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from learners import config_of, learned
from small_runs import small
from torch import nn

from analysis import open_run, open_snapshots, scale_law, summarise
from dynamics.experiment.compare import compare
from trainers import METHODS, Config, Learned, Method, StopGradient, train
from trainers.optimisation.lars import LARS
from trainers.optimisation.optimiser import Optimiser
from trainers.optimisation.rates import PARTS, Rate


def after(W, gradients, *, lr=1.0, decay=0.0, momentum=0.0, trust=0.1, adapted=True):
    """Return a weight after a step for each gradient."""
    weight = nn.Parameter(torch.tensor(W, dtype=torch.float64))
    group = {"params": [weight], "lr": lr, "weight_decay": decay, "adapted": adapted}
    optimiser = LARS([group], momentum, trust)
    for g in gradients:
        weight.grad = torch.tensor(g, dtype=torch.float64)
        optimiser.step()
    return weight.detach().numpy()


def test_two_steps_by_hand():
    # |W| = 5, u = (1, 0) 0.5: lambda = 0.1 * 5 / 0.5 = 1, m = (0.5, 0), W = (3 - 1, 4).
    one = after([[3.0, 4.0]], [[[0.5, 0.0]]], lr=2.0, momentum=0.5)
    np.testing.assert_allclose(one, [[2.0, 4.0]])
    # |W| = sqrt 20, u = (0, 8): lambda u = (0, sqrt 0.2), m = (0.25, sqrt 0.2).
    two = after([[3.0, 4.0]], [[[0.5, 0.0]], [[0.0, 8.0]]], lr=2.0, momentum=0.5)
    np.testing.assert_allclose(two, [[1.5, 4 - 2 * 0.2**0.5]])


def test_decay_is_in_the_norm_of_the_update_by_hand():
    # u = (-4, 3) + 1 (3, 4) = (-1, 7), |u| = sqrt 50; the paper's divisor would be 5 + 5.
    end = after([[3.0, 4.0]], [[[-4.0, 3.0]]], decay=1.0)
    np.testing.assert_allclose(end, np.array([[3, 4]]) - 0.5 / 50**0.5 * np.array([[-1, 7]]))


def test_where_a_norm_is_zero_the_step_is_that_of_sgd():
    np.testing.assert_allclose(after([[0.0, 0.0]], [[[1.0, 2.0]]], lr=0.5), [[-0.5, -1.0]])
    np.testing.assert_allclose(after([[3.0, 4.0]], [[[0.0, 0.0]]]), [[3.0, 4.0]])


@given(scale=st.floats(1e-6, 1e6), lr=st.floats(0.01, 10), seed=st.integers(0, 99))
def test_a_first_step_is_a_share_of_the_weights_whatever_the_gradient(scale, lr, seed):
    W, g = np.random.default_rng(seed).normal(size=(2, 4, 3))
    moved = after(W, [scale * g], lr=lr) - W
    assert np.linalg.norm(moved) == pytest.approx(lr * 0.1 * np.linalg.norm(W), rel=1e-9)
    np.testing.assert_allclose(moved / np.linalg.norm(moved), -g / np.linalg.norm(g), atol=1e-9)


@given(seed=st.integers(0, 99))
def test_what_is_not_adapted_is_torch_s_sgd(seed):
    W, *gradients = np.random.default_rng(seed).normal(size=(4, 3, 2))
    weight = nn.Parameter(torch.tensor(W))
    sgd = torch.optim.SGD([weight], lr=0.3, momentum=0.8, weight_decay=0.1)
    for g in gradients:
        weight.grad = torch.tensor(g)
        sgd.step()
    end = after(W, gradients, lr=0.3, momentum=0.8, decay=0.1, adapted=False)
    np.testing.assert_allclose(end, weight.detach().numpy(), rtol=1e-12)


def published(weights, gradients, rates, *, decay, momentum, trust):
    """BYOL's chain, a weight after another in NumPy: decay, trust ratio, trace, minus the rate."""
    ends = []
    for name, start in weights.items():
        W, trace = start.astype(float), 0.0
        for rate, g in zip(rates, gradients[name], strict=True):
            plain = W.ndim < 2  # a bias, or the scale or shift of batch norm
            update = g if plain else g + decay * W
            w_norm, u_norm = (np.sqrt(np.sum(x**2)) for x in (W, update))
            factor = trust * w_norm / u_norm if w_norm > 0 and u_norm > 0 and not plain else 1.0
            trace = momentum * trace + factor * update
            W = W - rate * trace
        ends.append(W)
    return ends


def test_a_network_under_a_schedule_takes_the_published_steps():
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).double()
    projector = nn.Linear(4, 3).double()
    predictor = nn.Linear(3, 3, bias=False).double()
    parts = dict(zip(PARTS, (encoder, projector, predictor), strict=True))
    multiples, lr, settings = [0.5, 1.0, 0.7], 0.4, {"momentum": 0.9, "trust": 0.02}
    optimiser = Optimiser(parts, dict.fromkeys(PARTS, Rate(lr, 0.3)), **settings)
    weights = {str(i): w.detach().numpy().copy() for i, w in enumerate(optimiser.parameters)}
    rng = np.random.default_rng(1)
    gradients = {name: rng.normal(size=(3, *w.shape)) for name, w in weights.items()}
    for k, multiple in enumerate(multiples):
        for name, weight in zip(weights, optimiser.parameters, strict=True):
            weight.grad = torch.tensor(gradients[name][k])
        optimiser.step(multiple)
        kept = [torch.equal(w.grad, torch.tensor(gradients[n][k]))
                for n, w in zip(weights, optimiser.parameters, strict=True)]  # fmt: skip
        assert all(kept)  # what is recorded of a gradient is the gradient
    rates = [lr * multiple for multiple in multiples]
    ends = published(weights, gradients, rates, decay=0.3, **settings)
    assert sum(w.ndim < 2 for w in weights.values()) == 4  # two biases, scale, shift
    for weight, end in zip(optimiser.parameters, ends, strict=True):
        np.testing.assert_allclose(weight.detach().numpy(), end, rtol=1e-12)


def test_timm_s_takes_the_same_steps_where_the_two_formulas_agree():
    timm = pytest.importorskip("timm.optim.lars")
    W, *directions = np.random.default_rng(0).normal(size=(4, 3, 2))
    weight = nn.Parameter(torch.tensor(W))
    other = timm.Lars([weight], lr=0.3, momentum=0.9, trust_coeff=0.1, eps=0.0, always_adapt=True)
    for g in directions:
        weight.grad = torch.tensor(g)
        other.step()
    end = after(W, directions, lr=0.3, momentum=0.9)
    np.testing.assert_allclose(end, weight.detach().numpy(), rtol=1e-9)


def test_a_learner_hands_over_what_lars_takes():
    flags = "--optimiser lars --trust 0.02 --lr 0.5 --weight-decay 1e-3 --predictor-lr 2"
    learner = learned(config_of("byol", flags))
    groups = learner.optimiser.sgd.param_groups
    assert isinstance(learner.optimiser.sgd, LARS)
    assert {g["trust"] for g in groups} == {0.02}
    assert {(g["adapted"], g["weight_decay"]) for g in groups} == {(True, 1e-3), (False, 0.0)}
    assert {g["part"]: g["rate"] for g in groups} == {
        "encoder": 0.5,
        "projector": 0.5,
        "predictor": 2.0,
    }
    for group in groups:
        assert {weight.ndim > 1 for weight in group["params"]} == {group["adapted"]}
    default = learned(config_of("byol", "--optimiser lars"), 1).optimiser.sgd.param_groups
    assert {group["trust"] for group in default} == {1e-3}


def test_a_run_has_no_flow_time_and_no_flow(tmp_path):
    method = Method(Learned(layers=1), StopGradient())
    config = small(method, optimiser="lars", lr=5.0, data="gaussian", size=None, limit=None)
    config = dataclasses.replace(config, width=6, batch_size=1024, epochs=1)
    assert np.isnan(config.time_per_step)
    run = train(config, tmp_path / "run")
    ds = open_snapshots(run)
    assert "time" not in ds.coords
    assert ds.sizes["step"] == 9
    known = json.loads(ds.attrs["flow_parameters"])
    assert "optimiser" not in known
    assert known["unknown"] == {"parts": ["rates of LARS"]}
    assert summarise(ds).alignment.notnull().any()
    with pytest.raises(ValueError, match=r"lacks .*time"):
        compare(ds)
    with pytest.raises(ValueError, match="the run lacks"):
        scale_law(open_run(run))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"optimiser": "adam"}, "optimiser 'adam' is not known"),
        ({"trust": 0.1}, r"trust is 0.1, of LARS; --optimiser lars wanted"),
        ({"optimiser": "lars", "trust": 0.0}, "trust is 0"),
        ({"optimiser": "lars", "decay": "decoupled"}, "decay is decoupled under LARS"),
        ({"optimiser": "lars", "flow_decay": True}, "flow-decay is yes under LARS"),
    ],
)
def test_what_one_optimiser_does_not_have_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        Config(method=METHODS["byol"], **options)
