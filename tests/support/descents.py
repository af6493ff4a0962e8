"""A matrix that learns, with the norms that its scale law wants: no trainer, no torch."""

import json

import numpy as np
import xarray as xr

from analysis.store.schema import FLOW

STEPS = 60


def descend(rng, *, momentum=0.9, decay=0.0, decoupled=False, free=True):
    """SGD on E cos(W x, t), or on |W x - t|², as torch has it; float64; a tree of every tenth."""
    W, v = rng.normal(size=(3, 3)), np.zeros((3, 3))
    rates = 0.3 * rng.uniform(0.5, 1.5, STEPS)
    seen, gradients, buffers = [W], [], []
    for rate in rates:
        x, t = rng.normal(size=(2, 8, 3))
        q = x @ W.T
        if free:
            n, m = (np.linalg.norm(y, axis=1, keepdims=True) for y in (q, t))
            error = -(t / m - (q * t).sum(1, keepdims=True) / (n * m) * q / n) / n
        else:
            error = q - t
        g = error.T @ x / 8
        if decoupled:
            W = (1 - decay * rate / 0.3) * W
            v = momentum * v + g
        else:
            v = momentum * v + g + decay * W
        W = W - rate * v
        seen.append(W)
        gradients.append(np.linalg.norm(g))
        buffers.append(np.linalg.norm(v))
    optimiser = {
        "lr": 0.1,
        "predictor_lr": 0.3,
        "momentum": momentum,
        "predictor_decay": decay,
        "decoupled": decoupled,
    }
    snapshots = xr.Dataset(
        {"predictor": (("step", "row", "col"), np.stack(seen))},
        {"step": np.arange(STEPS + 1)},
        {FLOW: json.dumps({"optimiser": optimiser})},
    ).isel(step=slice(None, None, 10))
    metrics = {"predictor_grad_norm": gradients, "predictor_learning_rate": rates}
    if momentum:
        metrics["predictor_buffer_norm"] = buffers
    columns = {name: ("metrics_step", np.asarray(values)) for name, values in metrics.items()}
    scalars = xr.Dataset(columns, {"metrics_step": np.arange(1, STEPS + 1)})
    return xr.DataTree.from_dict({"/": snapshots, "/metrics": scalars})
