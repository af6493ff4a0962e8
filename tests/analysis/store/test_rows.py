"""An append is checked whole: what is refused leaves no trace, in any group, in any variable."""

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis import SnapshotWriter, open_snapshots

D = 3
EYE = np.eye(D)
SNAPSHOT = {
    "epoch": 0.5,
    "time": 1.0,
    "predictor": EYE,
    "correlation": EYE,
    "mean": np.ones(D),
    "head": np.ones((D, 5)),
    "samples": 7,
}
METRIC = {"loss": [0.5, math.nan], "tau": [1.0, 2.0]}
BAD_SNAPSHOTS = [
    ({"samples": 2.7}, "'samples' is 2.7; a whole number, 0 or more"),
    ({"samples": -1}, "'samples' is -1; a whole number"),
    ({"samples": math.nan}, "'samples' is nan; a whole number"),
    ({"samples": 1e300}, r"'samples' is 1e\+300; a whole number"),
    ({"samples": True}, "'samples' has dtype bool"),
    ({"step": 1.5}, "'step' is 1.5; a whole number"),
    ({"step": math.inf}, "'step' is inf; a whole number"),
    ({"step": "1"}, "'step' has dtype <U1; wanted real numbers"),
    ({"step": [1, 2]}, r"'step' has shape \(2,\) per step"),
    ({"epoch": 1j}, "'epoch' has dtype complex128"),
    ({"epoch": math.nan}, "'epoch' is nan; a finite number wanted"),
    ({"time": -math.inf}, "'time' is -inf; a finite number wanted"),
    ({"time": None}, "'time' has dtype object"),
    ({"predictor": np.eye(2)}, r"'correlation' has shape \(3, 3\); 2 as in 'predictor' wanted"),
    ({"predictor": np.ones((D, 4))}, r"'predictor' has shape \(3, 4\); "),
    ({"correlation": np.eye(4)}, r"'correlation' has shape \(4, 4\); "),
    ({"mean": np.ones(4)}, r"'mean' has shape \(4,\); "),
    ({"head": np.ones((4, 5))}, r"'head' has shape \(4, 5\); "),
    ({"predictor": EYE * 1j}, "'predictor' has dtype complex128; wanted real floats"),
    ({"predictor": EYE.astype(int)}, "'predictor' has dtype int64; wanted real floats"),
    ({"predictor": EYE.astype(np.longdouble)}, "wanted real floats of up to 64 bit"),
    ({"predictor": [[1.0, 2.0], [3.0]]}, "'predictor' is no array of numbers"),
    ({"mean": np.ma.masked_less(np.arange(3.0), 1)}, "'mean' has masked values"),
    ({"loss": 0.5}, "'loss' is not a variable of the schema"),
]
BAD_METRICS = [
    ({"loss": ["x", "y"]}, "'loss' has dtype <U1; wanted real numbers"),
    ({"loss": [1j, 2]}, "'loss' has dtype complex128"),
    ({"loss": [0.5]}, "'loss' has 1 rows, step has 2"),
    ({"tau": 0.5}, "'tau' has 1 rows, step has 2"),
    ({"loss": [[0.5], [0.5]]}, r"'loss' has shape \(1,\) per step"),
    ({"step": [2, 1]}, "steps must rise"),
    ({"grad_norm": [1, 2]}, "this store holds|grad_norm"),
]
if np.dtype(np.longdouble).itemsize == 8:  # no wider floats on this machine
    BAD_SNAPSHOTS = [one for one in BAD_SNAPSHOTS if "of up to" not in one[1]]


@pytest.mark.parametrize(("change", "message"), BAD_SNAPSHOTS)
def test_a_bad_first_snapshot_leaves_a_store_that_takes_a_good_one(tmp_path, change, message):
    path = tmp_path / "s.zarr"
    with SnapshotWriter(path) as writer:
        with pytest.raises(ValueError, match=message):
            writer.append(**{"step": 1, **SNAPSHOT} | change)
        writer.append(1, **SNAPSHOT)
    assert open_snapshots(path).step.values.tolist() == [1]


@pytest.mark.parametrize("change", [{"predictor": np.eye(2)}, {"mean": np.ones(2)}])
def test_one_number_of_features_holds_across_variables(tmp_path, change):
    with (
        SnapshotWriter(tmp_path / "s.zarr") as writer,
        pytest.raises(ValueError, match=r"as in '\w+' wanted"),
    ):
        writer.append(0, **SNAPSHOT | change)


def test_a_matrix_is_square(tmp_path):
    with (
        SnapshotWriter(tmp_path / "s.zarr") as writer,
        pytest.raises(ValueError, match=r"'predictor' has shape \(3, 4\); square wanted"),
    ):
        writer.append(0, predictor=np.ones((3, 4)))


good = st.tuples(st.sampled_from(["snapshot", "metrics", "evaluation"]), st.none())
bad = st.one_of(
    st.tuples(st.just("snapshot"), st.sampled_from([change for change, _ in BAD_SNAPSHOTS])),
    st.tuples(st.just("metrics"), st.sampled_from([change for change, _ in BAD_METRICS[:-1]])),
    st.tuples(
        st.just("evaluation"),
        st.sampled_from(
            [
                *({"knn_accuracy": 2.0}, {"knn_accuracy": math.nan}, {"epoch": math.nan}),
                *({"step": 0.5}, {"data": 3}, {"network": "teacher"}, {"step": -1}),
            ]
        ),
    ),
)


def append(writer, kind, step, change):
    if kind == "snapshot":
        writer.append(**{"step": step, **SNAPSHOT} | change)
    elif kind == "metrics":
        writer.append_metrics(**{"step": [2 * step, 2 * step + 1], **METRIC} | change)
    else:
        row = {"step": step, "epoch": step / 2, "knn_accuracy": 0.5, "linear_accuracy": 0.25}
        writer.append_evaluation(**row | change)


@given(st.lists(st.one_of(good, bad), min_size=1, max_size=8), st.integers(0, 8))
def test_after_any_appends_the_store_holds_the_good_ones(tmp_path_factory, appends, stop):
    path = tmp_path_factory.mktemp("law") / "s.zarr"
    held = {"snapshot": [], "metrics": [], "evaluation": []}

    def take(writer, part, start):
        for step, (kind, change) in enumerate(part, start):
            if change is None:
                append(writer, kind, step, {})
                held[kind].append(step)
            else:
                with pytest.raises(ValueError, match=r"\w"):
                    append(writer, kind, step, change)

    with SnapshotWriter(path) as writer:
        take(writer, appends[:stop], 0)
    with SnapshotWriter(path, resume_after=10**9) as writer:
        take(writer, appends[stop:], stop)

    run = open_snapshots(path)
    if held["snapshot"]:
        assert run.step.values.tolist() == held["snapshot"]
        for name, value in SNAPSHOT.items():
            for row in run[name].values:
                np.testing.assert_array_equal(row, value)
    if held["metrics"]:
        metrics = open_snapshots(path, "metrics")
        assert metrics.step.values.tolist() == [
            s for k in held["metrics"] for s in (2 * k, 2 * k + 1)
        ]
        np.testing.assert_array_equal(metrics.loss, METRIC["loss"] * len(held["metrics"]))
    if held["evaluation"]:
        table = open_snapshots(path, "evaluation")
        assert table.step.values.tolist() == [s for s in held["evaluation"] for _ in range(2)]
        assert table.accuracy.values.tolist() == [0.5, 0.25] * len(held["evaluation"])
    groups = {"/"} | {f"/{k}" for k in ("metrics", "evaluation") if held[k]}
    assert set(xr.open_datatree(path, engine="zarr").groups) == groups


@pytest.mark.parametrize(("change", "message"), BAD_METRICS)
def test_bad_metrics_move_nothing(tmp_path, change, message):
    path = tmp_path / "s.zarr"
    with SnapshotWriter(path) as writer:
        writer.append_metrics([1, 2], **METRIC)
        with pytest.raises(ValueError, match=message):
            writer.append_metrics(**{"step": [3, 4], **METRIC} | change)
        writer.append_metrics(5, loss=4.0, tau=1.0)
        writer.append_metrics([], loss=[], tau=[])
    metrics = open_snapshots(path, "metrics")
    assert metrics.step.values.tolist() == [1, 2, 5]
    np.testing.assert_array_equal(metrics.loss, [0.5, math.nan, 4.0])
