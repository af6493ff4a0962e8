"""A store that format version 2 wrote, without checksums; the store is that writer's own."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from analysis import SnapshotWriter, open_snapshots

FILE = Path(__file__).with_name("version2.zip")


@pytest.fixture
def old(tmp_path):
    with zipfile.ZipFile(FILE) as archive:
        archive.extractall(tmp_path / "old")
    return tmp_path / "old"


def test_every_group_is_read_as_today(old):
    run, metrics = open_snapshots(old).load(), open_snapshots(old, "metrics")
    np.testing.assert_array_equal(run.predictor[:, 0, 0], [0, 1, 2])
    np.testing.assert_array_equal(run.correlation[:, 1, 1], [1, 2, 3])
    assert metrics.step.values.tolist() == [1, 2]
    assert metrics.loss.values.tolist() == [0.5, 0.25]
    assert open_snapshots(old, "evaluation").accuracy.values.tolist() == [0.5, 0.75]


def test_it_is_not_continued(old):
    with pytest.raises(ValueError, match=r"format version 2, .* not continued: train the run anew"):
        SnapshotWriter(old / "snapshots.zarr", resume_after=1)
    assert open_snapshots(old).attrs["closed"]


def test_a_chunk_that_is_cut_off_or_lost_is_named(old):
    file = old / "snapshots.zarr" / "predictor" / "c" / "0" / "0" / "0"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"predictor/c/0/0/0 is truncated"):
        open_snapshots(old)
    file.unlink()
    with pytest.raises(ValueError, match=r"predictor/c/0/0/0 is missing"):
        open_snapshots(old)


@pytest.mark.parametrize(
    "damage",
    [
        lambda node: node.pop("shape"),
        lambda node: node.update(shape=[3, 2]),
        lambda node: node.update(shape=[3, 2, -2]),
        lambda node: node.update(shape="3"),
        lambda node: node.update(data_type="float33"),
        lambda node: node.update(data_type=7),
        lambda node: node.pop("node_type"),
        lambda node: node.pop("chunk_grid"),
        lambda node: node.update(chunk_grid={"name": "regular", "configuration": []}),
        lambda node: node.pop("codecs"),
        lambda node: node.update(codecs=[{"name": "nothing"}]),
        lambda node: node.update(dimension_names=["step", "row"]),
        lambda node: node.update(fill_value=[]),
    ],
)
def test_metadata_that_make_no_sense_are_an_error_in_one_line(old, damage):
    file = old / "snapshots.zarr" / "zarr.json"
    root = json.loads(file.read_text())
    damage(root["consolidated_metadata"]["metadata"]["predictor"])
    file.write_text(json.dumps(root))
    with pytest.raises(ValueError, match=r"snapshots.zarr") as caught:
        open_snapshots(old)
    assert "\n" not in str(caught.value)
