"""Two processes that share every batch are one process that has all of it."""

import contextlib
import dataclasses
import shlex
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from small_runs import tiny
from torch import nn

from analysis import open_snapshots
from trainers import (
    METHODS,
    Attached,
    Config,
    Identity,
    Method,
    Optimal,
    StopGradient,
    VICReg,
    ranks,
    resume,
    train,
)
from trainers.augmentation.named_recipe import named_recipes
from trainers.data.images import ImageData
from trainers.data.shared_views import shared_views
from trainers.networks.synced_norm import SyncedBatchNorm2d, sync_norms
from trainers.presets.table import PRESETS

LINEAR = {"data": "gaussian", "width": 4, "epochs": 1, "every": 20, "device": "cpu"}


def configs(folder):
    image = dataclasses.replace(tiny(folder), batch_norm="synced")
    return {
        "byol-linear": Config(method=PRESETS["byol-linear"].method, **LINEAR),
        "directpred": Config(method=METHODS["directpred"], **LINEAR),
        "accumulated": Config(method=METHODS["directcopy"], **LINEAR, accumulate=2),
        "optimal": Config(method=Method(Optimal(), StopGradient()), **LINEAR),
        "vicreg": Config(method=Method(Identity(), Attached(), VICReg()), **LINEAR, lr=0.003),
        "images": image,
        "images-directcopy": dataclasses.replace(image, method=METHODS["directcopy"]),
    }


def work(rank, folder, port, runs):
    torch.set_num_threads(1)  # threads of the parent are not there after a fork
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    try:
        runs(rank, folder)
    finally:
        dist.destroy_process_group()


def in_two(folder, runs):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.start_processes(work, (folder, port, runs), nprocs=2, start_method="fork")


def train_all(rank, folder):
    for name, config in configs(folder).items():
        train(config, folder / f"two-{name}")
    resume(folder / "two-images", epochs=3)
    # Norms as torch computes them, of one process that has all.
    x = torch.randn(8, 3, 4, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    ours, theirs = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
    sync_norms(ours)
    assert type(ours) is SyncedBatchNorm2d
    out = ours(x[4 * rank : 4 * rank + 4])
    weight = torch.randn(8, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    (out * weight[4 * rank : 4 * rank + 4]).sum().backward()
    mine, x.grad = x.grad[4 * rank : 4 * rank + 4].clone(), None
    ranks.add_gradients([*ours.parameters()])
    (theirs(x) * weight).sum().backward()
    torch.testing.assert_close(mine, x.grad[4 * rank : 4 * rank + 4])
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    with pytest.raises(ValueError, match="batch-size is 5, for 2 processes; a multiple"):
        ranks.share(torch.arange(5))
    # Views that are a function of a batch.
    for step in (1, 2):
        data, samples = noisy(), torch.tensor([3, 0, 2, 1])
        whole, mine = data.views(step, samples), shared_views(data, step, samples)
        for x, part in zip(whole, mine, strict=True):
            assert torch.equal(part, x[2 * rank : 2 * rank + 2])
    # What is said by each, and who comes first.
    with (folder / f"said-{rank}").open("w") as said, contextlib.redirect_stderr(said):
        resume(folder / "two-byol-linear")
    time.sleep(0.2 * (1 - rank))
    with ranks.one_first(), (folder / "passed").open("a") as passed:
        passed.write(f"{rank}\n")


def noisy():
    x = torch.arange(4, dtype=torch.uint8)[:, None, None, None].expand(4, 3, 8, 8)
    y = torch.zeros(4, dtype=torch.int64)
    recipes = named_recipes("users_module:noisy")
    return ImageData(
        name="four", classes=(), x_train=x, y_train=y, x_test=x, y_test=y, recipes=recipes, size=8
    )


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    names = configs(folder)
    in_two(folder, train_all)
    for name, config in names.items():
        train(config, folder / f"one-{name}")
    resume(folder / "one-images", epochs=3)
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "byol-linear",
        "directpred",
        "accumulated",
        "optimal",
        "vicreg",
        "images",
        "images-directcopy",
    ],
)
def test_what_two_write_is_what_one_writes(both, name):
    for group in (None, "metrics"):
        one, two = (open_snapshots(both / f"{n}-{name}", group).load() for n in ("one", "two"))
        assert one["step"].equals(two["step"])
        for variable in one.data_vars:
            if variable != "images_per_second":
                a, b = one[variable].values, two[variable].values
                scale = max(np.nanmax(np.abs(a)), 1e-6)
                np.testing.assert_allclose(b, a, atol=2e-4 * scale, err_msg=str(variable))
    counts = [open_snapshots(both / f"{n}-{name}").attrs["ranks"] for n in ("one", "two")]
    assert counts == [1, 2]


def test_one_says_that_a_run_is_finished(both):
    said = [(both / f"said-{rank}").read_text() for rank in (0, 1)]
    assert "is finished: 1 epochs, 64 steps, nothing was computed" in said[0]
    assert said[1] == ""


def test_one_is_first_at_what_may_be_downloaded(both):
    assert (both / "passed").read_text().split() == ["0", "1"]


def test_one_process_is_alone():
    with ranks.one_first():
        pass
    assert (ranks.count(), ranks.number(), ranks.writes()) == (1, 0, True)
    x = torch.arange(6)
    assert ranks.gathered(x) is x
    assert ranks.share(x) is not None


def test_processes_that_cannot_be_joined_are_said(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(ValueError, match="WORLD_SIZE is set, and"), ranks.joined():
        pass


@pytest.mark.slow
def test_torchrun_is_all_one_types(tmp_path, both):
    line = "-m torch.distributed.run --standalone --nproc-per-node 2 -m trainers byol-linear "
    line += f"--data gaussian --width 4 --epochs 1 --every 20 --device cpu --out {tmp_path / 'run'}"
    subprocess.run([sys.executable, *shlex.split(line)], check=True, timeout=100)
    one, run = (open_snapshots(path) for path in (both / "one-byol-linear", tmp_path / "run"))
    np.testing.assert_allclose(run["predictor"], one["predictor"], atol=1e-4)
