import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numbered_stores import assert_holds, write

from analysis.store.chunks import rows_per_chunk
from analysis.store.reader import SnapshotWriter, open_snapshots

CHUNK = 4  # rows a chunk at d = 512


@pytest.mark.parametrize("n", [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 1])
def test_what_is_written_is_what_is_read(tmp_path, n):
    write(tmp_path / "s.zarr", n, d=512)
    assert_holds(tmp_path / "s.zarr", n, d=512)


@given(d=st.integers(1, 6), n=st.integers(1, 12), dtype=st.sampled_from(["f4", "f8"]))
def test_any_shape_and_dtype_comes_back_bit_by_bit(tmp_path_factory, d, n, dtype):
    path = tmp_path_factory.mktemp("law") / "s.zarr"
    W = np.random.default_rng(d).normal(size=(n, d, d)).astype(dtype)
    with SnapshotWriter(path) as writer:
        for i in range(n):
            writer.append(step=i, predictor=W[i])
    run = open_snapshots(path)
    assert run.predictor.dtype == W.dtype
    np.testing.assert_array_equal(run.predictor, W)


def test_a_row_never_waits_longer_than_the_flush_time(tmp_path):
    with SnapshotWriter(tmp_path / "s.zarr", flush_seconds=0.0) as writer:
        writer.append(step=0, predictor=np.eye(3))
        writer.append(step=1, predictor=np.eye(3))
        writer._session._publisher.join()
        assert open_snapshots(tmp_path / "s.zarr").sizes["step"] == 2


def test_the_source_may_be_overwritten_after_append(tmp_path):
    W = np.eye(3, dtype=np.float32)
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        writer.append(step=0, predictor=W)
        W[:] = 9
    np.testing.assert_array_equal(open_snapshots(tmp_path / "s.zarr").predictor[0], np.eye(3))


def test_a_chunk_of_nan_is_stored_like_any_other(tmp_path):
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        writer.append(step=0, predictor=np.full((2, 2), np.nan))
    assert open_snapshots(tmp_path / "s.zarr").predictor.isnull().all()
    with SnapshotWriter(tmp_path / "s.zarr", resume_after=-1) as writer:
        writer.append(step=0, predictor=np.full((2, 2), np.nan))
    assert open_snapshots(tmp_path / "s.zarr").predictor.isnull().all()


def test_a_chunk_is_about_four_megabytes():
    assert [rows_per_chunk([(d, d)], 4) for d in (128, 512, 2048, 4096)] == [64, 4, 1, 1]
    assert rows_per_chunk([(2, 2)], 4) == 8192


@pytest.mark.parametrize("kept", [0, 1, CHUNK - 1, CHUNK, CHUNK + 2, 2 * CHUNK])
def test_resuming_continues_without_gap_or_duplicate(tmp_path, kept):
    path = tmp_path / "s.zarr"
    write(path, 2 * CHUNK + 1, d=512)
    write(path, 2 * CHUNK - kept + 3, d=512, start=kept, resume_after=10 * kept - 1)
    assert_holds(path, 2 * CHUNK + 3, d=512)
    assert not list(path.rglob("*.partial"))


def test_resuming_hides_later_rows_at_once_and_deletes_their_files(tmp_path):
    path = tmp_path / "s.zarr"
    write(path, 3 * CHUNK, d=512)
    writer = SnapshotWriter(path, resume_after=10)
    assert open_snapshots(path).sizes["step"] == 2
    assert [chunk.name for chunk in (path / "predictor" / "c").iterdir()] == ["0"]
    writer.close()
    assert open_snapshots(path).sizes["step"] == 2
    assert open_snapshots(path, "metrics").step.values.tolist() == [0, 1, 10]


def test_resuming_before_the_first_row_starts_afresh(tmp_path):
    write(tmp_path / "s.zarr", 3)
    write(tmp_path / "s.zarr", 2, resume_after=-1)
    assert_holds(tmp_path / "s.zarr", 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 0}, "steps must rise: got .0. after 0"),
        ({"predictor": np.eye(4)}, r"'predictor' has shape \(4, 4\); this store holds \(3, 3\)"),
        ({"predictor": np.eye(3, dtype="f4")}, "dtype float32; this store holds float64"),
        ({"correlation": np.eye(3)}, r"holds \['predictor', 'step'\]; got \['correlation'"),
    ],
)
def test_a_snapshot_unlike_the_first_is_refused(tmp_path, change, message):
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        writer.append(step=0, predictor=np.eye(3))
        with pytest.raises(ValueError, match=message):
            writer.append(**{"step": 1, "predictor": np.eye(3)} | change)
    assert open_snapshots(tmp_path / "s.zarr").sizes["step"] == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"predictr": np.eye(3)}, "did you mean 'predictor'"),
        ({"banana": np.eye(3)}, "not a variable of the schema; choose from"),
        ({"predictor": np.ones(3)}, r"its dims are \('step', 'row', 'col'\)"),
        ({"predictor": np.eye(3) * 1j}, "dtype complex128; wanted real"),
        ({"samples": np.eye(3)}, r"its dims are \('step',\)"),
    ],
)
def test_values_outside_the_schema_are_refused(tmp_path, values, message):
    with (
        SnapshotWriter(tmp_path / "s.zarr") as writer,
        pytest.raises(ValueError, match=message),
    ):
        writer.append(step=0, **values)


def test_a_resumed_run_keeps_its_shapes(tmp_path):
    write(tmp_path / "s.zarr", 2)
    F = np.eye(4, dtype="f4")
    with (
        SnapshotWriter(tmp_path / "s.zarr", resume_after=10) as writer,
        pytest.raises(ValueError, match=r"this store holds \(8, 8\)"),
    ):
        writer.append(step=20, epoch=4, time=2, predictor=F, correlation=F, samples=7)


def test_metrics_of_unequal_length_are_refused(tmp_path):
    with (
        SnapshotWriter(tmp_path / "s.zarr") as writer,
        pytest.raises(ValueError, match="'loss' has 2 rows, step has 1"),
    ):
        writer.append_metrics(step=[0], loss=[1.0, 2.0])


def test_nothing_is_overwritten(tmp_path):
    write(tmp_path / "s.zarr", 2)
    with pytest.raises(FileExistsError, match="exists; resume it, remove it or write elsewhere"):
        SnapshotWriter(tmp_path / "s.zarr")
    assert_holds(tmp_path / "s.zarr", 2)


def test_a_second_writer_is_refused(tmp_path):
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        writer.append(step=0, predictor=np.eye(2))
        with pytest.raises(BlockingIOError, match="held by another writer"):
            SnapshotWriter(tmp_path / "s.zarr", resume_after=0)
    SnapshotWriter(tmp_path / "s.zarr", resume_after=0).close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork in a threaded process: the point
def test_a_forked_child_is_refused(tmp_path):
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        child = os.fork()
        if child == 0:
            try:
                writer.append(step=0, predictor=np.eye(2))
            except RuntimeError as error:
                os._exit(0 if "another process" in str(error) else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_closed_writer_is_refused(tmp_path):
    writer = SnapshotWriter(tmp_path / "s.zarr")
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="is closed; resume it"):
        writer.append(step=0, predictor=np.eye(2))


@pytest.mark.parametrize("gone", ["zarr.json", "predictor/zarr.json"])
def test_a_removal_that_has_begun_is_missed_though_the_folder_is_still_there(tmp_path, gone):
    writer = SnapshotWriter(tmp_path / "s.zarr")
    writer.append(step=0, predictor=np.eye(2))
    writer.flush()
    (tmp_path / "s.zarr" / gone).unlink()
    for end in (writer.flush, writer.close):
        with pytest.raises(OSError, match=f"{gone} was changed or removed by others while it was"):
            end()
    assert not (tmp_path / "s.zarr" / gone).exists()
