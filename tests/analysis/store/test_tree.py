"""A run as a tree is its groups, under names that do not clash."""

import numpy as np
import pytest
import xarray as xr

from analysis import SnapshotWriter, open_run, open_snapshots


@pytest.fixture
def run(tmp_path):
    with SnapshotWriter(tmp_path / "run" / "snapshots.zarr", attrs={"method": "byol"}) as writer:
        for i in range(3):
            writer.append(10 * i, epoch=i, time=2.0 * i, predictor=i * np.eye(2))
        writer.append_metrics(range(1, 21), loss=np.arange(20.0))
        writer.append_evaluation(20, 2.0, knn_accuracy=0.5)
    return tmp_path / "run"


def test_the_root_is_what_open_snapshots_returns_and_stays_lazy(run):
    tree = open_run(run)
    xr.testing.assert_identical(tree.to_dataset(), open_snapshots(run))
    assert tree["predictor"].chunks is not None
    assert tree.attrs["method"] == "byol"


def test_groups_have_steps_of_their_own(run):
    tree = open_run(run)
    assert tree["metrics"].loss.sel(metrics_step=7).item() == 6
    table = tree["evaluation"].to_dataset(inherit=False).to_dataframe()
    assert table[["evaluation_step", "accuracy"]].values.tolist() == [[20, 0.5]]
    assert tree["predictor"].sel(step=20).values.tolist() == [[2, 0], [0, 2]]


def test_a_run_that_was_not_evaluated_has_no_such_group(tmp_path):
    with SnapshotWriter(tmp_path / "run" / "snapshots.zarr") as writer:
        writer.append(0, predictor=np.eye(2))
    assert list(open_run(tmp_path / "run").children) == []


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="no snapshot store"):
        open_run(tmp_path)
