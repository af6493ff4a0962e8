"""The steps of a stored run, from what it stores, beside the run and beside its flow."""

import json

import numpy as np
import pytest
import xarray as xr
from strategies import haar

from analysis import from_arrays, open_run
from dynamics import FlowParameters, GradientNoise, compare, cosine_descent, run_descent
from dynamics.commands.main import main
from trainers import EMA, Config, Learned, Method, train

KNOWN = {
    "loss": {"kind": "cosine", "factor": 2.0},
    "target": {"ema": 0.9},
    "predictor": {"kind": "learned", "layers": 1},
    "optimiser": {"lr": 0.1, "momentum": 0.5, "decay": 0.01},
}


def stored(**changes):
    """Return a run of three snapshots that says nothing but `KNOWN` and `changes`."""
    rng = np.random.default_rng(0)
    U = haar(rng, 3)
    F = (U * [2.0, 1.0, 0.5]) @ U.T
    run = from_arrays(
        predictor=list(rng.normal(size=(3, 3, 3))),
        correlation=[1.5 * F] * 3,
        cross_correlation=[F] * 3,
        step=[0, 3, 10],
    )
    attrs = {"flow_parameters": json.dumps(KNOWN | changes)}
    run = run.assign_attrs(attrs).assign_coords(time=("step", [0.0, 1.2, 4.0]))
    return xr.DataTree(run)


def test_it_is_the_descent_of_what_is_stored():
    tree = stored()
    run, F = tree.to_dataset(), tree["cross_correlation"].values[0]
    said = run_descent(tree, start=1, seed=3, noise=GradientNoise(predictor=0.1, encoder=0.2))
    values, U = np.linalg.eigh(F)
    own = cosine_descent(
        ((U * np.sqrt(values)) @ U.T, run["predictor"].values[1]),
        (np.eye(3), 0.5 * np.eye(3)),
        FlowParameters.from_optimiser(lr=0.1, momentum=0.5, decay=0.01, ema=0.9, factor=2),
        7,
        momentum=0.5,
        noise=GradientNoise(predictor=0.1, encoder=0.2),
        seed=3,
        at=[0, 7],
    )
    for name in ("predictor", "cross_correlation", "target_correlation"):
        np.testing.assert_allclose(said[name], own[name], atol=1e-12)
    np.testing.assert_allclose(said["cross_correlation"][0], F, atol=1e-12)
    assert said["step"].values.tolist() == [3, 10]
    assert said["time"].values.tolist() == [1.2, 4.0]
    assert said.attrs["not_known"] == ""


def test_a_run_without_norms_has_steps_without_noise_and_says_so():
    tree = stored()
    said = run_descent(tree)
    assert "noise of its gradients" in said.attrs["not_known"]
    quiet = run_descent(tree, noise=GradientNoise())
    xr.testing.assert_equal(said, quiet)
    beside = compare(tree.to_dataset(), said)
    assert "noise of its gradients, whose norms it has not" in beside.attrs["not_in_the_flow"]
    assert "cosine loss" not in beside.attrs["not_in_the_flow"]
    assert beside["parabola"].isnull().all()


@pytest.mark.parametrize(
    ("changes", "start", "message"),
    [
        ({"loss": {"kind": "euclidean"}}, 0, "the loss is euclidean and the predictor learned"),
        ({"predictor": {"kind": "spectrum"}}, 0, "predictor spectrum"),
        ({"predictor": {"kind": "learned", "layers": 2}}, 0, "of 2 layers"),
        ({}, 2, "start is 2"),
    ],
)
def test_what_has_no_such_steps_is_refused(changes, start, message):
    with pytest.raises(ValueError, match=message):
        run_descent(stored(**changes), start=start)


def test_steps_that_are_asked_for_are_steps():
    eye, step = np.eye(2), FlowParameters(dt=1.0, alpha_p=1.0, eta=0.0, eta_p=0.0)
    said = cosine_descent((eye, eye), (eye, eye), step, 4, at=[1, 4])
    every = cosine_descent((eye, eye), (eye, eye), step, 4)
    xr.testing.assert_equal(said, every.isel(step=[1, 4]))
    with pytest.raises(ValueError, match=r"at is \[0, 0.5\]; whole numbers from 0 to 1 wanted"):
        cosine_descent((eye, eye), (eye, eye), step, 1, at=[0, 0.5])


def test_a_run_is_nearer_to_its_steps_than_to_its_flow(tmp_path, capsys):
    method = Method(Learned(layers=1, bias=False), EMA(0.996))
    config = Config(method=method, data="gaussian", epochs=5, device="cpu")
    path = train(config, tmp_path / "run")
    run = open_run(path)
    errors = [
        compare(run.to_dataset(), theory)["error"].sel(variable="p")
        for theory in (run_descent(run), None)
    ]
    assert errors[0] < 0.4 < 0.6 < errors[1]
    out = tmp_path / "steps.png"
    assert main(["compare", str(path), "--steps", "--out", str(out)]) == 0
    assert "cosine loss" not in "".join(capsys.readouterr())
    assert out.stat().st_size > 5_000
