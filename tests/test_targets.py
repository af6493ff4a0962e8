import copy

import pytest
import torch
from torch import nn

from trainers import EMA, StopGradient
from trainers.networks import Network


def network(weight: float) -> Network:
    encoder = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    encoder[0].weight.data.fill_(weight)
    return Network(encoder, nn.Identity())


def test_the_target_starts_as_a_copy_and_moves_by_one_minus_momentum():
    online = network(1.0)
    target = EMA(0.75).build(online)
    assert target.tau(online) == 1
    online.encoder[0].weight.data.fill_(5.0)
    target.update(online)
    assert target.network.encoder[0].weight.item() == 0.75 * 1 + 0.25 * 5


def test_only_parameters_are_averaged():
    online = network(1.0)
    target = EMA(0.0).build(online)
    online.encoder[1].running_mean.fill_(7.0)
    target.update(online)
    assert target.network.encoder[1].running_mean.item() == 0


def test_tau_by_hand():
    online = network(2.0)  # parameters 2 (weight), 1 (BN scale), 0 (BN shift)
    target = EMA(0.9).build(online)
    target.network.encoder[0].weight.data.fill_(1.0)
    assert target.tau(online).item() == pytest.approx((1 * 2 + 1 * 1) / (4 + 1))
    assert StopGradient().build(online).tau(online) == 1


def test_momentum_zero_copies_to_the_bit():
    online = Network(nn.Linear(64, 64), nn.Identity())
    target = EMA(0.0).build(copy.deepcopy(online))
    online.encoder.weight.data.normal_()
    target.update(online)
    assert torch.equal(target.network.encoder.weight, online.encoder.weight)


@pytest.mark.parametrize("target", [EMA(0.5), StopGradient()])
def test_no_gradient_passes_through_a_target(target):
    online = Network(nn.Linear(2, 2), nn.Identity())
    x = torch.randn(3, 2)
    z = online(x)
    t = target.build(online)(x, z)
    assert not t.requires_grad
    torch.testing.assert_close(t, z.detach())


def test_a_momentum_above_one_is_refused():
    with pytest.raises(ValueError, match=r"target momentum is 1.1; it must lie in \[0, 1\]"):
        EMA(1.1)
