"""What the steps of a run's own optimiser make of its start, by the mean field of its loss."""

import numpy as np
import xarray as xr

from analysis.checks.fields import checked
from analysis.checks.numbers import check_count
from analysis.linalg.labelled import check_run
from dynamics.experiment.cosine_descent import cosine_descent
from dynamics.experiment.flow_parameters import FlowParameters
from dynamics.experiment.gradient_noise import NEEDED, GradientNoise
from dynamics.experiment.stored_flow import stored_flow


def run_descent(
    run: xr.DataTree, *, start: int = 0, noise: GradientNoise | None = None, seed: int = 0
) -> xr.Dataset:
    r"""Follow `cosine_descent` from a snapshot of a run, at its own rates, momentum, EMA and noise.

    The encoder is taken for linear on isotropic data, :math:`W = F^{1/2}`, X = 1 and
    :math:`X' = \sigma^2`, with :math:`1 + \sigma^2` the traces of the run's last same-view
    correlation over the cross-view one: a run stores no more. Where W and the data are known,
    `cosine_descent` takes them.

    Parameters
    ----------
    run : DataTree
        As `open_run` returns it, with a learned W_p of one layer under a cosine.
    start : int
        The snapshot to start from; the target is then a copy.
    noise : GradientNoise, optional
        By default that of the run; none where the run has no norms of gradients, which
        ``attrs["not_known"]`` says.
    seed : int

    Returns
    -------
    Dataset (step, ...)
        At the run's own snapshots: `compare` takes it as its theory.

    Raises
    ------
    ValueError
        The loss is no cosine, or W_p is set or of several layers; or nothing follows `start`; or as
        `FlowParameters.from_run`.
    """
    checked("run", run, xr.DataTree)
    snapshots = run.to_dataset()
    check_run(snapshots, "predictor", "correlation", "cross_correlation")
    known = stored_flow(snapshots)
    loss, predictor = known.get("loss", {}), known.get("predictor", {})
    kind, layers = predictor.get("kind", "learned"), predictor.get("layers", 1)
    if loss.get("kind") != "cosine" or kind != "learned" or layers != 1:
        raise ValueError(
            f"the loss is {loss.get('kind', 'not known')} and the predictor {kind}, of {layers} "
            "layers; steps are of a cosine and one learned layer: compare by the flow"
        )
    check_count("start", start, least=0, most=snapshots.sizes["step"] - 2)
    W, F, same = (
        snapshots[name].transpose("step", "row", "col").values.astype(float)
        for name in ("predictor", "cross_correlation", "correlation")
    )
    unknown = ""
    if noise is None:
        metrics = run.children.get("metrics", xr.DataTree()).to_dataset(inherit=False)
        measured = all(name in metrics for name in NEEDED)
        noise = GradientNoise.from_run(run) if measured else GradientNoise()
        unknown = "" if measured else "noise of its gradients, whose norms it has not"
    values, U = np.linalg.eigh((F[start] + F[start].T) / 2)
    root = (U * np.sqrt(np.maximum(values, 0.0))) @ U.T
    sigma2 = max(np.trace(same[-1]) / np.trace(F[-1]) - 1, 0.0)
    steps, eye = snapshots["step"].values[start:] - int(snapshots["step"][start]), np.eye(len(root))
    out = cosine_descent(
        (root, W[start]),
        (eye, sigma2 * eye),
        FlowParameters.from_run(snapshots),
        int(steps[-1]),
        momentum=known.get("optimiser", {}).get("momentum", 0.0),
        noise=noise,
        at=steps,
        seed=seed,
    )
    coords = {name: snapshots[name] for name in ("step", "time") if name in snapshots.coords}
    out = out.assign_coords({k: ("step", v.values[start:], v.attrs) for k, v in coords.items()})
    return out.assign_attrs(not_known=unknown)
