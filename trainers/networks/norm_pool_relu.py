"""Batch norm, 2x2 max-pool and ReLU as one function of few passes over memory."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from trainers.networks.halving_pool import HalvingPool
from trainers.networks.per_view_norm import PerView, PerViewBatchNorm2d
from trainers.networks.running_statistics import remember


# Inside, dims are (batch, h, w, channel), as convolutions leave images in memory: what a compiler
# makes of windows in another order is transposed once more.
def _windows(x: Tensor) -> Tensor:
    """Return x (N, H, W, C) as (N, H/2, 2, W/2, 2, C)."""
    n, h, w, c = x.shape
    return x.view(n, h // 2, 2, w // 2, 2, c)


def _corners(x: Tensor) -> list[Tensor]:
    """Return the four members of every window, (N, H/2, W/2, C) each."""
    w = _windows(x)
    return [w[:, :, i, :, j] for i in (0, 1) for j in (0, 1)]


def _spread(pooled: Tensor) -> Tensor:
    """Return (N, H/2, W/2, C) for every member of a window."""
    return pooled[:, :, None, :, None]


@torch.compile(dynamic=False)
def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and biased variance of channels, (C,) in float32.

    Sums are taken image by image and about the first image's mean: a sum of squares about zero
    would lose the variance where the mean outweighs it.
    """
    about = x[0].float().mean((0, 1))
    away = x.float() - about
    n = x.shape[0] * x.shape[1] * x.shape[2]
    mean = away.sum((1, 2)).sum(0) / n
    square = (away * away).sum((1, 2)).sum(0) / n
    return about + mean, square - mean * mean


@torch.compile(dynamic=False)
def _apply(x: Tensor, scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """Return relu(pool(scale x + shift)), and the member of x that each window gave."""
    a, b, c, d = _corners(x)
    largest = torch.maximum(torch.maximum(a, b), torch.maximum(c, d))
    least = torch.minimum(torch.minimum(a, b), torch.minimum(c, d))
    taken = torch.where(scale >= 0, largest, least)
    return (taken.float() * scale + shift).relu().to(x.dtype), taken


@torch.compile(dynamic=False)
def _share(
    x: Tensor, taken: Tensor, out: Tensor, grad: Tensor, mean: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradient for each that ties in a window, its sum, and that with x - mean."""
    ties = sum((corner == taken).float() for corner in _corners(x))
    passed = torch.where(out > 0, grad.float(), 0.0)
    centred = passed * (taken.float() - mean)
    return passed / ties, passed.sum((1, 2)).sum(0), centred.sum((1, 2)).sum(0)


@torch.compile(dynamic=False)
def _back(
    x: Tensor, taken: Tensor, passed: Tensor, scale: Tensor, slope: Tensor, offset: Tensor
) -> Tensor:
    """Return scale G + slope x + offset, with G the gradient at those that were taken."""
    w = _windows(x)
    G = torch.where(w == _spread(taken), _spread(passed), 0.0)
    return (scale * G + slope * w.float() + offset).to(x.dtype).view(x.shape)


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        x = x.detach().permute(0, 2, 3, 1).contiguous()
        mean, variance = _moments(x)
        inverse = (variance + eps).rsqrt()
        scale = weight * inverse
        out, taken = _apply(x, scale, bias - mean * scale)
        ctx.save_for_backward(x, taken, out, mean, inverse, scale)
        ctx.mark_non_differentiable(mean, variance)
        return out.permute(0, 3, 1, 2), mean, variance

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor, None]:
        x, taken, out, mean, inverse, scale = ctx.saved_tensors
        grad = grad.permute(0, 2, 3, 1).contiguous()
        passed, to_bias, centred = _share(x, taken, out, grad, mean)
        to_weight = centred * inverse
        n = x.numel() / x.shape[-1]
        # dx = scale (G - (to_bias + to_weight (x - mean) inverse) / n)
        slope = -scale * to_weight * inverse / n
        offset = -scale * to_bias / n - slope * mean
        to_x: Tensor = _back(x, taken, passed, scale, slope, offset)
        return to_x.permute(0, 3, 1, 2), to_weight, to_bias, None


class NormPoolReLU(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d`, then `HalvingPool`, then ReLU, compiled in training.

    With mean m and variance v of a batch, a channel's scale a = weight / sqrt(v + eps) and G the
    gradient at the members of x that their windows gave (shared among those that tie, where torch
    takes the first), n values a channel::

        out     = relu(a (e - m) + bias),   e the largest of a window, or the least where a < 0
        dx      = a (G - (sum G + (x - m) sum G (x - m) / (v + eps)) / n)
        dbias   = sum G,   dweight = sum G (x - m) / sqrt(v + eps)

    so that what is as large as x is read four times and written once. Sums are in float32 whatever
    x is. In evaluation, and of odd sides, torch's operations one after the other.

    Source: Ioffe and Szegedy (2015), section 3, for the gradients of batch norm.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, channel, ceil(h/2), ceil(w/2)) of `x` (batch, channel, h, w)."""
        if not self.training or x.shape[-2] % 2 or x.shape[-1] % 2:
            return torch.relu_(nn.functional.max_pool2d(super().forward(x), 2, ceil_mode=True))
        out, mean, variance = _Fused.apply(x, self.weight, self.bias, self.eps)
        n = x.numel() // x.shape[1]
        remember(self, mean, variance * (n / (n - 1)))
        return cast(Tensor, out)


class PerViewNormPoolReLU(PerView, NormPoolReLU):
    """With batch statistics of each half of the batch."""


_FUSED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm2d: NormPoolReLU,
    PerViewBatchNorm2d: PerViewNormPoolReLU,
}


def fuse_blocks(encoder: nn.Module) -> int:
    """Turn each batch norm that `HalvingPool` and ReLU follow into all three; return how many.

    Names in the state_dict do not change.
    """
    found = 0
    layers = list(encoder.children())
    for norm, pool, relu in zip(layers, layers[1:], layers[2:], strict=False):
        follow = isinstance(pool, HalvingPool) and isinstance(relu, nn.ReLU)
        if follow and type(norm) in _FUSED:
            norm.__class__ = _FUSED[type(norm)]
            pool.__class__ = relu.__class__ = nn.Identity
            found += 1
    return found
