"""Stores of small runs, as `trainers` would have written them."""

import json

import numpy as np

from analysis import SnapshotWriter


def write(
    folder, name, options, seed, steps=(0, 10), method="byol", d=3, resolved=None, **accuracies
):
    """A run whose predictor is seed + 10 step everywhere."""
    config = {"kind": "Config", "name": method, "seed": seed, "device": "cpu", **options}
    attrs = {"method": method, "seed": seed, "config": json.dumps(config), "data": "none"}
    if resolved is not None:
        attrs["config_resolved"] = json.dumps(config | resolved)
    with SnapshotWriter(folder / name / "snapshots.zarr", attrs=attrs) as writer:
        for step in steps:
            matrix = np.full((d, d), seed + 10.0 * step)
            writer.append(
                step,
                epoch=step / 10,
                time=step * 2.0,
                predictor=matrix,
                correlation=np.eye(d),
                samples=5,
            )
        if accuracies:
            writer.append_evaluation(steps[-1], 1.0, **accuracies)
    return folder / name
