"""Two processes that train together record what one process sees of the whole batch."""

import socket

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn

from analysis import open_snapshots
from trainers import Recorder

N, D = 8, 3


def record(run, rank, ranks):
    """Record three steps of this rank's share of the batch."""
    torch.manual_seed(0)
    predictor = nn.Linear(D, D)
    with Recorder(run, predictor, every=2) as recorder:
        for step in range(3):
            views = [
                torch.randn(N, D, generator=torch.Generator().manual_seed(k + 10 * step))
                for k in (0, 1)
            ]
            z1, z2 = (view[rank::ranks] for view in views)
            predictor(z1), predictor(z2)
            recorder.step(loss=float(z1.square().mean()))


def work(rank, run, port):
    torch.set_num_threads(1)  # threads of the parent are not there after a fork
    address = f"tcp://127.0.0.1:{port}"
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=2)
    try:
        record(run, rank, 2)
    finally:
        dist.destroy_process_group()


def test_two_ranks_are_one(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.start_processes(work, (tmp_path / "two", port), nprocs=2, start_method="fork")
    record(tmp_path / "one", 0, 1)
    one, two = (open_snapshots(tmp_path / name).load() for name in ("one", "two"))
    assert two["samples"].values.tolist() == one["samples"].values.tolist() == [16, 16, 16]
    for name in one.data_vars:
        np.testing.assert_allclose(two[name], one[name], atol=1e-6, err_msg=name)
    loss = [open_snapshots(tmp_path / n, "metrics")["loss"].values for n in ("one", "two")]
    np.testing.assert_allclose(*loss, atol=1e-6)
