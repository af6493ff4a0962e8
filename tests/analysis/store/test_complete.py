import pickle
import shutil

import numpy as np
import pytest
import xarray as xr
from strategies import learning_run, write_run

from analysis import SnapshotWriter, open_runs, open_snapshots
from analysis.store.complete import CompleteStore
from analysis.store.root import files_of, read_root


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run", learning_run(d=128, snapshots=80))  # chunks of 64 rows


def test_it_reads_what_zarr_reads(run):
    plain = xr.open_zarr(run / "snapshots.zarr").load()
    ours = open_snapshots(run).load()
    for name in ours.data_vars:
        ours[name].attrs.pop("resolution", None)  # ours alone: the rounding unit of the store
    xr.testing.assert_identical(ours, plain)
    path = run / "snapshots.zarr"
    store = CompleteStore.in_folder(path, files_of(read_root(path)), checked=True)
    again = xr.open_zarr(pickle.loads(pickle.dumps(store)), consolidated=True)  # as workers do
    xr.testing.assert_identical(again.load(), plain)


@pytest.mark.parametrize("lose", [shutil.rmtree, lambda folder: (folder / "0" / "0").unlink()])
def test_a_chunk_that_is_lost_after_opening_is_an_error_and_not_nan(run, lose):
    ds, many = open_snapshots(run), open_runs(run)
    lose(run / "snapshots.zarr" / "predictor" / "c" / "1")
    assert np.isfinite(ds["predictor"][:64]).all()
    for opened in (ds, many):
        with pytest.raises(FileNotFoundError, match=r"predictor/c/1/0/0 is missing since the run"):
            opened["predictor"].compute()
    with pytest.raises(ValueError, match=r"predictor/c/1/0/0 is missing"):
        open_snapshots(run)
    assert xr.open_zarr(run / "snapshots.zarr")["predictor"][64:].isnull().all()  # plain xarray


@pytest.mark.parametrize("at", [0, 1000, -1])
def test_a_bit_that_flips_after_opening_is_an_error_with_the_file_and_what_to_do(run, at):
    ds, many = open_snapshots(run), open_runs(run)
    file = run / "snapshots.zarr" / "predictor" / "c" / "1" / "0" / "0"
    content = bytearray(file.read_bytes())
    content[at] ^= 4
    file.write_bytes(content)
    for opened in (ds, many):
        with pytest.raises(ValueError, match=r"predictor/c/1/0/0 is damaged: its .*; restore it"):
            opened["predictor"].compute()
    assert np.isfinite(ds["predictor"][:64]).all()
    with pytest.raises(ValueError, match="checksum do not match"):  # plain xarray, by the codec
        xr.open_zarr(run / "snapshots.zarr")["predictor"].load()


def test_a_run_that_grew_is_not_taken_for_what_it_was(tmp_path):
    with SnapshotWriter(tmp_path / "snapshots.zarr") as writer:
        sums = []
        for step in range(2):
            writer.append(step, epoch=0.0, time=0.0, predictor=np.full((2, 2), step + 1.0))
            writer.flush()
            sums.append(open_snapshots(tmp_path)["predictor"].sum())
        both = xr.Dataset(dict(zip("ab", sums, strict=True))).compute()  # one graph of dask
    assert (both["a"].item(), both["b"].item()) == (4, 12)
