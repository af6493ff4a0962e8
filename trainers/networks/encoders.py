"""How encoders and the projector are built."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

from trainers.named import is_named

if TYPE_CHECKING:
    from torch import nn


def conv4(width: int, channels: int = 3) -> nn.Sequential:
    """Return four blocks of conv 3x3, BN, 2x2 max-pool and ReLU; 8 `width` features.

    Channels are `width`, 2, 4 and 8 `width`, averaged over what is left of the image.
    """
    from torch import nn

    from trainers.networks.halving_pool import HalvingPool

    blocks: list[nn.Module] = []
    for out in (width, 2 * width, 4 * width, 8 * width):
        blocks += [
            nn.Conv2d(channels, out, 3, padding=1, bias=False),
            nn.BatchNorm2d(out),
            # They commute, and behind the pool there is a quarter of the work.
            HalvingPool(),
            nn.ReLU(inplace=True),
        ]
        channels = out
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def small_resnet18(width: int, channels: int = 3) -> nn.Module:
    """Return torchvision's ResNet-18 with the stem for small images; 512 features at width 64.

    The first convolution is 3x3 with stride 1 and padding 1, and there is no max-pool.
    """
    from torch import nn

    network = large_resnet18(width)
    network.conv1 = _stem(channels, side=3, stride=1)
    network.maxpool = nn.Identity()
    return network


def large_resnet18(width: int, channels: int = 3) -> nn.Module:
    """Return torchvision's ResNet-18 without its classifier, and else as it is for 3 channels."""
    if width != 64:
        raise ValueError(
            f"width is {width}; resnet18 has width 64 only: leave it out, or use conv4"
        )
    from torch import nn
    from torchvision.models import resnet18

    network = cast(nn.Module, resnet18(weights=None))
    network.fc = nn.Identity()
    if channels != 3:
        network.conv1 = _stem(channels, side=7, stride=2)
    return network


def _stem(channels: int, side: int, stride: int) -> nn.Conv2d:
    from torch import nn

    layer = nn.Conv2d(channels, 64, side, stride, side // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer


def linear(width: int, inputs: int) -> nn.Module:
    """Return one linear layer without bias, the theory's W; `width` features."""
    from torch import nn

    return nn.Linear(inputs, width, bias=False)


class _Kind(NamedTuple):
    build: Callable[[int, int], nn.Module]  # of a width and the first size of an input
    width: int  # by default
    features: int  # for each unit of width
    input: tuple[int, str]  # dims of a sample, and what that is called


_IMAGE, _VECTOR = (3, "images"), (1, "vectors")
ENCODERS: dict[str, _Kind] = {
    "conv4": _Kind(conv4, 16, 8, _IMAGE),
    "resnet18": _Kind(small_resnet18, 64, 8, _IMAGE),
    "resnet18-large": _Kind(large_resnet18, 64, 8, _IMAGE),
    "linear": _Kind(linear, 8, 1, _VECTOR),
}
DEFAULT_WIDTHS = {name: kind.width for name, kind in ENCODERS.items()}


def build_encoder(name: str, width: int | None, shape: tuple[int, ...]) -> tuple[nn.Module, int]:
    """Return the encoder for inputs of `shape`, and the number of its features.

    Parameters
    ----------
    name : str
        Of `ENCODERS`, or ``package.module:name``, see `named_encoder`.
    width : int, optional
        Of `ENCODERS` it is not optional.
    shape : tuple of int

    Raises
    ------
    ValueError
        The encoder is for images and the data are vectors, or the other way round; or as
        `named_encoder`.
    """
    import torch

    if is_named(name):
        from trainers.networks.named_encoder import named_encoder

        encoder, features = named_encoder(name, width, shape)
        return encoder.to(memory_format=torch.channels_last), features
    kind = ENCODERS[name]
    dims, wanted = kind.input
    if len(shape) != dims:
        fitting = [other for other, its in ENCODERS.items() if its.input[0] == len(shape)]
        raise ValueError(
            f"encoder {name!r} wants {wanted}; the data have shape {shape}: use "
            f"{' or '.join(fitting)}"
        )
    width = kind.width if width is None else width
    encoder = kind.build(width, shape[0]).to(memory_format=torch.channels_last)
    return encoder, kind.features * width


def build_projector(
    features: int, layers: int, hidden: int, out: int, *, bias: bool = False
) -> tuple[nn.Module, int]:
    """Return the projector and the size of its output.

    No layer: the features as they are. One: linear. More: before that one, blocks of a linear layer
    with bias, BN without scale and shift, and ReLU; two layers are DirectPred's. The last layer has
    a bias only if `bias` is set, as in DirectPred's code and not in its reproduction.

    Raises
    ------
    ValueError
        A bias is wanted of a projector that has no layer.
    """
    from torch import nn

    if layers == 0 and bias:
        raise ValueError("projector-bias is yes on no projector; use --projector-layers 1 or more")
    if layers == 0:
        return nn.Identity(), features
    blocks: list[nn.Module] = []
    for _ in range(layers - 1):
        blocks += [nn.Linear(features, hidden), nn.BatchNorm1d(hidden, affine=False), nn.ReLU()]
        features = hidden
    return nn.Sequential(*blocks, nn.Linear(features, out, bias=bias)), out
