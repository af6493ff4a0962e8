"""F over a whole data set, by the trained network at rest: no running mean, no moving weights."""

from pathlib import Path

import torch
import xarray as xr

from analysis.schema import SNAPSHOTS
from analysis.snapshots import open_snapshots
from trainers import checkpoint
from trainers.config import Config
from trainers.data import ImageData
from trainers.device import pick_device
from trainers.evaluation import load_network
from trainers.loop import load

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
    statistics move. This is of the latest checkpoint, every image once.

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
        One snapshot in the schema's names: `predictor` as last stored, `correlation`, `mean`,
        `samples` and, if `augmented`, `cross_correlation`, for `analysis.summarise`.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no checkpoint; the data are not images, or have no such split; or the run has no
        such network.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; one of {', '.join(SPLITS)} wanted")
    run = Path(run)
    state = checkpoint.load(run)
    config = Config.from_json(state["config"])
    where = pick_device(device or config.device)
    data = load(config, where)
    if not isinstance(data, ImageData):
        raise ValueError(f"{run} was trained on {data.name}; exact_correlation is for images")
    body = load_network(state, config, data.shape, network).to(where)
    body.train(batch_statistics)
    images = data.x_train if split == "train" else data.x_test
    total: dict[str, torch.Tensor] = {}
    rows = 0
    for numbers in torch.arange(len(images)).split(CHUNK):
        if batch_statistics and len(numbers) == 1:
            continue  # a batch of one has no statistics
        chunk = images[numbers.to(where)]
        inputs = data.pair(chunk, numbers) if augmented else (data.plain(chunk),)
        z = [body(x).double() for x in inputs]
        parts = {"correlation": sum(a.mT @ a for a in z), "mean": sum(a.sum(0) for a in z)}
        if augmented:
            cross = z[0].mT @ z[1]
            parts["cross_correlation"] = cross + cross.mT
        for name, value in parts.items():
            total[name] = total[name] + value if name in total else torch.as_tensor(value)
        rows += len(z) * len(numbers)
    stored = open_snapshots(run)
    out = stored[["predictor"]].isel(step=[-1]).load()
    for name, value in total.items():
        labels = SNAPSHOTS[name]
        mean = (value / rows).cpu().numpy()
        out[name] = ("step", *labels.dims), mean[None], labels.attrs
    out["samples"] = "step", [rows], SNAPSHOTS["samples"].attrs
    measured = {"split": split, "augmented": augmented, "batch_statistics": batch_statistics}
    return out.assign_attrs(measured | {"network": network})
