import json

import numpy as np
import pytest

from analysis import SnapshotWriter, open_runs
from analysis.runs import run_paths
from analysis.swept import swept

D = 3


def write(
    folder, name, options, seed, steps=(0, 10), method="byol", d=D, resolved=None, **accuracies
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


def direct(eps):
    predictor = {"kind": "Direct", "eps": eps}
    return {"lr": 0.1, "method": {"kind": "Method", "predictor": predictor}}


def test_runs_open_by_method_seed_and_the_option_that_was_swept(tmp_path):
    for seed in (0, 1):
        for eps in (0.3, 0.1):
            write(tmp_path, f"{eps}-{seed}", direct(eps), seed)
    ds = open_runs(tmp_path)
    assert dict(ds.sizes) == {
        **{"method": 1, "seed": 2, "predictor_eps": 2, "step": 2, "row": D, "col": D}
    }
    assert ds["predictor_eps"].values.tolist() == [0.1, 0.3]
    one = ds.sel({"method": "byol", "seed": 1, "predictor_eps": 0.3, "step": 10})
    assert (one["predictor"] == 101).all()
    assert one["time"] == 20
    assert ds.attrs["data"] == "none"
    assert "seed" not in ds.attrs


def test_matrices_stay_in_the_store_until_they_are_computed(tmp_path):
    for seed in (0, 1):
        write(tmp_path, str(seed), direct(0.1), seed)
    ds = open_runs(tmp_path)
    assert ds["predictor"].chunksizes["seed"] == (1, 1)
    assert float(ds["predictor"].isel(step=1).sum()) == D * D * (100 + 101)


def test_what_was_not_run_is_nan_and_steps_are_joined(tmp_path):
    a = write(tmp_path, "a", direct(0.1), 0, steps=(0, 10))
    b = write(tmp_path, "b", direct(0.3), 1, steps=(0, 20))
    ds = open_runs([a, b])
    assert ds["step"].values.tolist() == [0, 10, 20]
    there = ds["predictor"].isel(method=0, row=0, col=0).notnull()
    assert there.sel(seed=0, predictor_eps=0.1).values.tolist() == [True, True, False]
    assert there.sel(seed=1, predictor_eps=0.3).values.tolist() == [True, False, True]
    assert not there.sel(seed=0, predictor_eps=0.3).any()


def test_options_between_methods_are_no_dimension(tmp_path):
    write(tmp_path, "a", {"lr": 0.1}, 0, method="byol")
    write(tmp_path, "b", {"lr": 0.2}, 0, method="simsiam")
    ds = open_runs(tmp_path)
    assert "lr" not in ds.dims
    assert ds["method"].values.tolist() == ["byol", "simsiam"]


def test_an_option_that_follows_another_is_no_dimension():
    places = [
        {"method": "a", "encoder": e, "width": w, "lr": lr}
        for e, w in (("conv4", 16), ("resnet18", 64))
        for lr in (0.1, None)
    ]
    assert swept(places) == ["encoder", "lr"]


def test_an_option_that_follows_another_in_each_method_is_no_dimension():
    # The rate of b's predictor is its own; over all methods together it would not follow lr.
    places = [
        {"method": m, "lr": lr, "predictor_lr": own}
        for m, lr, own in (("a", 0.1, 0.1), ("a", 0.2, 0.2), ("b", 0.1, 2.0))
    ]
    assert swept(places) == ["lr"]


def test_an_option_that_was_typed_and_the_same_one_by_default_do_not_differ(tmp_path):
    given = {"lr": 0.1, "width": None, "predictor_lr": None}
    resolved = {"width": 16, "predictor_lr": 0.1}
    runs = []
    for seed, typed in enumerate(({}, {"width": 16}, {"predictor_lr": 0.1})):
        runs.append(write(tmp_path, str(seed), given | typed, seed, resolved=resolved))
    runs.append(write(tmp_path, "older", given | {"width": 16}, 3))
    assert set(open_runs(runs).sizes) == {"method", "seed", "step", "row", "col"}


def test_an_option_left_out_is_nan_among_numbers_and_none_among_words(tmp_path):
    write(tmp_path, "a", {"predictor_lr": None, "views": None}, 0)
    write(tmp_path, "b", {"predictor_lr": 2.0, "views": None}, 0)
    np.testing.assert_array_equal(open_runs(tmp_path)["predictor_lr"], [2.0, np.nan])
    write(tmp_path, "c", {"predictor_lr": 2.0, "views": "crop"}, 0)
    assert open_runs(tmp_path)["views"].values.tolist() == ["crop", "none"]


def test_accuracies_that_only_some_runs_have(tmp_path):
    write(tmp_path, "a", {}, 0, knn_accuracy=0.5)
    write(tmp_path, "b", {}, 1, knn_accuracy=0.6, linear_accuracy=0.7)
    write(tmp_path, "c", {}, 2)
    ds = open_runs(tmp_path, "evaluation").isel(method=0)
    nan = np.nan
    np.testing.assert_array_equal(ds["accuracy"], [[0.5, nan], [0.6, 0.7], [nan, nan]])
    assert ds["protocol"].values.tolist() == [["knn", ""], ["knn", "linear"], ["", ""]]
    np.testing.assert_array_equal(ds["step"], [[10, nan], [10, 10], [nan, nan]])


def test_refusals(tmp_path):
    with pytest.raises(FileNotFoundError, match="no run and no folder of runs"):
        open_runs(tmp_path)
    with pytest.raises(FileNotFoundError, match="no run was given"):
        run_paths([])
    a, b = (write(tmp_path, name, {}, 0) for name in "ab")
    with pytest.raises(ValueError, match="do not differ in method, seed or options"):
        open_runs([a, b])
    c = write(tmp_path, "c", {}, 1, d=4)
    with pytest.raises(ValueError, match=r"different numbers of features: .*a has 3, .*c has 4"):
        open_runs([a, c])
