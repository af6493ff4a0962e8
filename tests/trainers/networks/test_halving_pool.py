"""The pool of `conv4` is torch's, however it gets there."""

import pytest
import torch
from torch import nn

from trainers.networks.encoders import build_encoder
from trainers.networks.halving_pool import HalvingPool

TORCH = nn.MaxPool2d(2, ceil_mode=True)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("side", [(8, 6), (2, 2), (7, 6), (6, 7), (1, 1)])
def test_it_is_torchs_own_to_the_bit_in_the_same_layout(side, dtype, layout):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 5, *side, generator=generator).to(dtype).contiguous(memory_format=layout)
    out, wanted = HalvingPool()(x), TORCH(x)
    assert torch.equal(out, wanted)
    assert out.dtype == dtype
    assert out.is_contiguous(memory_format=layout)


def test_a_value_that_is_not_finite_reaches_its_window_and_no_other():
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 3, 0], x[0, 0, 0, 2] = torch.nan, torch.inf
    assert torch.equal(HalvingPool()(x).isnan().flatten(), torch.tensor([0, 0, 1, 0]).bool())
    assert HalvingPool()(x)[0, 0, 0, 1] == torch.inf


def test_with_a_gradient_it_is_torchs_own_and_of_entries_that_tie_the_first_gets_it():
    x = torch.randint(3, (2, 3, 6, 6)).float()
    gradients = []
    for pool in (HalvingPool(), TORCH):
        leaf = x.clone().requires_grad_()
        pool(leaf).square().sum().backward()
        gradients.append(leaf.grad)
    assert torch.equal(*gradients)


def test_a_target_puts_out_what_the_network_with_a_gradient_does():
    encoder, _ = build_encoder("conv4", 2, (3, 16, 16))
    x = torch.randn(8, 3, 16, 16)
    with_gradient = encoder(x)
    with torch.no_grad():
        assert torch.equal(encoder(x), with_gradient)


def test_walks_are_left_out_only_where_no_gradient_is_wanted(monkeypatch):
    walked = []
    monkeypatch.setattr(nn.MaxPool2d, "forward", lambda self, x: walked.append(x) or x)
    x = torch.zeros(1, 1, 4, 4)
    HalvingPool()(x)
    assert not walked
    HalvingPool()(x.clone().requires_grad_())
    assert len(walked) == 1
