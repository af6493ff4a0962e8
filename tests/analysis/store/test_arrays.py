"""Arrays become a run: by the definition of its moments, by the names of dims, or not at all."""

import itertools

import dask.array
import numpy as np
import pytest
import torch
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import generators

from analysis import (
    alignment,
    collapse,
    from_arrays,
    open_snapshots,
    save_snapshots,
    summarise,
)
from analysis.commands.main import main

EYE = np.eye(3)


@given(rng=generators(), views=st.integers(1, 4), samples=st.integers(1, 5))
def test_moments_of_features_are_means_of_outer_products(rng, views, samples):
    z = rng.normal(size=(2, samples, views, 3)) + 1
    run = from_arrays(features=z if views > 1 else z[:, :, 0])
    for t in range(2):
        same = [np.outer(z[t, n, a], z[t, n, a]) for n in range(samples) for a in range(views)]
        np.testing.assert_allclose(run.correlation[t], np.mean(same, axis=0), atol=1e-12)
        np.testing.assert_allclose(run["mean"][t], z[t].mean((0, 1)), atol=1e-12)
        pairs = itertools.permutations(range(views), 2)
        cross = [np.outer(z[t, n, a], z[t, n, b]) for a, b in pairs for n in range(samples)]
        if cross:
            np.testing.assert_allclose(run.cross_correlation[t], np.mean(cross, 0), atol=1e-12)
    assert ("cross_correlation" in run) == (views > 1)
    assert run.samples.values.tolist() == [samples * views] * 2


def test_every_kind_of_array_is_one_run():
    values = np.random.default_rng(0).normal(size=(4, 3, 3)).astype("f4")
    labelled = xr.DataArray(values, dims=("step", "row", "col"))
    kinds = {
        "numpy": values,
        "a list": list(values),
        "nested lists": values.tolist(),
        "a tensor": torch.tensor(values, requires_grad=True),
        "tensors": [torch.tensor(v) for v in values],
        "dask": dask.array.from_array(values),
        "labelled": labelled,
        "transposed": labelled.transpose("col", "step", "row"),
    }
    for kind, given_ in kinds.items():
        run = from_arrays(predictor=given_, step=[0, 5, 6, 100], epoch=range(4), attrs={"a": 1})
        np.testing.assert_array_equal(run.predictor, values, err_msg=kind)
        assert run.predictor.dims == ("step", "row", "col")
        assert run.step.values.tolist() == [0, 5, 6, 100]
        assert run.attrs == {"a": 1}


def test_one_matrix_is_one_snapshot():
    run = from_arrays(predictor=EYE, correlation=torch.eye(3), samples=7, mean=np.ones(3))
    assert dict(run.sizes) == {"step": 1, "row": 3, "col": 3}
    assert run.samples.values.tolist() == [7]


def test_rounding_is_known_by_what_the_arrays_were():
    units = {torch.float64: 2.0**-52, torch.float32: 2.0**-23, torch.bfloat16: 2.0**-7}
    for dtype, unit in units.items():
        run = from_arrays(predictor=torch.eye(3, dtype=dtype), features=torch.eye(3, dtype=dtype))
        assert run.predictor.attrs["resolution"] == unit
        assert run.correlation.attrs["resolution"] == unit
    half = from_arrays(predictor=EYE.astype("f2"))
    assert from_arrays(predictor=half.predictor.astype(float)).predictor.resolution == 2.0**-10


def test_a_mode_that_halves_cannot_resolve_has_no_alignment():
    F = torch.diag(torch.tensor([1.0, 1e-4, 0.0]))
    finer = from_arrays(predictor=F, correlation=F)
    coarser = from_arrays(predictor=F.bfloat16(), correlation=F.bfloat16())
    live = [np.isfinite(alignment(run.predictor, run.correlation)[0]) for run in (finer, coarser)]
    assert [list(each.values) for each in live] == [[True, True, False], [True, False, False]]


def test_it_is_measured_judged_saved_and_reported(tmp_path, capsys):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(4, 400, 2, 5)) * np.arange(5, 0, -1)
    W = rng.normal(size=(4, 5, 5))
    run = from_arrays(predictor=W, features=z, step=[0, 10, 20, 30], attrs={"method": "mine"})
    assert summarise(run).alignment.shape == (4, 5)
    assert collapse(run).kind == "none"
    path = save_snapshots(run, tmp_path / "mine")
    stored = open_snapshots(path)
    xr.testing.assert_equal(stored.load(), run)
    assert stored.attrs["method"] == "mine"
    assert main([str(path)]) == 0
    assert "mine" in capsys.readouterr().out
    assert (path / "report.html").is_file()
    with pytest.raises(FileExistsError):
        save_snapshots(run, path)


REFUSED = {
    "no array is given": {},
    "'predictr' is not known.*did you mean 'predictor'": {"predictr": EYE},
    "shape \\(3, 2\\); square wanted": {"predictor": EYE[None, :, :2]},
    "shape \\(2, 2\\); 3 as in 'predictor' wanted": {"predictor": EYE, "correlation": np.eye(2)},
    "predictor is 'a'; an array of real numbers": {"predictor": "a"},
    "predictor is None; an array": {"predictor": None},
    "predictor is .*an array of real numbers": {"predictor": 1j * EYE},
    "a list of shapes": {"predictor": [np.eye(2), np.eye(3)]},
    "features give correlation, and so do you": {"correlation": EYE, "features": np.ones((4, 3))},
    "dims \\('a', 'b'\\)": {"predictor": xr.DataArray(EYE, dims=("a", "b"))},
    "steps must rise": {"predictor": [EYE, EYE], "step": [3, 2]},
    "2 rows, step has 1": {"predictor": [EYE, EYE], "step": [3]},
    "'epoch' has dtype": {"predictor": EYE, "epoch": ["a"]},
    "'samples' is 1.5; a whole number": {"predictor": EYE, "samples": [1.5]},
    "features is .*an array of real numbers": {"features": np.ones(3)},
    "at least one of each": {"features": np.ones((2, 0, 3))},
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_no_run_is_refused_in_one_line(message):
    with pytest.raises(ValueError, match=message) as refused:
        from_arrays(**REFUSED[message])
    assert "\n" not in str(refused.value)


def test_only_a_run_is_saved(tmp_path):
    with pytest.raises(ValueError, match="a Dataset of snapshots, dim 'step', wanted"):
        save_snapshots({"predictor": EYE}, tmp_path / "run")
    assert not (tmp_path / "run").exists()
