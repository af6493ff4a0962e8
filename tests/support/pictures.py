"""Images, draws and files that several tests use."""

from pathlib import Path

import numpy as np
import torch

from trainers.augmentation.views import DRAWS
from trainers.randomness import uniforms


def pictures(n: int, height: int = 32, width: int | None = None, seed: int = 0) -> torch.Tensor:
    """Random pixels first, then smooth images with saturated areas, last a grey one."""
    width = width or height
    generator = torch.Generator().manual_seed(seed)
    x = torch.randint(0, 256, (n, 3, height, width), dtype=torch.uint8, generator=generator)
    coarse = torch.randint(-40, 300, (n, 3, 4, 4), generator=generator).clamp(0, 255).float()
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    x[n // 2 :] = smooth[n // 2 :].round().to(torch.uint8)
    x[-1, 1:] = x[-1, :1]
    return x


def draws(n: int, seed: int = 0) -> torch.Tensor:
    return uniforms(seed, 0, 1, torch.arange(n), DRAWS)


def arrays(n: int = 12, side: int = 8, **changes: np.ndarray) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (n, side, side, 3), dtype=np.uint8)
    y = np.arange(n) % 3
    return {"x_train": x, "y_train": y, "x_test": x[:6], "y_test": y[:6], **changes}


def save(path: Path, **changes: np.ndarray) -> str:
    np.savez(path, **arrays(**changes))
    return str(path)
