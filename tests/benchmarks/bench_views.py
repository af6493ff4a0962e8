"""Images/s of `two_views` and of torchvision's transforms of the same recipe, sample by sample.

python tests/benchmarks/bench_views.py [THREADS]
"""

import sys
import time
from collections.abc import Callable

import torch
from torchvision.transforms import v2

from trainers.augmentation.views import RECIPES, Recipe, two_views

BATCH = 128


def reference(recipe: Recipe, size: int) -> v2.Compose:
    strengths = (recipe.brightness, recipe.contrast, recipe.saturation, recipe.hue)
    steps = [
        v2.RandomResizedCrop(size, recipe.scale, recipe.ratio),
        v2.RandomHorizontalFlip(recipe.flip),
        v2.RandomApply([v2.ColorJitter(*strengths)], recipe.jitter),
        v2.RandomGrayscale(recipe.grayscale),
        v2.RandomApply([v2.GaussianBlur(recipe.kernel_size(size), recipe.sigma)], recipe.blur),
        v2.RandomSolarize(128, recipe.solarise),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(recipe.mean, recipe.std),
    ]
    used = {2: recipe.jitter, 3: recipe.grayscale, 4: recipe.blur, 5: recipe.solarise}
    return v2.Compose([step for i, step in enumerate(steps) if used.get(i, 1)])


def best(call: Callable[[], object], seconds: float = 1.0) -> float:
    """Shortest time of a call: what is left when other work on the machine is not."""
    call()
    times: list[float] = []
    while sum(times) < seconds or len(times) < 2:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    if len(sys.argv) > 1:
        torch.set_num_threads(int(sys.argv[1]))
    print(f"two views of {BATCH} images, {torch.get_num_threads()} threads")
    print(
        f"{'recipe':18s}{'px':>4s}{'ours ms':>9s}"
        f"{'ours im/s':>11s}{'torchvision':>13s}{'ratio':>8s}"
    )
    for name, recipes in RECIPES.items():
        size = 96 if name.endswith("stl10") else 32
        images = torch.randint(0, 256, (BATCH, 3, size, size), dtype=torch.uint8)
        samples = torch.arange(BATCH)
        ours = best(
            lambda i=images, r=recipes, s=samples, n=size: two_views(
                i, r, seed=0, step=0, samples=s, size=n
            )
        )
        transforms = [reference(recipe, size) for recipe in recipes]
        theirs = best(lambda i=images, t=transforms: [[f(x) for x in i] for f in t])
        rate = BATCH / ours
        print(
            f"{name:18s}{size:4d}{1e3 * ours:9.2f}{rate:11.0f}{BATCH / theirs:13.0f}"
            f"{theirs / ours:8.1f}"
        )


if __name__ == "__main__":
    main()
