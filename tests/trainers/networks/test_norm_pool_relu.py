"""Batch norm, pool and ReLU in one function are the three in float64."""

import copy

import pytest
import torch
from torch import nn

from trainers.networks.compiled import can_compile, compile_encoder
from trainers.networks.encoders import build_encoder
from trainers.networks.halving_pool import HalvingPool
from trainers.networks.norm_pool_relu import NormPoolReLU, fuse_blocks
from trainers.networks.per_view_norm import norm_per_view

CPU = torch.device("cpu")


@pytest.fixture
def uncompiled():
    """The formulas, without what a compiler makes of them."""
    with torch.compiler.set_stance("force_eager"):
        yield


def three(channels: int) -> nn.Sequential:
    """Batch norm with scales of both signs, pool, ReLU."""
    norm = nn.BatchNorm2d(channels)
    with torch.no_grad():
        norm.weight.copy_(torch.linspace(-1.5, 2.1, channels))
        norm.bias.copy_(torch.linspace(0.5, -0.5, channels))
    return nn.Sequential(norm, HalvingPool(), nn.ReLU(inplace=True))


def passed(block: nn.Module, x: torch.Tensor, weights: torch.Tensor) -> list[torch.Tensor]:
    """Return output, gradients and batch statistics."""
    leaf = x.clone().requires_grad_()
    out = block(leaf)
    (out * weights).sum().backward()
    norm = block[0]
    return [out.detach(), leaf.grad, norm.weight.grad, norm.bias.grad, *norm.buffers()]


def both(x, *, dtype=torch.float32):
    plain = three(x.shape[1]).double()
    fused = three(x.shape[1])
    assert fuse_blocks(fused) == 1
    weights = torch.randn(x.shape[0], x.shape[1], -(-x.shape[2] // 2), -(-x.shape[3] // 2))
    wanted = passed(plain, x.to(dtype).double(), weights.to(dtype).double())
    return passed(fused, x.to(dtype), weights.to(dtype)), wanted


NAMES = ("output", "of x", "of weight", "of bias", "running mean", "running variance", "batches")


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("offset", [0, 300])
def test_output_gradients_and_statistics_are_those_in_float64(uncompiled, offset, layout):
    torch.manual_seed(0)
    x = (torch.randn(6, 8, 10, 4) + offset).contiguous(memory_format=layout)
    for name, is_now, wanted in zip(NAMES, *both(x), strict=True):
        error = (is_now.double() - wanted).double().norm() / wanted.double().norm()
        # Of values about 300, float32 holds two digits less; a sum about zero would lose five.
        assert error < (1e-6 if offset == 0 else 3e-5), name


def test_in_bfloat16_sums_are_in_float32(uncompiled):
    torch.manual_seed(0)
    x = torch.randn(16, 8, 16, 16)
    now, wanted = both(x, dtype=torch.bfloat16)
    assert now[0].dtype == now[1].dtype == torch.bfloat16
    assert now[2].dtype == now[4].dtype == torch.float32
    for name, a, b in list(zip(NAMES, now, wanted, strict=True))[4:]:
        assert a.numpy() == pytest.approx(b.numpy(), rel=1e-6, abs=1e-7), name
    assert (now[0].double() - wanted[0]).norm() < 3e-3 * wanted[0].norm()


def test_those_that_tie_share_the_gradient(uncompiled):
    x = torch.tensor([[3.0, 3, 0, 1], [1, 0, 2, 2]])[None, None].requires_grad_()
    block = NormPoolReLU(1)
    a = torch.autograd.grad(block(x)[0, 0, 0, 0], x)[0]
    # Two of the eight have half the gradient each; the rest is the share of mean and variance.
    v = 1.25
    scale = 1 / (v + 1e-5) ** 0.5
    centred = x.detach()[0, 0] - 1.5
    G = torch.tensor([[0.5, 0.5, 0, 0], [0, 0, 0, 0]])
    wanted = scale * (G - (1 + centred * 1.5 / (v + 1e-5)) / 8)
    assert a[0, 0].numpy() == pytest.approx(wanted.numpy(), rel=1e-5)


@pytest.mark.parametrize("side", [(7, 6), (6, 7), (1, 1)])
def test_odd_sides_are_torchs_own(side):
    torch.manual_seed(0)
    x = torch.randn(6, 3, *side)
    for a, b in zip(*both(x), strict=True):
        assert a.numpy() == pytest.approx(b.numpy(), rel=1e-4, abs=1e-5)


def test_evaluation_uses_running_statistics_to_the_bit():
    torch.manual_seed(0)
    plain = three(4)
    plain(torch.randn(5, 4, 8, 8))
    fused = copy.deepcopy(plain)
    fuse_blocks(fused)
    x = torch.randn(5, 4, 8, 8)
    assert torch.equal(fused.eval()(x), plain.eval()(x))


def test_an_encoder_has_four_and_keeps_the_names_of_its_state():
    encoder, _ = build_encoder("conv4", 2, (3, 16, 16))
    names = list(encoder.state_dict())
    assert fuse_blocks(encoder) == 4
    assert list(encoder.state_dict()) == names
    assert fuse_blocks(encoder) == 0


def test_views_in_one_batch_have_statistics_of_their_own(uncompiled):
    torch.manual_seed(0)
    first, second = torch.randn(6, 4, 8, 8), 2 * torch.randn(6, 4, 8, 8) + 1
    plain, joint = three(4), three(4)
    norm_per_view(joint)
    assert fuse_blocks(joint) == 1
    wanted = torch.cat([plain(first), plain(second)])
    assert joint(torch.cat([first, second])).detach().numpy() == pytest.approx(
        wanted.detach().numpy(), abs=1e-5
    )
    for a, b in zip(joint[0].buffers(), plain[0].buffers(), strict=True):
        assert a.numpy() == pytest.approx(b.numpy(), rel=1e-5)


def test_a_norm_that_no_pool_follows_stays():
    encoder = nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), HalvingPool(), nn.BatchNorm2d(3))
    assert fuse_blocks(encoder) == 0


def test_where_nothing_compiles_the_plain_step_is_taken_and_said(monkeypatch, capsys):
    def refuse(*_, **__):
        raise RuntimeError("no compiler\nmore")

    monkeypatch.setattr(torch, "compile", refuse)
    assert not can_compile(CPU)
    said = capsys.readouterr().err
    assert said == (
        "compile: torch cannot here (no compiler); trained without it, equal but for rounding\n"
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch.compile's own
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_compiled_it_is_what_it_is_uncompiled(dtype):
    torch.compiler.reset()
    encoder, _ = build_encoder("conv4", 4, (3, 16, 16))
    compiled = copy.deepcopy(encoder)
    compile_encoder(compiled, CPU)
    x = torch.randn(16, 3, 16, 16)
    outputs = [encoder.double()(x.double())]
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
        outputs.append(compiled(x))
    gradients = []
    for network, out in zip((encoder, compiled), outputs, strict=True):
        out.square().sum().backward()
        gradients.append(torch.cat([w.grad.double().flatten() for w in network.parameters()]))
    cosine = torch.cosine_similarity(*gradients, dim=0)
    assert cosine > (1 - 1e-9 if dtype is torch.float32 else 0.98)
