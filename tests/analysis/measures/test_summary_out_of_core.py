"""Stores larger than memory, and the same call on a cluster."""

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from analysis import SnapshotWriter, open_snapshots, summarise

D, STEPS = 96, 1024


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "large"
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((200, D)).astype("f4")
    F, W = Z.T @ Z / 200, rng.standard_normal((D, D)).astype("f4")
    with SnapshotWriter(path / "snapshots.zarr", attrs={"method": "large"}) as writer:
        for step in range(STEPS):
            scale = np.float32(1 + step / STEPS)
            matrices = {"predictor": scale * W, "correlation": scale * F}
            writer.append(step, epoch=step / 10, time=float(step), samples=200, **matrices)
    return path


PEAK = """
import resource, sys
import analysis, dask
from analysis import open_snapshots, summarise
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
dask.config.set(num_workers=2)
few = open_snapshots(sys.argv[1]).isel(step=slice(0, 256))
summarise(few)  # what a first call imports, and two threads hold at once: a chunk is 64 rows
before = peak()
summarise(open_snapshots(sys.argv[1]))
print(peak() - before)
"""


def test_memory_does_not_grow_with_the_store(run):
    stored = open_snapshots(run)[["predictor", "correlation"]].nbytes
    assert stored > 75e6
    out = subprocess.run(
        [sys.executable, "-c", PEAK, str(run)], capture_output=True, text=True, check=True
    )
    assert int(out.stdout) < 0.6 * stored


# Of distributed itself: sockets it closes late, and its own deprecations.
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_of_two_workers_measures_the_same(run):
    distributed = pytest.importorskip("distributed")
    few = open_snapshots(run).isel(step=slice(0, 200))
    alone = summarise(few)
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        together = summarise(few)
        assert len(client.scheduler_info()["workers"]) == 2
    xr.testing.assert_allclose(together, alone, rtol=1e-10)
