"""With what a run was made: library, torch, device, and when."""

import datetime
import importlib.metadata

import torch


def versions(device: torch.device) -> dict[str, str]:
    """Return what every store says of how its run was made, in `attrs`."""
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return {
        "device": gpu or device.type,
        "library": f"eigenspace {importlib.metadata.version('eigenspace')}",
        "torch": torch.__version__,
        "start_time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
