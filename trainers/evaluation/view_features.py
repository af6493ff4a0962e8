"""Features of several views of the same images: for ranks, and for error bars by image."""

from pathlib import Path

import torch
import xarray as xr

from analysis.checks.numbers import check_count
from analysis.checks.paths import path_of
from analysis.store.schema import FEATURES, NETWORKS
from trainers.networks.network import part
from trainers.options import choose
from trainers.randomness import permutation
from trainers.runs.divergence import finite_features, said_of
from trainers.runs.trained import open_trained


@torch.no_grad()
def view_features(
    run: str | Path,
    *,
    images: int = 1000,
    views: int = 10,
    features: str = "projector",
    network: str = "online",
    device: str | None = None,
) -> xr.DataArray:
    """Compute the features of views of training images, by the latest checkpoint at rest.

    Parameters
    ----------
    run : path
        The run's directory.
    images : int
        How many, drawn at random, the same ones in every run on the same data; all if there are
        fewer.
    views : int
        Of each, drawn as in training, an even number.
    features : {"encoder", "block", "projector"}
        What the network is cut off behind; the `projector` feeds the predictor.
    network : {"online", "target"}
    device : str, optional
        The run's own by default.

    Returns
    -------
    DataArray (image, view, feature)
        float32, in memory: ``analysis.lidar`` and ``analysis.bootstrap_alignment`` take its values,
        ``analysis.rankme`` those of one view. `image` is the number of the image; ``attrs`` hold
        the checkpoint's `step` and `epoch` and, of a run that diverged, ``diverged_at``.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no checkpoint, the data are not images or changed since the training, the run has
        no such network or part, or `images` or `views` are too few.
    FloatingPointError
        Features are not finite.
    """
    check_views(images, views)
    choose("network", network, dict.fromkeys(NETWORKS))
    choose("features", features, dict.fromkeys(FEATURES))
    trained = open_trained(path_of("run", run), device)
    data = trained.images
    body = part(trained.network(network), features).eval()
    chosen = permutation(0, 0, len(data))[:images].sort().values
    pairs = [
        [body(x).float().cpu() for x in data.views(step, chunk)]
        for step in range(1, views // 2 + 1)
        for chunk in chosen.split(512)
    ]
    sides = [torch.cat(side).unflatten(0, (views // 2, -1)) for side in zip(*pairs, strict=True)]
    z = finite_features(torch.cat(sides).transpose(0, 1))
    return xr.DataArray(
        z.numpy(),
        {"image": chosen.numpy()},
        ("image", "view", "feature"),
        "features",
        {"features": features, "network": network, "run": str(run)}
        | {"step": trained.step, "epoch": trained.epoch}
        | said_of(trained.path),
    )


def check_views(images: int, views: int) -> None:
    """Raise ValueError unless there are images, and of each an even number of views."""
    check_count("images", images)
    if check_count("views", views, least=2) % 2:
        raise ValueError(f"views is {views}; an even number wanted")
