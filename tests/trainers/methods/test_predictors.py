import pytest
import torch
from learners import config_of, learned, unlearned
from torch import nn

from trainers import (
    EMA,
    Config,
    Identity,
    Learned,
    Method,
)
from trainers.training.learner import Learner


def test_the_product_of_two_layers_carries_columns_to_rows():
    predictor = Learned(layers=2, hidden=2).build(2)
    predictor[0].weight.data = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    predictor[3].weight.data = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    torch.testing.assert_close(predictor.matrix(), torch.tensor([[1.0, 2.0], [1.0, 3.0]]))


@pytest.mark.parametrize(("layers", "parameters"), [(1, 16_384), (2, 132_096 - 512 + 512)])
def test_the_sizes_are_those_of_directpreds_code(layers, parameters):
    predictor = Learned(layers=layers).build(128)
    # 128 x 512 + 512 and 512 x 128; the predecessor's 132,608 also counts 1,024 BN statistics.
    expected = {1: 128 * 128, 2: 128 * 512 + 512 + 512 * 128}[layers]
    assert sum(weight.numel() for weight in predictor.parameters()) == expected


def test_any_depth_has_a_product_and_norms_between():
    predictor = Learned(layers=4, hidden=5).build(3)
    linear = [layer for layer in predictor if isinstance(layer, nn.Linear)]
    assert [tuple(layer.weight.shape) for layer in linear] == [(5, 3), (5, 5), (5, 5), (3, 5)]
    assert [layer.bias is not None for layer in linear] == [True, True, True, False]
    assert sum(isinstance(layer, nn.BatchNorm1d) for layer in predictor) == 3
    first, second, third, fourth = (layer.weight for layer in linear)
    torch.testing.assert_close(predictor.matrix(), fourth @ third @ second @ first)


def test_one_layer_is_recorded_as_its_weight_and_more_as_their_product():
    assert [Learned(layers=n).recorded_as for n in (1, 2, 3)] == ["weight", "product", "product"]


def test_the_last_layer_may_have_a_bias():
    assert Learned(layers=1, bias=True).build(3)[0].bias is not None
    assert Learned(layers=1).build(3)[0].bias is None


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("constraint", ["symmetric", "psd", "tied"])
def test_a_constraint_holds_after_a_step(layers, constraint):
    torch.manual_seed(0)
    predictor = Learned(layers=layers, hidden=12, constraint=constraint).build(4)
    nothing = torch.zeros(1, 4), torch.zeros(1, 4)
    predictor.after_step(1, nothing, nothing)
    W = predictor.matrix()
    assert W.norm() > 0.1
    torch.testing.assert_close(W, W.mT, atol=1e-6, rtol=0)
    least = torch.linalg.eigvalsh(W)[0].item()
    assert (least > -1e-6) == (constraint != "symmetric")


@pytest.mark.parametrize("constraint", ["symmetric", "psd", "tied"])
@pytest.mark.parametrize("hidden", [1, 8, 15, 16, 40])
def test_a_bottleneck_trains_under_every_constraint(constraint, hidden):
    predictor = Learned(layers=2, hidden=hidden, constraint=constraint)
    sizes = {"width": 2, "projector_hidden": 16, "projector_out": 16}
    config = Config(method=Method(predictor, EMA(0.9)), lr=0.1, **sizes)
    learner = Learner(config, (3, 8, 8), torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    for step in range(1, 21):
        x1, x2 = torch.rand(2, 16, 3, 8, 8, generator=generator)
        assert learner.learn(step, x1, x2).loss.isfinite()
        W = learner.predictor.matrix().detach()
        assert W.norm() > 1e-3
        s = torch.linalg.eigvalsh(W)
        rounding = 2e-6 * s.abs().max()
        assert (W - W.mT).norm() < rounding
        assert s[0] > -rounding or constraint == "symmetric"
        assert int((s.abs() > 5 * rounding).sum()) <= hidden


def test_weights_that_are_not_finite_are_refused():
    predictor = Learned(layers=2, hidden=3, constraint="psd").build(4)
    predictor[0].weight.data[0, 0] = torch.nan
    nothing = torch.zeros(1, 4), torch.zeros(1, 4)
    with pytest.raises(FloatingPointError, match="weights of the predictor are not finite"):
        predictor.after_step(7, nothing, nothing)


def test_one_tied_layer_is_linear_and_two_factors():
    predictor = Learned(layers=1, constraint="tied").build(3)
    z = torch.randn(5, 3)
    torch.testing.assert_close(predictor(z), z @ predictor.matrix().mT)
    assert len(predictor.weights) == 2


def test_no_predictor_is_the_identity_and_has_nothing_to_learn():
    predictor = Identity().build(3)
    z = torch.randn(5, 3)
    assert predictor(z) is z
    assert torch.equal(predictor.matrix(), torch.eye(3))
    assert not list(predictor.parameters())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Learned(layers=0), "predictor layers is 0; it must be at least 1"),
        (lambda: Learned(hidden=0), "predictor hidden is 0"),
        (lambda: Learned(constraint="symetric"), "did you mean 'symmetric'"),
        (
            lambda: Learned(layers=3, constraint="tied"),
            "'tied' on 3 layers; it is defined for 1 or 2",
        ),
    ],
)
def test_values_out_of_range_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(
    ("name", "layers", "ema"),
    [
        ("byol", 2, True),
        ("simsiam", 2, False),
        ("byol-linear", 1, True),
        ("simsiam-linear", 1, False),
    ],
)
def test_a_named_method_learns_a_predictor_of_its_depth(name, layers, ema):
    learner = learned(config_of(name))
    start = unlearned(config_of(name))
    assert len(learner.predictor.weights) == layers
    assert (learner.target.network is not None) == ema
    assert not torch.equal(learner.predictor.matrix(), start.predictor.matrix())


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_predictor_of_any_depth_trains(layers):
    assert (
        len(learned(config_of("byol", f"--predictor.layers {layers}")).predictor.weights) == layers
    )
