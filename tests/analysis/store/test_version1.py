"""A store and a table that format version 1 wrote; the store is that writer's own."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from analysis import SnapshotWriter, open_runs, open_snapshots
from analysis.measures.accuracy import read_accuracies

FILE = Path(__file__).with_name("version1.zip")


@pytest.fixture
def old(tmp_path):
    with zipfile.ZipFile(FILE) as archive:
        archive.extractall(tmp_path / "old")
    return tmp_path / "old"


def test_matrices_and_metrics_are_read_as_today(old):
    run, metrics = open_snapshots(old), open_snapshots(old, "metrics")
    np.testing.assert_array_equal(run.predictor[:, 0, 0], [0, 1, 2])
    assert run.step.values.tolist() == [0, 1, 2]
    assert metrics.loss.sel(step=2) == 0.25


def test_accuracies_by_name_become_rows(old):
    rows = open_snapshots(old, "evaluation").to_dataframe().to_dict("records")
    found = [
        (row["step"], row["protocol"], row["network"], row["features"], row["accuracy"])
        for row in rows
    ]
    assert found == [
        (1, "knn", "online", "encoder", 0.25),
        (2, "knn", "online", "encoder", 0.5),
        (2, "linear", "online", "projector", 0.75),
        (2, "adam", "target", "encoder", 0.625),
    ]
    assert {row["data"] for row in rows} == {"cifar10"}
    # Of the first one the settings are not known: the second's took their place.
    assert rows[0]["options"] == rows[0]["details"] == ""
    assert json.loads(rows[1]["options"]) == {"k": 200, "temperature": 0.1}
    details = json.loads(rows[2]["details"])
    assert (details["l2"], details["split"]) == (0.01, "test, once")
    assert details["description"].startswith("multinomial")
    assert json.loads(rows[3]["options"])["lr"] == 0.05


def test_they_stand_in_the_table_and_beside_other_runs(old):
    assert sorted(read_accuracies([old]).accuracy) == [0.25, 0.5, 0.625, 0.75]
    assert open_runs(old, "evaluation").accuracy.shape == (1, 1, 4)


def test_such_a_store_is_not_continued(old):
    with pytest.raises(ValueError, match=r"format version 1, .* not continued: train the run anew"):
        SnapshotWriter(old / "snapshots.zarr", resume_after=1)
    assert open_snapshots(old).attrs["closed"]
