import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numbered_stores import matrices, write

from analysis.store import chunks
from analysis.store.hierarchy import Store
from analysis.store.reader import SnapshotWriter, open_snapshots
from analysis.store.root import read_root

CHUNK = 4  # rows a chunk at d = 512


def edit(path: Path, **attributes: object) -> None:
    root = json.loads((path / "zarr.json").read_text())
    root["attributes"] |= attributes
    (path / "zarr.json").write_text(json.dumps(root))


def swap(path: Path, one: str, other: str) -> None:
    content = (path / one).read_bytes()
    shutil.copy(path / other, path / one)
    (path / other).write_bytes(content)


def test_plain_xarray_shows_labelled_complete_data(tmp_path):
    write(tmp_path / "s.zarr", 3, attrs={"method": "byol"})
    run = xr.open_zarr(tmp_path / "s.zarr")
    assert run.predictor.dims == ("step", "row", "col")
    assert set(run.coords) == {"step", "epoch", "time"}
    assert run.predictor.attrs["symbol"] == "$W_p$"
    assert run.correlation.attrs["long_name"] == "same-view correlation"
    assert run.attrs["method"] == "byol"
    assert run.attrs["closed"] is True


def test_a_closed_store_reads_the_same_without_consolidated_metadata(tmp_path):
    write(tmp_path / "s.zarr", 5)
    with_root = xr.open_zarr(tmp_path / "s.zarr")
    xr.testing.assert_identical(
        with_root.drop_attrs(), xr.open_zarr(tmp_path / "s.zarr", consolidated=False).drop_attrs()
    )


def test_a_reader_sees_what_was_flushed_and_nothing_else(tmp_path):
    W, F = matrices(3)
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        assert dict(open_snapshots(tmp_path / "s.zarr").sizes) == {}
        for i in range(2):
            writer.append(step=i, predictor=W[i], correlation=F[i])
        assert writer.committed_step is None
        writer.flush()
        writer.append(step=2, predictor=W[2], correlation=F[2])
        run = open_snapshots(tmp_path / "s.zarr")
        assert writer.committed_step == 1
        assert not run.attrs["closed"]
        np.testing.assert_array_equal(run.predictor, W[:2])
    np.testing.assert_array_equal(open_snapshots(tmp_path / "s.zarr").predictor, W)


def test_reading_is_lazy_with_one_dask_chunk_per_stored_chunk(tmp_path):
    write(tmp_path / "s.zarr", 2 * CHUNK + 1, d=512)
    assert open_snapshots(tmp_path / "s.zarr").predictor.chunks[0] == (CHUNK, CHUNK, 1)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: (p / "zarr.json").unlink(), "no snapshot store at"),
        (lambda p: shutil.rmtree(p), "no snapshot store at"),
        (lambda p: (p / "zarr.json").write_text('{"zarr_format": 3, "attr'), "truncated or not"),
        (lambda p: (p / "zarr.json").write_text("[]"), "truncated or not zarr metadata"),
        (lambda p: edit(p, format="other"), "zarr group of format 'other'; wanted"),
        (lambda p: edit(p, format_version=99), "format version 99; this library reads up to 3"),
        (lambda p: edit(p, format_version=2), "zarr.json is damaged or was edited"),
        (lambda p: edit(p, format_version="3"), "has format version '3'"),
        (lambda p: edit(p, closed=False), "zarr.json is damaged or was edited: its checksum"),
        (lambda p: edit(p, mine=1), "was edited: its checksum is not that of its content; restore"),
        (lambda p: (p / "predictor/c/1/0/0").unlink(), "predictor/c/1/0/0 is missing"),
        (lambda p: os.truncate(p / "predictor/c/1/0/0", 900), "is truncated: 900 of"),
        (lambda p: os.truncate(p / "predictor/c/1/0/0", 3), "is truncated: 3 of 20"),
        (lambda p: os.truncate(p / "time/c/0", 8), "time/c/0 is truncated: 8 of 65540"),
        (
            lambda p: swap(p, "predictor/c/0/0/0", "predictor/c/1/0/0"),
            "chunk of another place, run",
        ),
        (lambda p: swap(p, "predictor/c/0/0/0", "correlation/c/0/0/0"), "chunk of another place"),
        (
            lambda p: swap(p, "time/c/0", "epoch/c/0"),
            "c/0 is a chunk of another place, run or time",
        ),
    ],
)
def test_a_damaged_or_foreign_store_is_refused_with_its_name(tmp_path, damage, message):
    path = tmp_path / "s.zarr"
    write(path, 2 * CHUNK, d=512)
    damage(path)
    with pytest.raises((ValueError, FileNotFoundError), match=message) as caught:
        open_snapshots(path)
    assert str(path) in str(caught.value)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        SnapshotWriter(path, resume_after=0)


def test_a_run_that_goes_on_while_it_is_opened_is_not_taken_for_damaged(tmp_path, monkeypatch):
    W, _ = matrices(3)
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        writer.append(step=0, predictor=W[0])
        writer.flush()

        def late(path):
            root = read_root(path)
            if writer.last_step() < 2:  # the tail is replaced after its root was read
                writer.append(step=writer.last_step() + 1, predictor=W[writer.last_step() + 1])
                writer.flush()
            return root

        monkeypatch.setattr(chunks, "read_root", late)
        run = open_snapshots(tmp_path / "s.zarr")
        np.testing.assert_array_equal(run.predictor, W[: run.sizes["step"]])


def test_a_tail_that_was_replaced_by_a_killed_writer_is_read_up_to_what_was_published(
    tmp_path, monkeypatch
):
    W, _ = matrices(3)
    path = tmp_path / "s.zarr"
    writer = SnapshotWriter(path)
    writer.append(step=0, predictor=W[0])
    writer.flush()
    monkeypatch.setattr(Store, "publish", lambda *a, **k: (_ for _ in ()).throw(OSError("killed")))
    writer.append(step=1, predictor=W[1])
    with pytest.raises(OSError, match="killed"):
        writer.close()
    monkeypatch.undo()
    np.testing.assert_array_equal(open_snapshots(path).predictor, W[:1])
    with SnapshotWriter(path, resume_after=0) as writer:
        for i in (1, 2):
            writer.append(step=i, predictor=W[i])
    np.testing.assert_array_equal(open_snapshots(path).predictor, W)


def test_a_group_that_is_not_there_is_named(tmp_path):
    write(tmp_path / "s.zarr", 1)
    with pytest.raises(ValueError, match=r"no group 'evaluation'; it has \['metrics'\]"):
        open_snapshots(tmp_path / "s.zarr", "evaluation")
