"""Encoders that are not ours: torchvision's, timm's, and a user's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trainers.named import failed, find

if TYPE_CHECKING:
    from torch import nn

HEADS = ("fc", "classifier", "heads", "head")  # what torchvision calls its classifiers


def named_encoder(name: str, width: int | None, shape: tuple[int, ...]) -> tuple[nn.Module, int]:
    """Return the encoder called `name`, for inputs of `shape`, and the number of its features.

    ``torchvision:NAME`` is `torchvision.models.get_model` without weights and without the last
    linear layer of its classifier, ``timm:NAME`` `timm.create_model` with no classes; anything else
    is imported and called. A function or class that takes `width`, `in_channels` or `image_size`
    (`in_chans`, `img_size`) is given them.

    Parameters
    ----------
    name : str
        ``package.module:name``.
    width : int, optional
        Of the encoder, where it has one.
    shape : tuple of int
        Of one input.

    Raises
    ------
    ValueError
        It is not there, cannot be built, takes no `width`, or does not make features
        (batch, feature) of inputs of that shape.
    """
    import torch
    from torch import nn

    library, _, what = name.partition(":")
    build = LIBRARIES[library](what) if library in LIBRARIES else find("encoder", name)
    if not callable(build):
        raise ValueError(
            f"encoder {name!r} is a {type(build).__name__}; a function or class wanted"
        )
    given = {"in_channels": shape[0], "image_size": shape[-1]}
    given |= {"in_chans": shape[0], "img_size": shape[-1]}  # as timm calls them
    given |= {} if width is None else {"width": width}
    takes = _takes(build)
    if width is not None and "width" not in takes:
        raise ValueError(f"width is {width}, and encoder {name!r} takes none; leave it out")
    try:
        encoder = build(**{key: value for key, value in given.items() if key in takes})
    except Exception as error:  # whatever a stranger's code does
        raise failed(
            f"encoder {name!r} cannot be built for inputs of shape {shape}", error
        ) from error
    if not isinstance(encoder, nn.Module):
        raise ValueError(f"encoder {name!r} makes a {type(encoder).__name__}; an nn.Module wanted")
    if not any(True for _ in encoder.parameters()):
        raise ValueError(f"encoder {name!r} has no parameters: there is nothing to train")
    encoder.eval()
    try:
        with torch.no_grad():
            features = encoder(torch.zeros(2, *shape))
    except Exception as error:
        raise failed(f"encoder {name!r} does not take inputs of shape {shape}", error) from error
    if not isinstance(features, torch.Tensor) or features.ndim != 2 or len(features) != 2:
        made = getattr(features, "shape", None)
        told = f"a {type(features).__name__}" if made is None else f"shape {tuple(made)}"
        raise ValueError(f"encoder {name!r} makes {told} of 2 inputs; (2, feature) wanted")
    return encoder.train(), features.shape[1]


def _takes(build: Callable[..., Any]) -> set[str]:
    try:
        parameters = inspect.signature(build).parameters.values()
    except (TypeError, ValueError):  # of what is not written in Python
        return set()
    return {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}


def _torchvision(name: str) -> Callable[..., Any]:
    from torch import nn
    from torchvision import models

    from trainers.options import choose

    known = dict.fromkeys(models.list_models(module=models))
    choose("encoder of torchvision", name, known, "see torchvision.models.list_models()")

    def build(image_size: int, in_channels: int) -> nn.Module:
        try:  # a transformer has one size
            model = models.get_model(name, weights=None, image_size=image_size)
        except TypeError:
            model = models.get_model(name, weights=None)
        linear = [path for path, part in model.named_modules() if isinstance(part, nn.Linear)]
        heads = [path for path in linear if path.partition(".")[0] in HEADS]
        if not heads:
            raise ValueError("it ends in no linear classifier that could be left out")
        model.set_submodule(heads[-1], nn.Identity())
        if in_channels == 1:
            _see_one_channel(model)
        return model

    return build


def _see_one_channel(model: nn.Module) -> None:
    """Let a model of 3 channels take one, and make of it what it makes of three that are alike."""
    import torch
    from torch import nn

    layers = (part for part in model.modules() if isinstance(part, nn.Conv2d))
    first = next(layers, None)
    if first is None or first.in_channels != 3 or first.groups != 1:
        raise ValueError("it does not begin with a convolution of 3 channels")
    with torch.no_grad():
        first.weight = nn.Parameter(first.weight.sum(1, keepdim=True))
    first.in_channels = 1


def _timm(name: str) -> Callable[..., Any]:
    try:
        import timm
    except ImportError:
        raise ValueError(
            f"encoder 'timm:{name}': timm is not installed; pip install timm"
        ) from None
    from trainers.options import choose

    if not timm.is_model(name):
        choose("encoder of timm", name, dict.fromkeys(timm.list_models()), "see timm.list_models()")

    def build(in_chans: int, img_size: int) -> nn.Module:
        options = {"pretrained": False, "num_classes": 0, "in_chans": in_chans}
        try:  # a transformer has one size
            return timm.create_model(name, img_size=img_size, **options)
        except TypeError:
            return timm.create_model(name, **options)

    return build


LIBRARIES: dict[str, Callable[[str], Callable[..., Any]]] = {
    "torchvision": _torchvision,
    "timm": _timm,
}
