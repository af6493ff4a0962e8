"""What `Recorder` costs in a loop of somebody else: the same steps with and without, in one run.

    python tests/benchmarks/bench_recorder.py [--d 128] [--width 64] [--batch 256] [--every 10]
        [--rounds 8] [--layers] [--lightly] [--device cpu]

The loop is SimSiam's, by a small convolutional net and a two-layer predictor on random images.
Blocks of steps alternate, with, without, with, ..., so that a noisy machine touches both alike;
the ratios are of medians: of seconds that pass, and of those of all threads of the process, which
others on the machine lengthen less. `step` is what `Recorder.step` itself takes of this thread, and
the ratio of a step with that to one without: the steadiest where others compute. ``--lightly``
takes lightly's own heads and loss.
"""

import argparse
import statistics
import tempfile
import time

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from trainers import Recorder


def network(width: int, d: int) -> nn.Sequential:
    def block(channels: int, out: int) -> list[nn.Module]:
        return [nn.Conv2d(channels, out, 3, 2, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]

    body = block(3, width) + block(width, 2 * width) + block(2 * width, 4 * width)
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, d))


def negative_cosine(q: Tensor, t: Tensor) -> Tensor:
    return -cosine_similarity(q, t).mean()


class Loop:
    """SimSiam's step."""

    def __init__(self, width: int, d: int, images: Tensor, *, lightly: bool) -> None:
        hidden = max(d // 4, 1)
        layers = nn.Linear(d, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, d)
        self.encoder: nn.Module = network(width, d)
        self.predictor: nn.Module = nn.Sequential(*layers)
        self.distance = negative_cosine
        if lightly:
            from lightly.loss import NegativeCosineSimilarity
            from lightly.models import modules

            projector = modules.SimSiamProjectionHead(d, d, d)
            self.encoder = nn.Sequential(self.encoder, projector)
            self.predictor = modules.SimSiamPredictionHead(d, hidden, d)
            self.distance = NegativeCosineSimilarity()
        self.encoder, self.predictor = (
            part.to(images.device) for part in (self.encoder, self.predictor)
        )
        weights = [*self.encoder.parameters(), *self.predictor.parameters()]
        self.sgd = torch.optim.SGD(weights, lr=0.05, momentum=0.9)
        self.images = images

    def step(self) -> Tensor:
        z = [self.encoder(view) for view in self.images]
        q = [self.predictor(one) for one in z]
        pairs = zip(q, reversed(z), strict=True)
        loss = sum(self.distance(a, b.detach()) for a, b in pairs) / 2
        self.sgd.zero_grad()
        loss.backward()
        self.sgd.step()
        return loss.detach()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (("d", 128), ("width", 16), ("batch", 256), ("every", 10), ("rounds", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--layers", action="store_true", help="keep singular values of all weights")
    parser.add_argument("--lightly", action="store_true", help="lightly's own heads and loss")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    images = torch.rand(2, arguments.batch, 3, 32, 32, device=device)
    # Two networks of one kind, since the hooks of the one would see all of its steps.
    sizes = arguments.width, arguments.d, images
    loops = {recorded: Loop(*sizes, lightly=arguments.lightly) for recorded in (True, False)}
    spent: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    own: list[float] = []  # of `Recorder.step` in this thread, its mean over each block
    mine, length = loops[True], 2 * arguments.every
    with (
        tempfile.TemporaryDirectory() as folder,
        Recorder(
            f"{folder}/run",
            mine.predictor,
            optimizer=mine.sgd,
            every=arguments.every,
            layers=[("encoder", mine.encoder)] if arguments.layers else [],
        ) as recorder,
    ):
        for block in range(2 * arguments.rounds + 2):
            recording = block % 2 == 0
            start = time.perf_counter(), time.process_time()
            inside = 0.0
            for _ in range(length):
                loss = loops[recording].step()
                if recording:
                    inside -= time.thread_time()
                    recorder.step(loss=loss)
                    inside += time.thread_time()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if block > 1:  # the first two warm up
                passed = time.perf_counter() - start[0], time.process_time() - start[1]
                spent[recording].append((passed[0] / length, passed[1] / length))
                own += [inside / length] if recording else []
    for i, name in enumerate(("wall", "CPU")):
        on, off = (statistics.median(both[i] for both in spent[key]) for key in (True, False))
        print(f"{name:<4}  without {1e3 * off:8.2f} ms a step, with {1e3 * on:8.2f}", end="  ")
        print(f"ratio {on / off:.4f}")
    mine = statistics.median(own)
    print(f"step  {1e3 * mine:.2f} ms of this thread in the recorder, ratio {1 + mine / off:.4f}")


if __name__ == "__main__":
    main()
