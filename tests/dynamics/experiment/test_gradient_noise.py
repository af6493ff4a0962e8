"""The noise of a run's gradients, from the norms that it keeps."""

import numpy as np
import pytest
import xarray as xr

from analysis import from_arrays
from dynamics import FlowParameters, GradientNoise


def test_noise_of_a_run_by_hand():
    # |W_p|² = 4, tr F = 3, c = 2; g_p = 2 and 4, g = 4 and 5: J's are half of it.
    run = from_arrays(
        predictor=[2 * np.diag([1.0, 0.0])] * 2,
        cross_correlation=[np.diag([2.0, 1.0])] * 2,
        step=[0, 4],
    ).assign_attrs(flow_parameters='{"loss": {"factor": 2.0}}')
    steps = np.arange(1, 5)
    metrics = {"predictor_grad_norm": [9, 9, 2, 4], "grad_norm": [9, 9, 4, 5]}
    tree = as_tree(run, {name: ("metrics_step", x) for name, x in metrics.items()}, steps)
    noise = GradientNoise.from_run(tree)
    assert noise.predictor == pytest.approx(4 * (1 + 4) / 2)
    assert noise.encoder == pytest.approx(3 * ((4 - 1) + (6.25 - 4)) / 2)
    # Of mu = 1/2: |v|² (1 - mu²) is 3/4 of 8, and |g_p|² 10.
    run = run.assign_attrs(
        flow_parameters='{"loss": {"factor": 2.0}, "optimiser": {"momentum": 0.5}}'
    )
    metrics["predictor_buffer_norm"] = [9, 9, 0, 4]
    moved = as_tree(run, {name: ("metrics_step", x) for name, x in metrics.items()}, steps)
    assert GradientNoise.from_run(moved).predictor == pytest.approx(0.6 * noise.predictor)
    assert GradientNoise.from_run(moved).encoder == pytest.approx(0.6 * noise.encoder)
    with pytest.raises(ValueError, match="lacks grad_norm"):
        GradientNoise.from_run(
            as_tree(run, {"predictor_grad_norm": ("metrics_step", steps)}, steps)
        )
    early = as_tree(run.assign_coords(step=[0, 40]), tree["metrics"].data_vars, steps)
    with pytest.raises(ValueError, match="end at step 4, snapshots at 40"):
        GradientNoise.from_run(early)


def as_tree(run, metrics, steps):
    ds = xr.Dataset(metrics, {"metrics_step": steps})
    return xr.DataTree.from_dict({"/": run, "metrics": ds})


def test_without_decay_there_is_no_norm_at_rest():
    step = FlowParameters(dt=0.5, alpha_p=1.0, eta=0.0, eta_p=0.0)
    assert GradientNoise(predictor=1.0).rest_norm(step) == np.inf
    assert GradientNoise().rest_norm(step) == 0


def test_noise_below_nothing_is_refused():
    with pytest.raises(ValueError, match="predictor"):
        GradientNoise(predictor=-1.0)
