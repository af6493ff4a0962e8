import pytest

from analysis import SnapshotWriter
from analysis.store.schema import COORDINATES, GROUPS, STORE
from analysis.store.strays import is_empty, is_stray
from trainers.runs.directory import check_free

STRAYS = [
    *(".DS_Store", "._0", "Thumbs.db", "desktop.ini", "Desktop.ini", ".directory", ".nfs000001"),
    *("zarr.json~", ".zarr.json.swp", "zarr.sync-conflict-20261125-101500-ABCDEFG.json"),
    *("zarr (Anna's conflicted copy 2026-11-25).json", ".stfolder", ".dropbox", ".smbdeleteAA"),
]
OURS = [*COORDINATES, *(n for g in GROUPS.values() for n in g), *GROUPS, "zarr.json", "c", "0"]


def test_strays_are_known_and_nothing_of_a_run_is_one():
    assert all(map(is_stray, STRAYS))
    assert not any(map(is_stray, [*OURS, STORE, "checkpoint.pt", "figures", "1.png", ".lock"]))


@pytest.mark.parametrize("stray", STRAYS)
def test_a_folder_of_strays_is_free_for_a_run(tmp_path, stray):
    (tmp_path / stray).touch()
    assert is_empty(tmp_path)
    check_free(tmp_path, overwrite=False)
    (tmp_path / "thesis.tex").touch()
    assert not is_empty(tmp_path)
    with pytest.raises(FileExistsError):
        check_free(tmp_path, overwrite=True)


def test_a_store_is_begun_where_a_file_manager_has_looked(tmp_path):
    (tmp_path / STORE).mkdir()
    (tmp_path / STORE / ".DS_Store").write_text("theirs")
    SnapshotWriter(tmp_path / STORE).close()
    assert (tmp_path / STORE / ".DS_Store").read_text() == "theirs"
