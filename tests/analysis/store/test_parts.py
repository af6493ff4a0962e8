"""Columns, chunks and the publisher, each by itself; and what plain xarray makes of a store."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis import SnapshotWriter, open_snapshots
from analysis.store.buffer import TEXT, Column
from analysis.store.chunks import CHUNK_BYTES, chunk_file, rows_per_chunk
from analysis.store.publisher import Publisher


@given(st.lists(st.integers(0, 7), max_size=6), st.integers(1, 4), st.sampled_from("fit"))
def test_a_column_hands_out_every_row_once_in_whole_chunks(sizes, rows, kind):
    dtype = {"f": np.dtype(float), "i": np.dtype(np.int64), "t": TEXT}[kind]
    column = Column("x", rows, (), dtype)
    values = np.arange(sum(sizes)).astype(dtype)
    full, start = [], 0
    for size in sizes:
        full += column.extend(values[start : start + size])
        start += size
    assert column.length == len(values)
    assert [index for _, index, _ in full] == list(range(len(values) // rows))
    tail = column.tail()
    assert bool(tail) == bool(len(values) % rows)
    assert column.tail() == []  # handed out once
    blocks = [block for _, _, block in full + tail]
    assert all(len(block) == rows for block in blocks)
    joined = np.concatenate(blocks) if blocks else values
    assert joined[: len(values)].tolist() == values.tolist()
    padding = {"f": "nan", "i": "-1", "t": ""}[kind]
    assert {str(value) for value in joined[len(values) :]} <= {padding}


def test_a_tail_is_a_copy_and_comes_again_only_with_new_rows():
    column = Column("x", 4, (2,), np.dtype(float))
    column.extend(np.zeros((1, 2)))
    ((_, _, first),) = column.tail()
    column.extend(np.ones((1, 2)))
    assert np.isnan(first[1:]).all()
    ((_, index, second),) = column.tail()
    assert (index, second[:2].tolist()) == (0, [[0, 0], [1, 1]])


@given(st.integers(1, 4096), st.sampled_from([2, 4, 8]))
def test_a_chunk_is_the_largest_power_of_two_of_rows_in_four_megabytes(d, itemsize):
    rows = rows_per_chunk([(d, d), (d,)], itemsize)
    assert rows & (rows - 1) == 0
    assert rows == 1 or rows * d * d * itemsize <= CHUNK_BYTES
    assert rows == 8192 or 2 * rows * d * d * itemsize > CHUNK_BYTES


def test_scalars_alone_have_chunks_of_8192_rows():
    assert rows_per_chunk([], 8) == 8192


class Disk:
    """A store that notes what it is asked, and fails at a chunk."""

    def __init__(self, fails=None):
        self.asked, self.fails = [], fails

    def commit(self, blocks, lengths, *, durable):
        for key, index, _ in blocks:
            if (key, index) == self.fails:
                raise OSError("full")
            self.asked.append((key, index, durable))
        self.asked.append((dict(lengths), durable))


def test_lengths_are_published_after_their_data_in_the_order_they_came():
    disk = Disk()
    publisher = Publisher(disk, durable=True)
    publisher.put([("a", 0, None), ("step", 0, None)], {"a": 1})
    publisher.put([("a", 1, None)], {"a": 2})
    publisher.join()
    publisher.stop()
    assert disk.asked == [
        *(("a", 0, True), ("step", 0, True), ({"a": 1}, True)),
        *(("a", 1, True), ({"a": 2}, True)),
    ]


def test_after_an_error_nothing_is_written_or_published():
    disk = Disk(fails=("a", 1))
    publisher = Publisher(disk, durable=False)
    for index in range(3):
        publisher.put([("a", index, None)], {"a": index + 1})
    publisher.join()
    publisher.stop()
    assert str(publisher.error) == "full"
    assert disk.asked == [("a", 0, False), ({"a": 1}, False)]


def write(path, n=3):
    with SnapshotWriter(path, attrs={"method": "byol", "data": "shapes"}) as writer:
        for step in range(n):
            matrix = np.full((2, 2), step, np.float32)
            writer.append(step, epoch=step / 2, time=1.0 * step, predictor=matrix, samples=9)
            writer.append_metrics([2 * step + 1, 2 * step + 2], loss=[step, step + 0.5])
            writer.append_evaluation(step, step / 2, knn_accuracy=0.5, linear_accuracy=step / 8)
    return path


@pytest.mark.parametrize("kept", [0, 3, 5, 40, -1])
def test_text_that_is_cut_off_is_refused_by_name(tmp_path, kept):
    path = write(tmp_path / "s.zarr")
    file = chunk_file(path, "evaluation/protocol", 0, 1)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"evaluation/protocol/c/0 is (truncated|damaged)"):
        open_snapshots(path, "evaluation")
    file.unlink()
    with pytest.raises(ValueError, match="evaluation/protocol/c/0 is missing"):
        open_snapshots(path, "evaluation")


def test_plain_xarray_reads_groups_labelled_and_as_a_tree(tmp_path):
    path = write(tmp_path / "s.zarr")
    metrics = xr.open_zarr(path, group="metrics")
    assert metrics.loss.sel(metrics_step=4) == 1.5
    table = xr.open_zarr(path, group="evaluation").to_dataframe()
    assert table.protocol.tolist() == ["knn", "linear"] * 3
    assert table.evaluation_step.tolist() == [0, 0, 1, 1, 2, 2]
    assert table.data.tolist() == ["shapes"] * 6
    tree = xr.open_datatree(path, engine="zarr")
    assert set(tree.groups) == {"/", "/metrics", "/evaluation"}
    assert tree["predictor"].sel(step=2).max() == 2
    # With what it inherits, a group can still be selected from.
    last = tree["evaluation"].to_dataset().isel(evaluation=-1).load()
    assert (last.protocol.item(), last.accuracy.item()) == ("linear", 0.25)
    assert tree["metrics"].to_dataset().loss.sel(metrics_step=6) == 2.5
    ours = open_snapshots(path, "metrics")
    assert ours.loss.sel(step=6) == 2.5
    assert ours.attrs["method"] == "byol"


def test_any_part_of_an_opened_run_is_saved_by_plain_to_zarr(tmp_path):
    eye = np.eye(512, dtype=np.float32)  # four snapshots a chunk
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        for step in range(11):
            writer.append(step, epoch=step / 2, predictor=step * eye)
            writer.append_evaluation(step, step / 2, knn_accuracy=0.5)
    ds = open_snapshots(tmp_path / "s.zarr")
    parts = {
        "slice": ds.isel(step=slice(3, None)),
        "stride": ds.isel(step=slice(None, None, 3)),
        "concat": xr.concat([ds.isel(step=slice(0, 2)), ds.isel(step=slice(5, None))], "step"),
        "table": open_snapshots(tmp_path / "s.zarr", "evaluation").isel(evaluation=slice(2, 5)),
    }
    for name, part in parts.items():
        part.to_zarr(tmp_path / name, consolidated=False)
        xr.testing.assert_equal(xr.open_zarr(tmp_path / name, consolidated=False).load(), part)
