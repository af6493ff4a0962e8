"""Encoders for other programs: weights under torchvision's names."""

import os
from pathlib import Path

from analysis.checks.paths import path_of, refuse_in_the_way
from analysis.store.address import refuse_address
from trainers.runs import checkpoint
from trainers.runs.agreement import check_same_options
from trainers.runs.divergence import refuse_diverged
from trainers.runs.form import config_of
from trainers.runs.network import load_network

SIDE = 32  # of an image; no weight depends on it


def export(run: str | Path, out: str | Path, *, network: str = "online") -> str:
    """Write the ResNet encoder of a run, as torchvision's `resnet18` names its weights.

    Parameters
    ----------
    run : path
    out : path
        The file to write, a state_dict without the classifier `fc`.
    network : {"online", "target"}

    Returns
    -------
    str
        The lines of Python that load it without this library.

    Raises
    ------
    FileExistsError
        There is something at `out`.
    NotADirectoryError
        The folder of `out` is a file.
    FileNotFoundError, ValueError
        There is no checkpoint, it is damaged, the run diverged, or the encoder is not a ResNet.
    """
    refuse_address(out)
    if os.path.lexists(out):
        raise FileExistsError(f"{out} exists; give another --out, or remove it")
    refuse_in_the_way(path_of("out", out).parent)
    refuse_diverged(Path(run))
    state, file = checkpoint.load(Path(run)), Path(run) / checkpoint.FILE
    config = config_of(file, state).resolved
    check_same_options(Path(run), file, state["config"])
    if config.encoder not in _CHANGES:
        raise ValueError(
            f"{run} has encoder {config.encoder!r}, which torchvision does not have; export takes "
            f"{' and '.join(_CHANGES)}. Its weights are in {Path(run) / 'encoder.pt'}"
        )
    encoder = load_network(state, config, (config.channels, SIDE, SIDE), network, file).encoder
    checkpoint.replace(Path(out), {k: v.contiguous() for k, v in encoder.state_dict().items()})
    return "\n".join(
        [
            "import torch, torchvision",
            "model = torchvision.models.resnet18()",
            *_CHANGES[config.encoder](config.channels),
            "model.fc = torch.nn.Identity()",
            f"model.load_state_dict(torch.load({str(out)!r}))",
        ]
    )


def _small(channels: int) -> list[str]:
    return [
        f"model.conv1 = torch.nn.Conv2d({channels}, 64, 3, padding=1, bias=False)",
        "model.maxpool = torch.nn.Identity()",
    ]


def _large(channels: int) -> list[str]:
    stem = f"torch.nn.Conv2d({channels}, 64, 7, stride=2, padding=3, bias=False)"
    return [] if channels == 3 else [f"model.conv1 = {stem}"]


_CHANGES = {"resnet18": _small, "resnet18-large": _large}
"""How torchvision's ResNet-18 becomes ours."""
