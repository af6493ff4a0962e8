"""Which machine computes."""

import os

import torch


def pick_device(name: str) -> torch.device:
    """Return the device called `name`; ``auto`` is the best there is.

    Raises
    ------
    ValueError
        Torch does not know or does not have it.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    mine = os.environ.get("LOCAL_RANK")
    if mine and there["cuda"] and name in ("auto", "cuda"):  # one of several processes
        name = f"cuda:{mine}"
    if name == "auto":
        return torch.device(next((kind for kind, is_there in there.items() if is_there), "cpu"))
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"device is {name!r}; choose auto, cpu, cuda, cuda:N or mps") from None
    if not there.get(device.type, device.type == "cpu"):
        raise ValueError(f"device is {name!r}, which torch does not find here; use cpu or auto")
    return device
