r"""A layer's norm under a loss free of its scale: decay, length of steps, what is left over."""

import json
from typing import Any

import numpy as np
import xarray as xr

from analysis.checks.names import unknown
from analysis.checks.numbers import check_numbers
from analysis.store.schema import FLOW

LAYERS = {"predictor": r"$\|W_p\|^2$", "head": r"$\|W_L\|^2$"}
SOURCES = ("measured", "exponential", "averaged", "recursion")


def norm_recursion(
    start: float,
    rates: np.ndarray,
    buffers: np.ndarray,
    *,
    momentum: float = 0.0,
    decay: float = 0.0,
    kept: np.ndarray | float = 1.0,
) -> np.ndarray:
    r"""Return :math:`\|W\|^2` after each step of SGD with momentum, exactly, where <W, g> = 0.

    .. math::
        v' = \mu v + g + \lambda W, \quad W' = W - \alpha v', \quad
        a = \|W\|^2, \quad b = \langle W, v \rangle, \quad c' = \|v'\|^2

    .. math:: b_+ = \mu b + \lambda a, \quad a' = a - 2 \alpha b_+ + \alpha^2 c', \quad
        b' = b_+ - \alpha c'

    with b = 0 at the start: the gradient enters by the norm of the buffer alone.

    Parameters
    ----------
    start : float
        The squared norm of W before the first step.
    rates, buffers : array (step)
        alpha and c' of each step. Without momentum the buffer is :math:`g + \lambda W`.
    momentum, decay : float
        mu and lambda.
    kept : array (step) or float
        Decoupled decay: what of W a step keeps, before v' is subtracted; `decay` is 0 then.

    Returns
    -------
    array (step)

    Raises
    ------
    ValueError
        A number is not finite or out of range, or `rates` and `buffers` differ in length.

    References
    ----------
    Derived. That a norm grows by steps: Arora, Li, Lyu (2019), arXiv:1812.03981, Eq. 5.

    Examples
    --------
    From a squared norm of 1, two steps of rate 1/2 along unit gradients, mu = 0: Pythagoras twice.

    >>> print(norm_recursion(1.0, np.array([0.5, 0.5]), np.array([1.0, 1.0])))
    [1.25 1.5 ]
    """
    check_numbers("start", start, least=0)
    check_numbers("momentum", momentum, least=0, most=1)
    check_numbers("decay", decay, least=0)
    rates, buffers = (
        check_numbers(name, values, least=0)
        for name, values in (("rates", rates), ("buffers", buffers))
    )
    if rates.shape != buffers.shape or rates.ndim != 1:
        raise ValueError(f"rates {rates.shape} and buffers {buffers.shape}; (step) each wanted")
    out = np.empty(len(rates))
    a, b = float(start), 0.0
    for i, (rate, c, q) in enumerate(
        zip(rates, buffers, np.broadcast_to(kept, rates.shape), strict=True)
    ):
        ahead = q * (momentum * b + decay * a)
        a, b = q * q * a - 2 * rate * ahead + rate**2 * c, ahead - rate * c
        out[i] = a
    return out


def scale_law(run: xr.DataTree, layer: str = "predictor") -> xr.Dataset:
    r"""Return :math:`\|W\|^2` of a layer, and what a loss free of its scale makes of the start.

    A cosine is the same for W_p and c W_p, so that <W_p, g> = 0, for any encoder and data; and for
    W_L, the last layer before a predictor without bias, whose scale the prediction takes over. Left
    are decay and the length of steps, under three descriptions:

    .. math:: a(t) = a(0)\, e^{-2 \eta t}, \quad a' = (1 - 2 \eta\, dt)\, a
        + \left(\frac{\alpha}{1 - \mu}\right)^2 \|g\|^2, \quad \text{and that of norm\_recursion}

    The first is gradient flow. The second takes gradients of different steps for uncorrelated, and
    is poor where they are not. The third is exact.

    Parameters
    ----------
    run : DataTree
        As `open_run` returns it, from its first step on.
    layer : {"predictor", "head"}
        W_p, of a run with a learned one of one layer; or W_L, of a run with ``--record-head yes``.

    Returns
    -------
    Dataset (source, step)
        `squared_norm` of the sources "measured", "exponential", "averaged" and "recursion";
        `excess` (step), measured over exponential less 1: distance from gradient flow;
        `left_over` (step), measured over recursion less 1: 0 up to rounding where the loss is free
        of the scale. With a bias, a batch norm behind W_p, a Euclidean loss or a constraint it is
        not. The layer's name is in ``attrs["layer"]``.

    Raises
    ------
    ValueError
        The run has no norms of the layer's gradient, nothing of its optimiser, or no snapshot
        before the first step; or they are not finite.

    References
    ----------
    Derived; see `norm_recursion`.
    """
    if layer not in LAYERS:
        raise ValueError(unknown("layer", layer, [*LAYERS]))
    needed = [f"{layer}_{name}" for name in ("grad_norm", "learning_rate")]
    snapshots = run.to_dataset()
    known = _of_optimiser(snapshots, layer)
    metrics = run.children.get("metrics", xr.DataTree()).to_dataset(inherit=False)
    if known is None or layer not in snapshots or any(name not in metrics for name in needed):
        raise ValueError(
            f"the run lacks {', '.join(needed)} or {FLOW}: runs of trainers have them, of a "
            "learned W_p of one layer, and of the head with --record-head yes"
        )
    steps = metrics["metrics_step"].values
    at = snapshots["step"].values
    if at[0] != 0 or steps[0] != 1 or (np.diff(steps) != 1).any() or at[-1] > steps[-1]:
        raise ValueError(
            f"snapshots from step {at[0]}, norms from {steps[0]} to {steps[-1]}; a snapshot at "
            "step 0 and the norms of every step after it wanted"
        )
    seen = np.array(
        [(W.values.astype(float) ** 2).sum() for W in snapshots[layer].transpose("step", ...)]
    )
    gradients, rates = (metrics[name].values.astype(float) for name in needed)
    mu, decay, decoupled = known["momentum"], known["decay"], known["decoupled"]
    kept = 1 - decay * rates / known["lr"] if decoupled else np.ones_like(rates)
    lost = 1 - kept if decoupled else rates * decay / (1 - mu)
    own = 0.0 if decoupled else decay
    followed = np.empty((3, len(steps)))
    followed[0] = seen[0] * np.exp(-2 * np.cumsum(lost))
    a, b = seen[0], gradients**2
    for i, grown in enumerate((rates / (1 - mu)) ** 2 * b):
        followed[1, i] = a = (1 - 2 * lost[i]) * a + grown
    if f"{layer}_buffer_norm" in metrics:
        c = metrics[f"{layer}_buffer_norm"].values.astype(float) ** 2
        followed[2] = norm_recursion(seen[0], rates, c, momentum=mu, decay=own, kept=kept)
    else:  # v' = g + lambda W, whose parts are orthogonal
        a = seen[0]
        for i, (rate, q) in enumerate(zip(rates, kept, strict=True)):
            followed[2, i] = a = (q - rate * own) ** 2 * a + rate**2 * b[i]
    said = np.column_stack([np.full(3, seen[0]), followed])[:, at]
    clocks = [name for name in ("step", "epoch", "time") if name in snapshots.coords]
    values = xr.DataArray(
        np.vstack([seen, said]),
        {"source": list(SOURCES), **{name: snapshots[name] for name in clocks}},
        ("source", "step"),
        attrs={"long_name": f"squared norm of the {layer}", "symbol": LAYERS[layer]},
    )
    off = [
        values.sel(source="measured", drop=True) / values.sel(source=name, drop=True) - 1
        for name in ("exponential", "recursion")
    ]
    return xr.Dataset(
        {"squared_norm": values, "excess": off[0], "left_over": off[1]}, attrs={"layer": layer}
    )


def _of_optimiser(snapshots: xr.Dataset, layer: str) -> dict[str, Any] | None:
    # Momentum, and the layer's own base rate and decay; None where the store does not say.
    try:
        flow = json.loads(snapshots.attrs.get(FLOW, "{}"))
        both = flow["optimiser"]
        own = flow[layer] if layer == "head" else {}
        own = own or {"lr": both["predictor_lr"], "decay": both["predictor_decay"]}
        return own | {name: both[name] for name in ("momentum", "decoupled")}
    except (ValueError, LookupError, TypeError):
        return None
