"""Images a second of BYOL, views included, over those of `lightly` with its own views and loader.

    pip install lightly
    python tests/benchmarks/bench_lightly.py [--width 16] [--batch-size 256] [--rounds 3]
        [--precision fp32] [--compile] [--workers 2]

The same random images, encoder and sizes of projector and predictor, the same optimiser. Each side
has a process of its own, so that loaders' workers take no time from the other, and the sides take
turns. The first steps, in which workers fill their queues, are left out.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from trainers import METHODS, Config

WARM, STEPS, IMAGES = 6, 16, 2048


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--workers", type=int, default=2, help="of lightly's loader")
    parser.add_argument("--side", choices=SIDES, help="this side alone, once")
    arguments = parser.parse_args()
    if arguments.side:
        print(SIDES[arguments.side](arguments))
        return
    speeds: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(arguments.rounds):
        for side, each in speeds.items():
            command = [sys.executable, __file__, *sys.argv[1:], "--side", side]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            each.append(float(done.stdout.split()[-1]))
    for side, each in speeds.items():
        print(f"{side:8} {statistics.median(each):8.0f} images/s")
    ratios = sorted(a / b for a, b in zip(speeds["ours"], speeds["lightly"], strict=True))
    print(f"ratio    {statistics.median(ratios):8.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})")


def config_of(arguments: argparse.Namespace, data: str = "shapes") -> Config:
    return Config(
        method=METHODS["byol"],
        encoder="conv4",
        width=arguments.width,
        batch_size=arguments.batch_size,
        precision=arguments.precision,
        compile=arguments.compile,
        data=data,
        epochs=10**6,
    )


def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (IMAGES, 32, 32, 3), dtype=np.uint8)


def ours(arguments: argparse.Namespace) -> float:
    from trainers.runs.trained import load
    from trainers.training.learner import Learner
    from trainers.training.steps import batches

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.npz"
        x, y = images(), np.arange(IMAGES) % 10
        np.savez(file, x_train=x, y_train=y, x_test=x[:64], y_test=y[:64])
        config = config_of(arguments, str(file))
        data = load(config, torch.device("cpu"))
    learner = Learner(config, data.shape, torch.device("cpu"), 100)

    def steps() -> Iterator[None]:
        for step, samples in batches(config, data, 0):
            learner.learn(step, *data.views(step, samples))
            yield

    return speed(steps(), arguments.batch_size)


def lightlys(arguments: argparse.Namespace) -> float:
    import copy

    from lightly.loss import NegativeCosineSimilarity
    from lightly.models import modules, utils
    from lightly.transforms import BYOLTransform, BYOLView1Transform, BYOLView2Transform
    from PIL import Image
    from torch.utils.data import DataLoader

    from trainers.networks.encoders import conv4

    resolved = config_of(arguments).resolved
    hidden, out = resolved.projector_hidden, resolved.projector_out
    transform = BYOLTransform(BYOLView1Transform(input_size=32), BYOLView2Transform(input_size=32))
    pictures = [Image.fromarray(image) for image in images()]
    view_pairs = _Views(pictures, transform)
    loader = DataLoader(
        view_pairs,
        arguments.batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=arguments.workers,
        persistent_workers=arguments.workers > 0,
    )
    online = nn.Sequential(
        conv4(arguments.width), modules.BYOLProjectionHead(8 * arguments.width, hidden, out)
    )
    target = copy.deepcopy(online)
    utils.deactivate_requires_grad(target)
    predictor = modules.BYOLPredictionHead(out, hidden, out)
    distance = NegativeCosineSimilarity()
    weights = [*online.parameters(), *predictor.parameters()]
    sgd = torch.optim.SGD(weights, lr=0.03, momentum=0.9, weight_decay=4e-4)

    def steps() -> Iterator[None]:
        while True:
            for x1, x2 in loader:
                utils.update_momentum(online, target, m=0.996)
                q = [predictor(online(x)) for x in (x1, x2)]
                with torch.no_grad():
                    t = [target(x) for x in (x1, x2)]
                loss = (distance(q[0], t[1]) + distance(q[1], t[0])) / 2
                sgd.zero_grad()
                loss.backward()
                sgd.step()
                yield

    return speed(steps(), arguments.batch_size)


class _Views(torch.utils.data.Dataset):  # type: ignore[type-arg]
    def __init__(self, pictures, transform) -> None:  # type: ignore[no-untyped-def]
        self.pictures, self.transform = pictures, transform

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, i: int):  # type: ignore[no-untyped-def]
        return self.transform(self.pictures[i])


def speed(steps: Iterator[None], batch_size: int) -> float:
    for _ in range(WARM):
        next(steps)
    start = time.perf_counter()
    for _ in range(STEPS):
        next(steps)
    return STEPS * batch_size / (time.perf_counter() - start)


SIDES = {"ours": ours, "lightly": lightlys}


if __name__ == "__main__":
    main()
