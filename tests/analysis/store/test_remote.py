"""Runs behind addresses: read as those in folders are, and never written."""

import functools
import http.server
import shutil
import threading
from pathlib import Path

import fsspec
import numpy as np
import pytest
import xarray as xr
from numbered_stores import write as write_numbered
from run_stores import write

from analysis import SnapshotWriter, asymmetry, open_runs, open_snapshots
from analysis.commands.main import main
from analysis.figures import save_figure
from analysis.measures.accuracy import read_accuracies
from analysis.store.address import address_of, local_path
from analysis.store.runs import run_paths
from trainers import METHODS, Config, train


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two runs, one of them evaluated, and what is no run."""
    folder = tmp_path_factory.mktemp("local")
    for seed in (0, 1):
        write(folder, f"run-{seed}", {}, seed, **({"knn_accuracy": 0.5} if seed else {}))
    write_numbered(folder / "numbered" / "snapshots.zarr", 9, d=512)
    (folder / "notes.txt").write_text("not a run")
    return folder


@pytest.fixture
def memory(folder):
    """The same in memory, at an address."""
    system = fsspec.filesystem("memory")
    for file in (f for f in folder.rglob("*") if f.is_file()):
        system.pipe_file(f"/bucket/{file.relative_to(folder).as_posix()}", file.read_bytes())
    yield "memory://bucket"
    system.store.clear()
    system.pseudo_dirs[:] = [""]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty working directory, which has to stay so."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("inside", ["", "/", "/snapshots.zarr"])
@pytest.mark.parametrize("kind", [str, Path])
def test_a_run_is_read_from_an_address(folder, memory, elsewhere, kind, inside):
    there = open_snapshots(kind(f"{memory}/numbered{inside}"))
    here = open_snapshots(folder / "numbered")
    xr.testing.assert_identical(there.load(), here.load())
    metrics = open_snapshots(f"{memory}/numbered", "metrics")
    xr.testing.assert_identical(metrics, open_snapshots(folder / "numbered", "metrics"))


def test_a_matrix_stays_there_until_it_is_computed(memory, elsewhere):
    ds = open_snapshots(f"{memory}/numbered")
    assert ds["predictor"].chunks[0] == (4, 4, 1)
    system = fsspec.filesystem("memory")
    chunk = "/bucket/numbered/snapshots.zarr/predictor/c/1/0/0"
    content = system.cat_file(chunk)
    system.pipe_file(chunk, content[:100] + bytes([content[100] ^ 1]) + content[101:])
    assert np.isfinite(asymmetry(ds["predictor"].isel(step=0)))
    with pytest.raises(ValueError, match=r"memory://bucket/numbered.*c/1/0/0 is damaged"):
        ds["predictor"].load()
    system.rm_file(chunk)
    with pytest.raises(FileNotFoundError, match="c/1/0/0 is missing"):
        ds["predictor"].load()


def test_a_folder_of_runs_is_opened_at_its_address(folder, memory, elsewhere):
    fsspec.filesystem("memory").rm("/bucket/numbered", recursive=True)
    here = [folder / "run-0", folder / "run-1"]
    assert run_paths(memory) == [f"{memory}/run-0", f"{memory}/run-1"]
    for group in (None, "evaluation"):
        xr.testing.assert_identical(open_runs(memory, group).load(), open_runs(here, group).load())
    mixed = open_runs([f"{memory}/run-0", folder / "run-1"]).load()
    xr.testing.assert_identical(mixed, open_runs(here).load())
    assert read_accuracies([memory])["accuracy"].tolist() == [0.5]


@pytest.fixture
def server(folder):
    """The same by HTTP."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = functools.partial(quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


def test_a_run_is_read_by_http(folder, server, elsewhere):
    pytest.importorskip("aiohttp")
    there = open_snapshots(f"{server}/numbered")
    xr.testing.assert_identical(there.load(), open_snapshots(folder / "numbered").load())
    with pytest.raises(FileNotFoundError, match="no snapshot store at http"):
        open_snapshots(f"{server}/nothing")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("memory://nowhere/run", "no snapshot store at memory://nowhere/run"),
        ("nosuch://bucket/run", "nosuch://bucket/run/snapshots.zarr/zarr.json: .*nosuch"),
        ("http://127.0.0.1:9/run", "could not be read"),
        ("simplecache::memory://nowhere/run", "no snapshot store at simplecache::memory"),
    ],
)
def test_what_cannot_be_read_is_one_line(elsewhere, address, message):
    if address.startswith("http"):
        pytest.importorskip("aiohttp")
    with pytest.raises((ValueError, OSError), match=message) as refused:
        open_snapshots(address)
    assert "\n" not in str(refused.value)
    with pytest.raises((ValueError, OSError)):
        open_runs(address)


def test_an_address_that_holds_something_else_is_refused(memory, elsewhere):
    fsspec.filesystem("memory").pipe_file("/bucket/other/zarr.json", b"{}")
    with pytest.raises(ValueError, match=r"memory://bucket/other/zarr.json is truncated or not"):
        open_snapshots("memory://bucket/other")


@pytest.mark.parametrize("address", ["s3://bucket/run", "memory://run", Path("s3://bucket/run")])
def test_nothing_is_written_to_an_address_nor_to_a_folder_of_that_name(
    memory, elsewhere, capsys, address
):
    message = "is an address, from which runs are only read"
    for write_it in (
        SnapshotWriter,
        lambda out: train(Config(method=METHODS["byol"], data="gaussian"), out),
        lambda out: save_figure(None, out),
    ):
        with pytest.raises(ValueError, match=message):
            write_it(address)
    assert main([str(address)]) == 2
    assert message in capsys.readouterr().err


def test_paths_and_addresses_are_told_apart(tmp_path, monkeypatch, folder):
    for path in ("runs/a", "C:/runs", "C:\\runs", "a:b", "./s3:/x", "/s3://x", "a//b", ".."):
        assert address_of(path) is None
    assert address_of("gs://b/x/") == address_of(Path("gs://b/x")) == "gs://b/x"
    assert local_path(f"file://{tmp_path}") == tmp_path
    (tmp_path / "s3:" / "b").mkdir(parents=True)  # somebody has a folder of that name
    monkeypatch.chdir(tmp_path)
    assert address_of("s3:/b") is None
    shutil.copytree(folder / "run-0", tmp_path / "s3:" / "b" / "run")
    assert open_snapshots("s3:/b/run").sizes["step"] == 2
    assert open_snapshots(f"file://{folder}/run-0").sizes["step"] == 2
