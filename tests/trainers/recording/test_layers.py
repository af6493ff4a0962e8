"""Singular values of chosen weights, by their names, over a stranger's training."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn

from analysis import from_arrays, open_run, open_snapshots, save_snapshots
from analysis.figures import layers_figure, plot_singular_values
from analysis.report.measured_run import Measured
from analysis.report.page import write_report
from trainers import Recorder
from trainers.recording.layers import layer_weights, singular_values

D = 4


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 3, 2), nn.Flatten(), nn.Linear(12, D))


def record(run, layers, *, steps=6, resume=False):
    encoder, predictor = network(), nn.Linear(D, D)
    given = layers(encoder) if callable(layers) else layers
    weights = []
    with Recorder(run, predictor, every=2, layers=given, resume=resume) as recorder:
        for step in range(steps):
            x = torch.randn(8, 1, 3, 3, generator=torch.Generator().manual_seed(step))
            predictor(encoder(x)), predictor(encoder(-x))
            with torch.no_grad():
                for weight in encoder.parameters():
                    weight.mul_(1.1)
            recorder.step()
            weights.append([p.detach().clone() for p in (encoder[0].weight, encoder[2].weight)])
    return weights


def test_they_are_those_of_the_weights_at_each_snapshot(tmp_path):
    weights = record(tmp_path / "run", lambda encoder: [("encoder", encoder)])
    found = open_snapshots(tmp_path / "run")["singular_value"]
    assert found.dims == ("step", "layer", "mode")
    assert found["layer"].values.tolist() == ["encoder.0.weight", "encoder.2.weight"]
    assert found["mode"].values.tolist() == [1, 2, 3, 4]
    for step in found["step"].values:
        for name, weight in zip(found["layer"].values, weights[step - 1], strict=True):
            wanted = np.linalg.svd(weight.double().numpy().reshape(len(weight), -1))[1]
            row = found.sel(step=step, layer=name).values
            np.testing.assert_allclose(row[: len(wanted)], wanted, rtol=1e-6)
            assert np.isnan(row[len(wanted) :]).all()


def test_they_are_read_in_the_tree_and_saved_with_their_names(tmp_path):
    record(tmp_path / "run", lambda encoder: [encoder])
    tree = open_run(tmp_path / "run")
    assert tree["layer"].values.tolist() == ["0.weight", "2.weight"]
    run = open_snapshots(tmp_path / "run")
    save_snapshots(run, tmp_path / "again")
    xr.testing.assert_equal(open_snapshots(tmp_path / "again").load(), run.load())
    run.isel(step=slice(1, None)).to_zarr(tmp_path / "slice.zarr", consolidated=False)
    xr.testing.assert_equal(
        xr.open_zarr(tmp_path / "slice.zarr", consolidated=False).load(), run.isel(step=slice(1, 9))
    )


def test_what_is_given_by_name():
    encoder = network()
    bias = ("b", encoder[2].bias)
    assert [*layer_weights([("last", encoder[2].weight), encoder[0]])] == ["last", "weight"]
    for layers, message in [
        (encoder, "layers is Sequential; a list of modules wanted"),
        ([bias], "layer 'b' holds no weight of two dims"),
        ([nn.ReLU()], "layer 'ReLU' holds no weight of two dims"),
        (["0.weight"], r"a layer is '0.weight'; a module, or \(name, module\) wanted"),
        ([encoder[0], encoder[2]], "two layers are of the name 'weight'; give"),
    ]:
        with pytest.raises(ValueError, match=message):
            layer_weights(layers)


def test_a_weight_that_is_not_finite_is_nan_and_no_other():
    found = singular_values([torch.full((2, 2), torch.inf), torch.eye(2)])
    np.testing.assert_array_equal(found, [[np.nan, np.nan], [1, 1]])


def test_resumed_layers_are_the_same_or_refused(tmp_path):
    record(tmp_path / "run", lambda encoder: [encoder])
    record(tmp_path / "run", lambda encoder: [encoder], steps=2, resume=True)
    assert open_snapshots(tmp_path / "run")["step"].values.tolist() == [1, 2, 4, 6, 8]
    with pytest.raises(ValueError, match=r"the run has layers .*'0.weight'.* give the same"):
        record(tmp_path / "run", (), steps=1, resume=True)


def test_a_panel_a_layer_in_the_figure_and_the_report(tmp_path):
    record(tmp_path / "run", lambda encoder: [("encoder", encoder)])
    run = open_snapshots(tmp_path / "run")
    titles = [ax.get_title(loc="left") for ax in layers_figure(run).axes]
    assert titles == ["encoder.0.weight", "encoder.2.weight"]
    lines = layers_figure(run).axes[0].lines
    np.testing.assert_allclose(lines[0].get_ydata(), run["singular_value"][:, 0, 0])
    assert len(lines) == 3
    with pytest.raises(ValueError, match=r"encoder.3.weight"):
        plot_singular_values(run, "encoder.3.weight")
    with pytest.raises(ValueError, match="no variable 'singular_value'"):
        plot_singular_values(from_arrays(predictor=np.eye(2)), "x")
    page = write_report([Measured.of(tmp_path / "run", "run")], [{}], tmp_path / "page.html")
    assert "Singular values of weights over training" in page.read_text()
