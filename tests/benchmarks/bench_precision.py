"""What bfloat16 and compiling save: whole training steps, views included, of two sides in turn.

    python tests/benchmarks/bench_precision.py [--sides fp32 bf16+compile] [--width 16]

Prints medians over the rounds, the ratio of each round (median and range), and the cosine between
the two gradients of the first step. The first round of each side, compiling included, is left out.
"""

import argparse
import statistics
import time

import torch

from trainers import METHODS, Config
from trainers.networks.precision import PRECISIONS
from trainers.runs.trained import load
from trainers.training.learner import Learner
from trainers.training.steps import batches

STEPS = 4  # a round


def main() -> None:
    parser = argparse.ArgumentParser()
    sides = [precision + compiled for precision in PRECISIONS for compiled in ("", "+compile")]
    parser.add_argument("--sides", nargs=2, default=["fp32", "bf16"], choices=sides)
    parser.add_argument("--encoder", default="conv4")
    parser.add_argument("--width", type=int)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--method", default="byol", choices=METHODS)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    learners, steps, first = {}, {}, {}
    for side in arguments.sides:
        precision, _, compiled = side.partition("+")
        config = Config(
            method=METHODS[arguments.method],
            encoder=arguments.encoder,
            width=arguments.width,
            batch_size=arguments.batch_size,
            precision=precision,
            compile=bool(compiled),
            epochs=10**6,
        )
        data = load(config, device)
        learners[side] = Learner(config, data.shape, device, 100)
        steps[side] = batches(config, data, 0)
    seconds: dict[str, list[float]] = {side: [] for side in learners}
    for _ in range(arguments.rounds + 1):
        for side, learner in learners.items():
            start = time.perf_counter()
            for _ in range(STEPS):
                step, samples = next(steps[side])
                learner.learn(step, *data.views(step, samples))
                if step == 1:
                    gradients = [w.grad.flatten().clone() for w in learner.optimiser.parameters]
                    first[side] = torch.cat(gradients)
            if device.type == "cuda":
                torch.cuda.synchronize()
            seconds[side].append((time.perf_counter() - start) / STEPS)
    for side, each in seconds.items():
        median = statistics.median(each[1:])
        speed = arguments.batch_size / median
        print(f"step in {side:12} {1e3 * median:8.2f} ms   {speed:8.0f} images/s")
    ratios = sorted(a / b for a, b in zip(*(s[1:] for s in seconds.values()), strict=True))
    print(f"ratio          {statistics.median(ratios):8.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})")
    print(f"cosine         {torch.cosine_similarity(*first.values(), dim=0):8.4f}")


if __name__ == "__main__":
    main()
