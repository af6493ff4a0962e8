"""What a closed-form predictor costs: a DirectPred step over one with a learned linear predictor.

python tests/benchmarks/bench_direct.py [--d 128] [--rounds 8]
"""

import argparse
import statistics
import time

import torch

from trainers import EMA, METHODS, Config, Learned, Method
from trainers.runs.trained import load
from trainers.training.learner import Learner
from trainers.training.loop import batches

BLOCK = 20  # steps of one kind before the other has its turn


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--d", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    methods = {"learned": Method(Learned(layers=1), EMA())} | {
        name: METHODS[name] for name in ("directpred", "directcopy")
    }
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    learners, streams = {}, {}
    for name, method in methods.items():
        config = Config(method=method, projector_out=arguments.d, epochs=10**6, limit=1280)
        data = load(config, device)
        learners[name] = Learner(config, data.shape, device)
        streams[name] = batches(config, data, 0)
    for block in range(arguments.rounds + 1):
        for name, learner in learners.items():
            start = time.perf_counter()
            for _ in range(BLOCK):
                step, samples = next(streams[name])
                learner.learn(step, *data.views(step, samples))
            if device.type == "cuda":
                torch.cuda.synchronize()
            if block:  # the first warms up
                seconds[name].append((time.perf_counter() - start) / BLOCK)
    base = statistics.median(seconds["learned"])
    for name, times in seconds.items():
        step = statistics.median(times)
        print(f"{name:<11} {1e3 * step:8.2f} ms a step   ratio {step / base:.4f}")


if __name__ == "__main__":
    main()
