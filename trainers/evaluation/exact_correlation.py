"""F over a whole data set, by the trained network at rest: no running mean, no moving weights."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr

from analysis.checks.paths import path_of
from analysis.store.reader import open_snapshots
from analysis.store.schema import COORDINATES, NETWORKS, SNAPSHOTS
from trainers.options import choose
from trainers.runs import checkpoint
from trainers.runs.agreement import check_not_ahead
from trainers.runs.divergence import finite_features
from trainers.runs.trained import TrainedRun, open_trained

SPLITS = ("train", "test")
CHUNK = 512  # images at a time


@torch.no_grad()
def exact_correlation(
    run: str | Path,
    *,
    split: str = "train",
    augmented: bool = True,
    batch_statistics: bool = False,
    network: str = "online",
    device: str | None = None,
) -> xr.Dataset:
    r"""Compute the correlations of the predictor's input over all images, in float64.

    A stored correlation is a mean over batches between two snapshots, while weights and batch
    statistics move. This is of the latest checkpoint, every image once, and so is W_p: a run that
    was stopped has snapshots of later steps, and none of them enters.

    Parameters
    ----------
    run : path
        The run's directory.
    split : {"train", "test"}
    augmented : bool
        Two views of each image, drawn as in training; else the image itself.
    batch_statistics : bool
        Batch norm as in training, on chunks of 512 images, instead of its running statistics: the
        two differ, and the theory means neither.
    network : {"online", "target"}
    device : str, optional
        The run's own by default.

    Returns
    -------
    Dataset (step, row, col)
        One snapshot in the schema's names, at the checkpoint's `step`, `epoch` and `time`, for
        `analysis.summarise`: `predictor`, float32; `correlation`, `mean` and, if `augmented`,
        `cross_correlation`, :math:`\operatorname{E}[z_1 z_2^\top]` as it is stored, not
        symmetrised, float64; `samples`.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no checkpoint; the data are not images, have no such split, or changed since the
        training; or the run has no such network.
    FloatingPointError
        Features are not finite.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; one of {', '.join(SPLITS)} wanted")
    choose("network", network, dict.fromkeys(NETWORKS))
    run = path_of("run", run)
    trained = open_trained(run, device)
    check_not_ahead(run, run / checkpoint.FILE, trained.step)
    data = trained.images
    body = trained.network(network).train(batch_statistics)
    images = data.x_train if split == "train" else data.x_test
    total: dict[str, torch.Tensor] = {}
    rows = 0
    for numbers in torch.arange(len(images)).split(CHUNK):
        if batch_statistics and len(numbers) == 1:
            continue  # a batch of one has no statistics
        chunk = images[numbers.to(images.device)]
        inputs = data.pair(chunk, numbers) if augmented else (data.plain(chunk),)
        z = [finite_features(body(x)).double() for x in inputs]
        parts = {"correlation": sum(a.mT @ a for a in z), "mean": sum(a.sum(0) for a in z)}
        if augmented:
            parts["cross_correlation"] = len(z) * z[0].mT @ z[1]  # one row an image, not two
        for name, value in parts.items():
            total[name] = total[name] + value if name in total else torch.as_tensor(value)
        rows += len(z) * len(numbers)
    if not rows:
        raise ValueError(f"{run} has too few {split} images for a correlation: {len(images)}")
    values: dict[str, Any] = {name: (v / rows).cpu().numpy() for name, v in total.items()}
    values |= {"predictor": trained.predictor(len(values["mean"])).numpy(), "samples": rows}
    options = {"split": split, "augmented": augmented, "batch_statistics": batch_statistics}
    return _snapshot(trained, values).assign_attrs(options | {"network": network})


def _snapshot(trained: TrainedRun, values: dict[str, Any]) -> xr.Dataset:
    """Label `values` as the one snapshot of a checkpoint, W_p and moments of one network."""
    stored = open_snapshots(trained.path)
    when = {"step": trained.step, "epoch": trained.epoch, "time": trained.time}
    coords = {name: ("step", [value], COORDINATES[name].attrs) for name, value in when.items()}
    variables = {
        name: (("step", *SNAPSHOTS[name].dims), np.asarray(value)[None], SNAPSHOTS[name].attrs)
        for name, value in values.items()
    }
    out = xr.Dataset(variables, coords, stored.attrs)
    out["predictor"].attrs.update(stored["predictor"].attrs)  # its kind: weight or product
    return out
