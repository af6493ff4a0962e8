"""Training from a packed folder over training from memory: reading alone, and steps in turn.

    python tests/benchmarks/bench_packed.py [--side 32] [--images 20000] [--rounds 5]

Also what a read takes of a file that the system has not in its cache, where it can be told to
forget it.
"""

import argparse
import dataclasses
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from packed_sets import write_pack

from trainers import METHODS, Config
from trainers.data.load import load_data
from trainers.training.learner import Learner

BATCH, STEPS = 256, 4


def seconds(call, *arguments) -> float:
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (given.images, 3, given.side, given.side), dtype=np.uint8)
    y = rng.integers(0, 10, given.images)
    with tempfile.TemporaryDirectory() as folder:
        out = write_pack(Path(folder) / "packed", x, y, x[:BATCH], y[:BATCH], map(str, range(10)))
        packed = load_data(str(out))
        memory = dataclasses.replace(packed, x_train=torch.from_numpy(x))
        config = Config(method=METHODS["byol"], data=str(out), batch_size=BATCH)
        learner = Learner(config, packed.shape, torch.device("cpu"), 10**6)
        batches = torch.randperm(given.images).split(BATCH)[:-1]

        def read(data) -> None:
            for samples in batches:
                data.x_train[samples]

        def step(data, samples) -> None:
            learner.learn(1, *data.views(1, samples))

        cold = []
        if hasattr(os, "posix_fadvise"):
            file = os.open(out / "x_train.npy", os.O_RDONLY)
            os.fsync(file)
            for samples in batches[:10]:
                os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
                cold.append(seconds(packed.x_train.__getitem__, samples))
            os.close(file)
        sides = {"memory": memory, "packed": packed}
        reads, steps = ({name: [] for name in sides} for _ in range(2))
        for k in range(1 + given.rounds):
            for name in (*sides, *reversed(sides)):  # both first as often
                reads[name].append(seconds(read, sides[name]) / len(batches))
                for samples in batches[STEPS * k : STEPS * (k + 1)]:
                    steps[name].append(seconds(step, sides[name], samples))
        print(
            f"batches of {BATCH} images of {given.side} pixels, {torch.get_num_threads()} threads"
        )
        for what, times, warm in (("reading", reads, 2), ("step", steps, 2 * STEPS)):
            own = {name: statistics.median(values[warm:]) for name, values in times.items()}
            print(
                f"{what:8s} memory {1e3 * own['memory']:.2f} ms, packed {1e3 * own['packed']:.2f} "
                f"ms, ratio {own['packed'] / own['memory']:.3f}"
            )
        if cold:
            print(f"reading what is not in the cache: {1e3 * statistics.median(cold):.2f} ms")


if __name__ == "__main__":
    main()
