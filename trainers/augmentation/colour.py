"""Colour jitter with factors and order per sample, as torchvision's ColorJitter on float images.

Images here are colour planes, (3, batch, pixels), float32 in [0, 1], changed in place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor

BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)
_ORDERS = torch.tensor(list(permutations(range(4))))  # (24, 4); the first is the fixed order
_HUE_PLACE = (_ORDERS == HUE).byte().argmax(1)  # (24,)
_BLENDS = _ORDERS[_ORDERS != HUE].view(24, 3)


@dataclass(frozen=True)
class JitterPlan:
    r"""Which samples get which colour operation when.

    Three of the four operations are blends, :math:`x \to f x + (1-f) y`; hue is none and costs
    most. With the samples sorted by the place of hue in their order, the un-jittered last, those
    that do their first (second, third) blend before hue are the first few, those that do it after
    hue are the other jittered ones: every stage is a slice, and hue is shifted once.
    """

    sample: Tensor
    """(batch,) the sorted order of the samples."""
    stops: Sequence[int]
    """How many of them have hue after 0, 1, 2 blends or more."""
    jittered: int
    coefficients: Tensor
    """(batch, 10) sorted: factor, weight of luma and of its mean for each blend; hue's shift."""

    @classmethod
    def draw(
        cls,
        u: Tensor,
        probability: float,
        strengths: tuple[float, float, float, float],
        *,
        fixed_order: bool,
    ) -> "JitterPlan":  # (batch, 6)
        """Make a plan from uniforms: one decides, four are factors, one is the order."""
        blend = torch.tensor(strengths[:3])
        low, high = (1 - blend).clamp(min=0), 1 + blend
        factors = low + (high - low) * u[:, 1:4]
        shift = strengths[3] * (2 * u[:, 4:5] - 1)
        order = (u[:, 5] * (0 if fixed_order else len(_ORDERS))).long()
        place = torch.where(u[:, 0] < probability, _HUE_PLACE[order], -1)
        sample = place.argsort(descending=True, stable=True)
        blends = _BLENDS[order]  # (batch, 3)
        f = factors.gather(1, blends)
        luma, mean = (1 - f) * (blends == SATURATION), (1 - f) * (blends == CONTRAST)
        table = torch.cat([torch.stack([f, luma, mean], dim=2).flatten(1), shift], dim=1)
        counts = (place[:, None] > torch.arange(-1, 3)).sum(0).tolist()
        return cls(sample, counts[1:], counts[0], table[sample])

    def apply_(self, x: Tensor) -> None:  # (3, batch, pixels), sorted
        """Jitter `x`, whose samples are in the plan's order, in place."""
        # One small copy to the device, which does not wait for its queue.
        table = self.coefficients[: self.jittered].to(x.device, non_blocking=True)[:, :, None]
        for k, stop in enumerate(self.stops):
            blend_(x[:, :stop], *table[:stop, 3 * k : 3 * k + 3].unbind(1))
        shift_hue_(x[:, : self.jittered], table[:, 9])
        for k, stop in enumerate(self.stops):
            part = slice(stop, self.jittered)
            blend_(x[:, part], *table[part, 3 * k : 3 * k + 3].unbind(1))


def luma(x: Tensor) -> Tensor:  # (3, batch, pixels) -> (batch, pixels)
    """Return the grey value of ITU-R BT.601, with torchvision's digits: 0.2989, 0.587, 0.114."""
    return (x[0] * 0.2989).add_(x[1], alpha=0.587).add_(x[2], alpha=0.114)


def blend_(
    x: Tensor, factor: Tensor, of_luma: Tensor, of_mean: Tensor
) -> None:  # (3, batch, pixels), (batch, 1) x 3
    """Blend with black (brightness), the mean grey (contrast) or the grey image (saturation).

    ``x <- clamp(factor x + of_luma luma(x) + of_mean mean(luma(x)), 0, 1)``, where one weight at
    most is ``1 - factor`` and the others are zero.
    """
    if x.shape[1] == 0:
        return
    grey = luma(x)
    offset = of_mean * grey.mean(1, keepdim=True)
    x.mul_(factor).add_(grey.mul_(of_luma).add_(offset)).clamp_(0, 1)


def shift_hue_(x: Tensor, shift: Tensor) -> None:  # (3, batch, pixels), (batch, 1)
    r"""Turn the hue by `shift`, in turns of the colour circle, through HSV.

    With hue h in sixths of a turn, v the largest and m the smallest channel, the way back is
    :math:`m + (v - m)\,\mathrm{clamp}(|h - 3| - 1)` for red, :math:`2 - |h - 2|` and
    :math:`2 - |h - 4|` for green and blue: continuous in h, so rounding is harmless.
    """
    red, green, blue = x
    value, least = torch.maximum(red, green), torch.minimum(red, green)
    value, least = value.maximum(blue), least.minimum(blue)
    chroma = value - least
    scale = chroma.clamp(min=1e-12).reciprocal_()  # grey pixels: any hue, chroma brings them back
    hue = torch.where(
        value == red,
        (green - blue).mul_(scale),
        torch.where(
            value == green, (blue - red).mul_(scale).add_(2), (red - green).mul_(scale).add_(4)
        ),
    )
    hue.add_(6 * shift)
    hue.sub_(torch.floor(hue / 6).mul_(6))
    for channel, (centre, sign, offset) in zip(x, _RAMPS, strict=True):
        ramp = (hue - centre).abs_().mul_(sign).add_(offset).clamp_(0, 1)
        torch.addcmul(least, ramp, chroma, out=channel)


_RAMPS = ((3, 1, -1), (2, -1, 2), (4, -1, 2))
