import pytest
import torch
from learners import config_of, learned
from torch import nn

from trainers import METHODS, Config
from trainers.optimisation.optimiser import Optimiser
from trainers.optimisation.rates import PARTS, Rate
from trainers.training.learner import Learner


def parts():
    """One weight of 1 in each part, biases of 1 in projector and batch norm."""
    encoder = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    made = {"encoder": encoder, "projector": nn.Linear(1, 1), "predictor": nn.Linear(1, 1, False)}
    for network in made.values():
        for weight in network.parameters():
            nn.init.ones_(weight)
    return made


def after(multiples, gradient=0.0, lr=0.0, decay=0.0, **options):
    """Return the weights after steps; of `lr` and `decay`, a triple is of the three parts."""
    made = parts()
    each = [value if isinstance(value, tuple) else (value,) * 3 for value in (lr, decay)]
    rates = {part: Rate(*both) for part, *both in zip(PARTS, *each, strict=True)}
    optimiser = Optimiser(made, rates, **options)
    for multiple in multiples:
        for weight in optimiser.parameters:
            weight.grad = torch.full_like(weight, gradient)
        optimiser.step(multiple)
    encoder, projector, predictor = made.values()
    return {
        "encoder": encoder[0].weight.item(),
        "shift": encoder[1].bias.item(),
        "projector": projector.weight.item(),
        "bias": projector.bias.item(),
        "predictor": predictor.weight.item(),
    }


def by_config(**options):
    config = Config(method=METHODS["byol"], **options)
    rates, decoupled = config.rates, config.decay == "decoupled"
    lr, decay = (tuple(getattr(rates[part], name) for part in PARTS) for name in ("lr", "decay"))
    return after([1], lr=lr, decay=decay, momentum=config.momentum, decoupled=decoupled)


def test_momentum_and_coupled_decay_by_hand():
    ends = after([1, 1], gradient=1.0, lr=0.1, momentum=0.5, decay=0.2)
    # m = 1.2, W = 0.88; m = 0.6 + 1 + 0.176, W = 0.88 - 0.1776
    assert all(value == pytest.approx(0.7024) for value in ends.values())


def test_decoupled_decay_by_hand_follows_the_schedule_and_not_the_rate():
    ends = after([1, 0.5], lr=(0.7, 0.1, 0.1), decay=0.2, momentum=0.9, decoupled=True)
    assert all(value == pytest.approx(0.8 * 0.9) for value in ends.values())


def test_every_part_has_its_rate_and_its_decay():
    ends = after([1], gradient=1.0, lr=(0.2, 0.3, 0.4))
    assert [ends[part] for part in ("encoder", "projector", "predictor")] == pytest.approx(
        [0.8, 0.7, 0.6]
    )
    ends = after([1], lr=0.1, decay=(1.0, 2.0, 3.0))
    assert [ends[part] for part in ("encoder", "projector", "predictor")] == pytest.approx(
        [0.9, 0.8, 0.7]
    )
    ends = after([1], lr=0.1, decay=(0.0, 0.0, 1.0))
    assert ends == pytest.approx(
        {"encoder": 1, "shift": 1, "projector": 1, "bias": 1, "predictor": 0.9}
    )


def test_both_conventions_of_the_predictors_decay():
    # alpha_p = 4. By the optimiser W_p shrinks by lr_p w = 0.04, in the flow by lr w = 0.01.
    options = {"lr": 0.1, "predictor_lr": 0.4, "momentum": 0.0, "weight_decay": 0.1}
    assert by_config(**options)["predictor"] == pytest.approx(0.96)
    assert by_config(flow_decay=True, **options)["predictor"] == pytest.approx(0.99)
    assert by_config(flow_decay=True, **options)["encoder"] == pytest.approx(0.99)
    # Decoupled, no decay is multiplied by a rate: with the encoder's own the two are equal.
    options |= {"decay": "decoupled", "flow_decay": True}
    assert by_config(**options)["predictor"] == pytest.approx(0.9)
    assert by_config(**options)["encoder"] == pytest.approx(0.9)


def test_biases_may_be_left_alone_and_a_shift_of_batch_norm_is_none():
    ends = after([1], lr=0.1, decay=1.0, decay_biases=False)
    assert ends["bias"] == 1
    assert ends["shift"] == ends["projector"] == pytest.approx(0.9)


def test_the_predictors_rate_may_stand_still_while_the_others_follow_the_schedule():
    ends = after([0.5], gradient=1.0, lr=0.1, fixed=("predictor",))
    assert ends["encoder"] == pytest.approx(0.95)
    assert ends["predictor"] == pytest.approx(0.9)


def test_a_learner_hands_over_every_setting_of_its_optimiser():
    options = {"lr": 0.1, "predictor_lr": 0.4, "encoder_decay": 0.2, "momentum": 0.5}
    options |= {"decay": "decoupled", "fix_predictor_lr": True, "decay_biases": False}
    config = Config(method=METHODS["byol"], data="gaussian", **options)
    optimiser = Learner(config, (4,), torch.device("cpu")).optimiser
    groups = {(group["part"], group["decay"]): group for group in optimiser.sgd.param_groups}
    assert groups.keys() == {("encoder", 0.2), ("predictor", 4e-4), ("predictor", 0.0)}
    assert [group["rate"] for group in groups.values()] == [0.1, 0.4, 0.4]
    assert {group["momentum"] for group in groups.values()} == {0.5}
    assert {group["weight_decay"] for group in groups.values()} == {0.0}
    before = optimiser.sgd.param_groups[-1]["params"][0].clone()
    for weight in optimiser.parameters:
        weight.grad = torch.ones_like(weight)
    optimiser.step(0.0)
    assert not torch.equal(before, optimiser.sgd.param_groups[-1]["params"][0])  # it is fixed


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        ("--predictor-lr 0.3", "predictor"),
        ("--projector-decay 5", "projector"),
        ("--encoder-lr 0.3", "encoder"),
        ("--encoder-decay 0 --projector-decay 0 --predictor-decay 5", "predictor"),
    ],
)
def test_a_rate_or_decay_of_a_part_moves_that_part_alone(flags, part):
    base = "--momentum 0 --weight-decay 0 "
    one, other = (learned(config_of("byol", base + more), 1) for more in ("", flags))
    for name in ("encoder", "projector", "predictor"):
        a, b = (
            [
                w.detach()
                for group in learner.optimiser.sgd.param_groups
                if group["part"] == name
                for w in group["params"]
            ]
            for learner in (one, other)
        )
        same = all(torch.equal(u, v) for u, v in zip(a, b, strict=True))
        assert same == (name != part)


def test_each_kind_of_decay_ends_at_other_weights():
    ends = [
        learned(config_of("byol", f"--weight-decay 0.1 {flags}"))
        for flags in ("", "--decay-biases no", "--decay decoupled", "--weight-decay 0")
    ]
    states = [torch.cat([w.flatten() for w in end.online.parameters()]) for end in ends]
    for i, a in enumerate(states):
        assert all(not torch.equal(a, b) for b in states[:i])
