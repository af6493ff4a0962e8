"""What checksums and fsync cost: a store written and read with them and without, in one run.

    python tests/benchmarks/bench_integrity.py [D] [SNAPSHOTS]

Prints ratios of times: writing and reading with checksums over without, and a publication (as
before a checkpoint) with fsync over without. Without checksums is not a format that is read: chunks
are written by the same codecs but CRC32C, and read by plain zarr.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec

from analysis import SnapshotWriter, open_snapshots, verify

BLOSC = BloscCodec(cname="lz4", clevel=5, shuffle="bitshuffle")


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def codecs(folder, W, checked):
    """Time zarr itself, writing and reading one array of 4 MB chunks."""
    rows = max((4 << 20) // W[0].nbytes, 1)
    compressors = [BLOSC, Crc32cCodec()] if checked else [BLOSC]
    options = {"chunks": (rows, *W.shape[1:]), "dtype": W.dtype, "compressors": compressors}
    array = zarr.create_array(folder / str(checked), shape=W.shape, overwrite=True, **options)
    return seconds(lambda: array.__setitem__(slice(None), W)), seconds(lambda: array[:])


def publications(path, W, durable, times):
    """Time `flush` after each of a few snapshots with the metrics between them."""
    taken = []
    with SnapshotWriter(path, durable=durable) as writer:
        for step in range(times):
            matrices = dict.fromkeys(("predictor", "correlation", "cross_correlation"), W[step])
            writer.append(step, epoch=0.0, time=0.0, **matrices, samples=9)
            writer.append_metrics([step + 1], loss=[0.5], tau=[1.0], grad_norm=[1.0])
            taken.append(seconds(writer.flush))
    return statistics.median(taken[1:])


def main(d=256, snapshots=256):
    """Measure, print."""
    W = np.random.default_rng(0).normal(size=(snapshots, d, d)).astype(np.float32)
    folder = Path(tempfile.mkdtemp())
    try:
        rounds = [[codecs(folder, W, checked) for checked in (True, False)] for _ in range(5)]
        for i, what in enumerate(("written", "read")):
            with_it, without = (min(r[k][i] for r in rounds) for k in (0, 1))
            rate = W.nbytes / with_it / 1e9
            ratio = with_it / without
            print(f"{what} by zarr with checksums: {rate:.2f} GB/s, {ratio:.3f} of without")
        with SnapshotWriter(folder / "run" / "snapshots.zarr") as writer:
            for step in range(snapshots):
                writer.append(step, predictor=W[step])
        opened = min(seconds(lambda: open_snapshots(folder / "run")) for _ in range(5))
        read = min(seconds(lambda: open_snapshots(folder / "run").load()) for _ in range(5))
        checked = min(seconds(lambda: verify(folder / "run")) for _ in range(5))
        print(f"opened in {1e3 * opened:.0f} ms, loaded at {W.nbytes / read / 1e9:.2f} GB/s")
        print(f"verified at {W.nbytes / checked / 1e9:.2f} GB/s")
        durable, quick = (
            publications(folder / f"{kind}.zarr", W, kind, min(snapshots, 12))
            for kind in (True, False)
        )
        print(f"a publication with fsync: {1e3 * durable:.0f} ms, {durable / quick:.1f} of without")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
