"""Stores of random matrices, of which row i is the same however many there are."""

from pathlib import Path

import numpy as np

from analysis.store.reader import SnapshotWriter, open_snapshots


def matrices(n: int, d: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pairs = rng.normal(size=(n, 2, d, d)).astype(np.float32)  # row i is the same for every n
    return pairs[:, 0], pairs[:, 1]


def write(path: Path, n: int, d: int = 8, start: int = 0, **options: object) -> None:
    W, F = matrices(start + n, d)
    with SnapshotWriter(path, **options) as writer:
        for i in range(start, start + n):
            writer.append(
                step=10 * i, epoch=i / 5, time=0.1 * i, predictor=W[i], correlation=F[i], samples=7
            )
            writer.append_metrics(step=[10 * i, 10 * i + 1], loss=[i, i + 0.5])


def assert_holds(path: Path, n: int, d: int = 8) -> None:
    W, F = matrices(n, d)
    run, metrics = open_snapshots(path), open_snapshots(path, "metrics")
    np.testing.assert_array_equal(run.step, 10 * np.arange(n))
    np.testing.assert_array_equal(run.predictor, W)
    np.testing.assert_array_equal(run.correlation, F)
    np.testing.assert_allclose(run.time, 0.1 * np.arange(n))
    np.testing.assert_array_equal(metrics.loss, np.arange(2 * n) / 2)
