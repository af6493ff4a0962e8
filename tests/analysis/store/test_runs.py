import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_stores import write

from analysis import SnapshotWriter, open_runs, open_snapshots
from analysis.store.runs import run_paths
from analysis.store.swept import option_key, option_names, place, sorted_values, swept

D = 3


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


def test_runs_that_diverged_are_named(tmp_path):
    a, b = (write(tmp_path, name, {}, seed) for seed, name in enumerate("ab"))
    assert "diverged" not in open_runs([a, b]).attrs
    with SnapshotWriter(b / "snapshots.zarr", resume_after=10) as writer:
        writer.mark(diverged_at=7)
    assert open_snapshots(b).attrs["diverged_at"] == 7
    assert open_runs([a, b]).attrs["diverged"] == [f"{b} at step 7"]


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


def test_what_is_hidden_or_no_folder_is_no_run(tmp_path):
    run = write(tmp_path, "a", {}, 0)
    write(tmp_path, ".a.old", {}, 0)
    for stray in (".DS_Store", "._a", "Thumbs.db", "desktop.ini", "a~", "accuracy.csv"):
        (tmp_path / stray).touch()
    (tmp_path / "logs").mkdir()
    assert run_paths(tmp_path) == [run]


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


NAMES = ["predictor", "mean", "step", "time", "samples", "head", "loss", "epoch", "lr", "row"]
VALUES = st.sampled_from([None, True, 0.1, 2, "2", math.nan, "cosine", "none", [1, 2], {"a": 1}])
RUNS = st.lists(
    st.tuples(
        st.sampled_from(["byol", "simsiam"]),
        st.integers(0, 1),
        st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2),
        st.sampled_from([(0, 10), (0,), (0, 20)]),
        st.booleans(),  # has accuracies
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda run: (run[0], run[1], json.dumps(run[2], sort_keys=True)),
)


@settings(max_examples=12)
@given(RUNS)
def test_any_mixture_opens_and_every_run_stands_at_its_place(tmp_path_factory, drawn):
    folder = tmp_path_factory.mktemp("law")
    names = {}
    for i, (method, seed, options, steps, evaluated) in enumerate(drawn):
        accuracies = {"knn_accuracy": i / 8} if evaluated else {}
        path = write(folder, str(i), options, seed, steps, method, **accuracies)
        names[str(i)] = open_snapshots(path)
    places = [place(run.attrs) for run in names.values()]
    keys = {
        tuple((k, option_key(v)) for k, v in sorted(p.items()) if v is not None) for p in places
    }
    if len(keys) < len(places):
        return  # an option at None is one that is not there
    ds = open_runs(folder)
    dims = option_names(swept(places))
    assert not {*dims.values()} & {*ds.data_vars, "row", "col", "step", "epoch", "time"}
    assert float(ds["predictor"].notnull().sum()) == D * D * sum(len(run[3]) for run in drawn)
    for run, where in zip(names.values(), places, strict=True):
        at = {}
        for option, dim in {"method": "method", "seed": "seed", **dims}.items():
            values = sorted_values(p.get(option) for p in places)
            at[dim] = [option_key(v) for v in values].index(option_key(where.get(option)))
        mine = ds.isel(at).sel(step=run.step)
        np.testing.assert_array_equal(mine["predictor"], run["predictor"])
        np.testing.assert_array_equal(mine["samples"], run["samples"])
        np.testing.assert_array_equal(mine["time"], run["time"])
    if any(run[4] for run in drawn):
        table = open_runs(folder, "evaluation")["accuracy"].values
        assert sorted(table[~np.isnan(table)]) == [i / 8 for i, run in enumerate(drawn) if run[4]]


def test_kinds_of_predictor_of_one_method_are_a_dimension_beside_the_variable(tmp_path):
    for i, kind in enumerate(("Learned", "Direct")):
        write(tmp_path, kind, {"method": {"kind": "Method", "predictor": {"kind": kind}}}, i)
    ds = open_runs(tmp_path)
    assert ds["option_predictor"].values.tolist() == ["Direct", "Learned"]
    where = {"option_predictor": "Direct", "seed": 1, "step": 10, "method": "byol"}
    one = ds["predictor"].sel(where)
    assert (one == 101).all()
