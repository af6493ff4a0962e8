"""`summarise` over the bare eigendecompositions that it must make, and over a plain NumPy loop.

python tests/benchmarks/bench_summarise.py [--sizes 1000x128 200x512 20x2048]
"""

import argparse
import os
import resource
import time

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from analysis import summarise


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", nargs="+", default=["1000x128", "200x512", "20x2048"])
    for size in parser.parse_args().sizes:
        steps, d = map(int, size.split("x"))
        rng = np.random.default_rng(0)
        W = rng.standard_normal((steps, d, d)).astype("f4")
        F = np.einsum("tij,tkj->tik", W[::-1], W[::-1], optimize=True) / d
        dims = ("step", "row", "col")
        run = xr.Dataset({"predictor": (dims, W), "correlation": (dims, F)})
        start, of_cpu = time.perf_counter(), time.process_time()
        summarise(run)
        whole, whole_cpu = time.perf_counter() - start, time.process_time() - of_cpu
        # One matrix after the other, one thread: the calls themselves, and their share of a core.
        with threadpool_limits(1, "blas"):
            start, of_cpu = time.perf_counter(), time.process_time()
            for i in range(steps):
                np.linalg.eigh(F[i].astype(float))
                np.linalg.eigvalsh(((W[i] + W[i].T) / 2).astype(float))
            bare, bare_cpu = time.perf_counter() - start, time.process_time() - of_cpu
        start = time.perf_counter()
        for i in range(steps):
            plain(W[i].astype(float), F[i].astype(float))
        loop = time.perf_counter() - start
        cores = os.cpu_count() or 1
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{size:>9}  summarise {whole:7.2f} s   bare eigh {bare:7.2f} s on one core: ratio "
            f"{whole / bare:.2f}, of {cores} cores {whole * cores / bare:.2f}, "
            f"CPU seconds {whole_cpu / bare_cpu:.2f}   "
            f"NumPy loop / summarise {loop / whole:.2f}   peak {peak:.2f} GiB, data "
            f"{2 * W.nbytes / 2**30:.2f}"
        )


def plain(W: np.ndarray, F: np.ndarray) -> dict[str, np.ndarray]:
    """What a script would do, BLAS threads and all."""
    s, U = np.linalg.eigh(F)
    p = np.linalg.eigvalsh((W + W.T) / 2)
    WU = W @ U
    share = np.maximum(s, 0) / s.sum()
    A = (W + W.T) / 2
    return {
        "alignment": (U * WU).sum(0) / np.linalg.norm(WU, axis=0),
        "asymmetry": np.linalg.norm(W - W.T) / np.linalg.norm(W),
        "commutator": np.linalg.norm(F @ W - W @ F),
        "off_diagonal": 1 - np.square((U * (A @ U)).sum(0)).sum() / np.square(A).sum(),
        "rank": np.exp(-(share * np.log(share + 1e-300)).sum()),
        "p": p,
    }


if __name__ == "__main__":
    main()
