"""What recording costs: the same training steps with and without a recorder, in one run.

    python tests/benchmarks/bench_recording.py [--d 128] [--every 10] [--rounds 8]

Blocks of steps alternate, with, without, with, ..., so that a noisy machine touches both alike; the
ratio is of medians.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import torch

from analysis.store.reader import SnapshotWriter
from trainers import METHODS, Config
from trainers.recording.loop_recorder import LoopRecorder
from trainers.runs.directory import variable_attrs
from trainers.runs.trained import load
from trainers.training.learner import Learner
from trainers.training.loop import batches


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--d", type=int, default=128)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--method", default="byol", choices=METHODS)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    config = Config(
        method=METHODS[arguments.method], projector_out=arguments.d, epochs=10**6, limit=1280
    )
    data = load(config, device)
    learner = Learner(config, data.shape, device)
    steps = batches(config, data, 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshots.zarr"
        with SnapshotWriter(path, variable_attrs=variable_attrs(config)) as writer:
            recorder = LoopRecorder(writer, learner, device, config.batch_size)
            seconds: dict[bool, list[float]] = {True: [], False: []}
            for block in range(2 * arguments.rounds + 2):
                recording = block % 2 == 0
                start = time.perf_counter()
                for _ in range(2 * arguments.every):
                    step, samples = next(steps)
                    seen = learner.learn(step, *data.views(step, samples))
                    if recording:
                        recorder.observe(step, seen)
                        if step % arguments.every == 0:
                            recorder.snapshot(step, float(step), float(step))
                if device.type == "cuda":
                    torch.cuda.synchronize()
                if block > 1:  # the first two warm up
                    per_step = (time.perf_counter() - start) / (2 * arguments.every)
                    seconds[recording].append(per_step)
    on, off = (statistics.median(seconds[key]) for key in (True, False))
    print(f"step without recording   {1e3 * off:8.2f} ms")
    print(f"step, every {arguments.every:<3} recorded  {1e3 * on:8.2f} ms")
    print(f"ratio                    {on / off:8.4f}")


if __name__ == "__main__":
    main()
