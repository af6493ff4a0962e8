import copy
import math

import pytest
import torch
from learners import config_of, learned
from torch import nn

from trainers import EMA, Attached, StopGradient
from trainers.networks.network import Network
from trainers.networks.two_views import separate


def network(weight: float) -> Network:
    encoder = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    encoder[0].weight.data.fill_(weight)
    return Network(encoder, nn.Identity())


def test_the_target_starts_as_a_copy_and_moves_by_one_minus_momentum():
    online = network(1.0)
    target = EMA(0.75).build(online)
    assert target.tau(online) == 1
    online.encoder[0].weight.data.fill_(5.0)
    target.update(online, 0.5)
    assert target.network.encoder[0].weight.item() == 0.75 * 1 + 0.25 * 5
    assert not any(weight.requires_grad for weight in target.parameters())


def test_only_parameters_are_averaged():
    online = network(1.0)
    target = EMA(0.0).build(online)
    online.encoder[1].running_mean.fill_(7.0)
    target.update(online, 0.5)
    assert target.network.encoder[1].running_mean.item() == 0


def test_tau_by_hand():
    online = network(2.0)  # parameters 2 (weight), 1 (BN scale), 0 (BN shift)
    target = EMA(0.9).build(online)
    target.network.encoder[0].weight.data.fill_(1.0)
    assert target.tau(online).item() == pytest.approx((1 * 2 + 1 * 1) / (4 + 1))
    assert StopGradient().build(online).tau(online) == 1
    elsewhere = Network(nn.Linear(1, 1, device="meta"), nn.Identity())
    assert StopGradient().build(elsewhere).tau(elsewhere).device.type == "meta"


def test_momentum_zero_copies_to_the_bit():
    online = Network(nn.Linear(64, 64), nn.Identity())
    target = EMA(0.0).build(copy.deepcopy(online))
    online.encoder.weight.data.normal_()
    target.update(online, 0.5)
    assert torch.equal(target.network.encoder.weight, online.encoder.weight)


def test_momentum_one_stands_still_at_a_random_network():
    online = network(1.0)
    target = EMA(1.0).build(online)
    online.encoder[0].weight.data.fill_(5.0)
    target.update(online, 0.5)
    assert target.network.encoder[0].weight.item() == 1
    assert target.tau(online).item() == pytest.approx((5 + 1) / (25 + 1))


@pytest.mark.parametrize("target", [EMA(0.5), StopGradient()])
def test_no_gradient_passes_through_a_target(target):
    online = Network(nn.Linear(2, 2), nn.Identity())
    x = torch.randn(3, 2), torch.randn(3, 2)
    z = separate(online, x)
    t = target.build(online)(x, z, separate)
    for view in (0, 1):
        assert not t[view].requires_grad
        torch.testing.assert_close(t[view], z[view].detach())


def test_a_momentum_above_one_is_refused():
    with pytest.raises(ValueError, match=r"target final is -0.1; it must lie in \[0, 1\]"):
        EMA(final=-0.1)
    with pytest.raises(ValueError, match=r"target momentum is 1.1; it must lie in \[0, 1\]"):
        EMA(1.1)


def test_a_final_momentum_is_reached_on_half_a_cosine():
    rule = EMA(0.9, final=1.0)
    assert [rule.momentum_at(k / 4) for k in (0, 2, 4)] == pytest.approx([0.9, 0.95, 1.0])
    # Grill et al.: 1 - (1 - tau) (cos(pi k / K) + 1) / 2.
    expected = 1 - (1 - 0.9) * (math.cos(math.pi / 4) + 1) / 2
    assert rule.momentum_at(0.25) == pytest.approx(expected)
    assert EMA(0.9).momentum_at(0.7) == 0.9


def test_buffers_are_averaged_when_asked():
    online = network(1.0)
    target = EMA(0.75, buffers=True).build(online)
    online.encoder[1].running_mean.fill_(8.0)
    online.encoder[1].num_batches_tracked.fill_(3)
    target.update(online, 0.5)
    assert target.network.encoder[1].running_mean.item() == 2
    assert target.network.encoder[1].num_batches_tracked.item() == 3


def test_without_stop_gradient_the_target_passes_it():
    online = Network(nn.Linear(2, 2), nn.Identity())
    z = separate(online, (torch.randn(3, 2), torch.randn(3, 2)))
    t = Attached().build(online)(z, z, separate)
    assert t[0] is z[0]
    assert t[1].requires_grad


@pytest.mark.parametrize("buffers", ["yes", "no"])
def test_the_target_averages_parameters_only_or_all(buffers):
    learner = learned(config_of("byol", f"--target.buffers {buffers} --target.momentum 0"))
    online, target = learner.online.state_dict(), learner.target.network.state_dict()
    for name in online:
        same = torch.equal(online[name], target[name])
        assert same or (buffers == "no" and "running" in name), name
