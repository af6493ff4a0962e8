"""What bfloat16 saves: whole training steps, views included, in turn with those in float32.

    python tests/benchmarks/bench_precision.py [--width 16] [--batch-size 256] [--rounds 10]

Prints medians over the rounds, the ratio of each round (median and range), and the cosine between
the two gradients of the first step.
"""

import argparse
import statistics
import time

import torch

from trainers import METHODS, Config
from trainers.runs.trained import load
from trainers.training.learner import Learner
from trainers.training.steps import batches

STEPS = 4  # a round


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--encoder", default="conv4")
    parser.add_argument("--width", type=int)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--method", default="byol", choices=METHODS)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    learners, steps, first = {}, {}, {}
    for precision in ("fp32", "bf16"):
        config = Config(
            method=METHODS[arguments.method],
            encoder=arguments.encoder,
            width=arguments.width,
            batch_size=arguments.batch_size,
            precision=precision,
            epochs=10**6,
        )
        data = load(config, device)
        learners[precision] = Learner(config, data.shape, device, 100)
        steps[precision] = batches(config, data, 0)
    seconds: dict[str, list[float]] = {precision: [] for precision in learners}
    for _ in range(arguments.rounds + 1):
        for precision, learner in learners.items():
            start = time.perf_counter()
            for _ in range(STEPS):
                step, samples = next(steps[precision])
                learner.learn(step, *data.views(step, samples))
                if step == 1:
                    gradients = [w.grad.flatten().clone() for w in learner.optimiser.parameters]
                    first[precision] = torch.cat(gradients)
            if device.type == "cuda":
                torch.cuda.synchronize()
            seconds[precision].append((time.perf_counter() - start) / STEPS)
    for precision, each in seconds.items():
        median = statistics.median(each[1:])
        speed = arguments.batch_size / median
        print(f"step in {precision}   {1e3 * median:8.2f} ms   {speed:8.0f} images/s")
    ratios = sorted(a / b for a, b in zip(*(s[1:] for s in seconds.values()), strict=True))
    print(f"ratio          {statistics.median(ratios):8.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})")
    print(f"cosine         {torch.cosine_similarity(*first.values(), dim=0):8.4f}")


if __name__ == "__main__":
    main()
