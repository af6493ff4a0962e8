import copy

import pytest
import torch
from torch import nn

from trainers.networks.encoders import conv4
from trainers.networks.per_view_norm import norm_per_view
from trainers.networks.two_views import BATCH_NORMS


def network():
    torch.manual_seed(0)
    return nn.Sequential(conv4(2), nn.Linear(16, 8), nn.BatchNorm1d(8, affine=False)).double()


def views():
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 6, 3, 16, 16, generator=generator, dtype=torch.float64)
    return x[0], 3 * x[1] + 1  # other statistics in the second view


def run(name):
    net = network()
    both, prepare = BATCH_NORMS[name]
    prepare(net)
    z = both(net, views())
    (z[0] * z[1]).sum().backward()
    return z, [p.grad for p in net.parameters()], net


def test_fused_per_view_is_separate_to_rounding():
    one, two = run("separate"), run("fused-per-view")
    torch.testing.assert_close(one[0], two[0])
    torch.testing.assert_close(one[1], two[1])
    torch.testing.assert_close(one[2].state_dict(), two[2].state_dict())


def test_fused_shares_its_statistics():
    z, _, net = run("fused")
    assert torch.cat(z).mean(0).abs().max() < 1e-12
    assert z[0].mean(0).abs().max() > 0.1
    assert net.state_dict()["2.num_batches_tracked"] == 1


def test_per_view_norms_change_no_name_of_the_state():
    net = network()
    twin = copy.deepcopy(net)
    norm_per_view(twin)
    assert list(twin.state_dict()) == list(net.state_dict())
    x = views()[0]
    torch.testing.assert_close(twin.eval()(x), net.eval()(x))


@pytest.mark.parametrize("name", BATCH_NORMS)
def test_views_keep_their_places(name):
    both, _ = BATCH_NORMS[name]
    first, second = both(nn.Identity(), (torch.zeros(2, 1), torch.ones(2, 1)))
    assert first.sum() == 0
    assert second.sum() == 2
