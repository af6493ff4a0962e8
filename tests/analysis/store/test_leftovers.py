"""What a writer removes and follows in a store: what is its own, and nothing else."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from numbered_stores import assert_holds, write

from analysis.store.reader import SnapshotWriter, open_snapshots

CHUNK = 4  # rows a chunk at d = 512
STRAYS = [
    *(".DS_Store", "._0", "Thumbs.db", "desktop.ini", ".nfs0000000001", "0~", "01", "-1", "1.5"),
    *("0.sync-conflict-20261125-101500-ABCDEFG", "0 (copy)", "²", "c", "notes.txt"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """Two whole chunks of matrices and a row, and a table of accuracies."""
    path = tmp_path_factory.mktemp("leftovers") / "s.zarr"
    write(path, 2 * CHUNK + 1, d=512)
    with SnapshotWriter(path, resume_after=10**6) as writer:
        writer.append_evaluation(80, 1.6, knn_accuracy=0.5)
    return path


@pytest.fixture
def store(written, tmp_path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "run" / "s.zarr"))


def everything(folder: Path) -> dict[str, object]:
    """Every file below a folder with its content, every link with its target."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        found[name] = os.readlink(path) if path.is_symlink() else path.is_dir() or path.read_bytes()
    return found


def test_strays_of_file_managers_stop_neither_reading_nor_writing_and_stay(store):
    folders = [store.parent, *(p for p in store.parent.rglob("*") if p.is_dir())]
    strays = [
        folder / name for folder in folders for name in STRAYS if not (folder / name).exists()
    ]
    for stray in strays:
        stray.write_text("theirs")
    (store / "predictor" / "c" / "old").mkdir()
    (store / "predictor" / "c" / "old" / "7").write_text("theirs")
    assert open_snapshots(store.parent / "s.zarr").sizes["step"] == 2 * CHUNK + 1
    with SnapshotWriter(store, resume_after=10 * CHUNK - 1) as writer:
        assert writer.committed_step == 10 * CHUNK - 10
    assert_holds(store, CHUNK, d=512)
    assert all(stray.read_text() == "theirs" for stray in strays)
    assert (store / "predictor" / "c" / "old" / "7").read_text() == "theirs"
    assert not (store / "predictor" / "c" / "1" / "0" / "0").exists()
    write(store, CHUNK, d=512, start=CHUNK, resume_after=10 * CHUNK - 1)
    assert_holds(store, 2 * CHUNK, d=512)


def link(place: Path, target: Path) -> None:
    """Put a link to a copy elsewhere in the place of a folder."""
    shutil.move(place, target)
    os.symlink(target, place)


@pytest.mark.parametrize(
    "place",
    ["", "samples/c", "samples", "predictor/c/2", "predictor/c/2/0", "predictor/c/0", "metrics"],
)
def test_a_link_in_the_place_of_a_folder_is_refused_and_nothing_is_written(store, tmp_path, place):
    outside = tmp_path / "outside"
    link(store / place, outside)
    (outside / "7").mkdir()
    (outside / "7" / "thesis.tex").write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(
        ValueError, match=r"is a link to .*outside: what is written there would lie els"
    ):
        SnapshotWriter(store, resume_after=0)
    assert everything(tmp_path) == before
    assert open_snapshots(store).sizes["step"] == 2 * CHUNK + 1  # reading follows it


@pytest.mark.parametrize("name", ["9", "x", ".DS_Store"])
def test_a_link_past_the_end_is_refused_or_left(store, tmp_path, name):
    outside = tmp_path / "outside"
    (outside / "0").mkdir(parents=True)
    (outside / "0" / "0").write_text("mine")
    os.symlink(outside, store / "predictor" / "c" / name)
    if name == "9":  # a chunk will have this name
        with pytest.raises(ValueError, match="predictor/c/9 is a link"):
            SnapshotWriter(store, resume_after=0)
    else:
        SnapshotWriter(store, resume_after=0).close()
    assert (store / "predictor" / "c" / name).is_symlink()
    assert (outside / "0" / "0").read_text() == "mine"


def test_a_link_in_the_place_of_a_file_is_replaced(store, tmp_path):
    file = store / "samples" / "c" / "0"
    link(file, tmp_path / "outside")
    before = (tmp_path / "outside").read_bytes()
    write(store, 1, d=512, start=2 * CHUNK + 1, resume_after=20 * CHUNK + 9)
    assert_holds(store, 2 * CHUNK + 2, d=512)
    assert (tmp_path / "outside").read_bytes() == before


def test_what_a_kill_left_is_removed(store):
    names = ["zarr.json", "samples/zarr.json", "metrics/loss/c/0", "predictor/c/0/0/0"]
    left = []
    for name in names:
        file = store / name
        left.append(file.with_name(f".{file.name}.0123456789abcdef.partial"))
        left.append(file.with_suffix(f".{'0' * 32}.partial"))  # of zarr
    for like, key in {"predictor": "head", "samples": "metrics/tau"}.items():  # never published
        shutil.copytree(store / like, store / key)
        left.append(store / key)
    for file in left:
        if not file.exists():
            file.touch()
    SnapshotWriter(store, resume_after=10**6).close()
    assert not [file for file in left if file.exists()]
    assert_holds(store, 2 * CHUNK + 1, d=512)


def test_a_group_that_was_never_published_is_removed(tmp_path):
    path = tmp_path / "s.zarr"
    with SnapshotWriter(path) as writer:
        writer.append(0, predictor=np.eye(2))
    shutil.copytree(path / "step", path / "metrics" / "loss")
    (path / "metrics" / "zarr.json").write_text("{}")
    SnapshotWriter(path, resume_after=0).close()
    assert not (path / "metrics").exists()
    assert open_snapshots(path).sizes["step"] == 1


@pytest.mark.parametrize("key", ["../other/x", "/etc", "a//b", ".", "metrics/..", "a\\b", "a\0b"])
def test_metadata_that_speak_of_what_is_elsewhere_are_refused(store, key):
    root = json.loads((store / "zarr.json").read_text())
    nodes = root["consolidated_metadata"]["metadata"]
    nodes[key] = nodes["samples"]
    (store / "zarr.json").write_text(json.dumps(root))
    for opened in (open_snapshots, lambda path: SnapshotWriter(path, resume_after=0)):
        with pytest.raises(ValueError, match="which would lie elsewhere"):
            opened(store)
