"""An old run makes way for a new one: it is whole until that one stands, whatever happens."""

from itertools import count

import pytest
from interrupts import interrupted_at

from analysis.store.lock import hold
from trainers.runs import replacement
from trainers.runs.directory import BEGINNING, check_free
from trainers.runs.replacement import beginning, recover


def write(run, said):
    """Make a run as far as its place is concerned."""
    (run / "snapshots.zarr").mkdir(parents=True)
    (run / "snapshots.zarr" / "zarr.json").write_text(said)
    (run / "checkpoint.pt").write_text(said)


def content(folder):
    return {
        file.relative_to(folder).as_posix(): file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def replace(run, said="new", fails=None):
    """Do as training does."""
    with hold(run) as held:
        recover(held)
        check_free(run, overwrite=True)
        with beginning(held) as stands:
            (run / "snapshots.zarr").mkdir()
            (run / "snapshots.zarr" / "zarr.json").write_text(said)
            if fails:
                raise fails
            (run / "checkpoint.pt").write_text(said)
            stands()


def look(run):
    """Do as resuming and evaluating do."""
    with hold(run) as held:
        recover(held)


@pytest.fixture
def old(tmp_path):
    write(tmp_path / "run", "old")
    return tmp_path / "run"


OLD = {"checkpoint.pt": "old", "snapshots.zarr/zarr.json": "old"}
NEW = {"checkpoint.pt": "new", "snapshots.zarr/zarr.json": "new"}


def test_a_new_run_takes_the_place_of_the_old_and_nothing_is_left_of_it(old):
    (old / "classifier.pt").touch()
    (old / "figures").mkdir()
    replace(old)
    assert content(old) == NEW
    assert list(old.parent.iterdir()) == [old]


def test_a_new_run_begins_where_nothing_was_or_an_empty_folder(tmp_path):
    replace(tmp_path / "a" / "run")
    (tmp_path / "b").mkdir()
    replace(tmp_path / "b")
    assert content(tmp_path / "a" / "run") == content(tmp_path / "b") == NEW


@pytest.mark.parametrize("error", [ValueError("no"), OSError("full"), KeyboardInterrupt()])
def test_a_failure_before_the_first_checkpoint_leaves_what_was_there(tmp_path, old, error):
    with pytest.raises(type(error)):
        replace(old, fails=error)
    assert content(old) == OLD
    with pytest.raises(type(error)):
        replace(tmp_path / "a" / "b", fails=error)
    assert list(tmp_path.iterdir()) == [old]


def test_a_failure_after_it_leaves_the_new_run(old):
    def run():
        with hold(old) as held, beginning(held) as stands:
            write(old, "new")
            stands()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        run()
    assert content(old) == NEW


def test_files_that_are_not_of_a_run_go_to_the_new_one_and_links_are_not_followed(tmp_path, old):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "c").write_text("precious")
    (old / "notes.txt").write_text("mine")
    (old / "data").symlink_to(tmp_path / "data")
    (old / "figures").symlink_to(tmp_path / "data")
    (old / "snapshots.zarr" / "c").symlink_to(tmp_path / "data")
    replace(old)
    assert (old / "data").is_symlink()
    assert content(old) == NEW | {"notes.txt": "mine"}
    assert content(tmp_path / "data") == {"c": "precious"}


def test_a_run_behind_a_link_is_replaced_where_it_is(tmp_path, old):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "run"
    link.symlink_to(old)
    replace(link)
    assert link.is_symlink()
    assert content(old) == NEW


def kill_at(n, monkeypatch, run):
    """Return whether `run` was killed at the n-th line that it executes of what is tested."""
    with monkeypatch.context() as patched:
        patched.setattr(replacement, "_undo", lambda held: None)  # a kill undoes nothing
        return interrupted_at(n, ["trainers/runs/replacement.py"], run) is not None


@pytest.mark.parametrize("first", ["old", None, "killed"])
def test_a_kill_at_any_line_loses_no_run_that_was_whole(tmp_path, monkeypatch, capsys, first):
    before = OLD if first == "old" else {}
    outcomes = set()
    for n in count(1):
        run = tmp_path / str(n) / "run"
        if first == "old":
            write(run, "old")
            (run / "notes.txt").write_text("mine")
        elif first == "killed":
            (run / "snapshots.zarr").mkdir(parents=True)
            (run / BEGINNING).touch()
        if not kill_at(n, monkeypatch, lambda run=run: replace(run)):
            break
        for again in count(1, 3):  # and what recovers may be killed itself
            if not kill_at(again, monkeypatch, lambda run=run: look(run)):
                break
        there = content(run) if run.exists() else {}
        begun = there.pop(BEGINNING, None) is not None
        notes = there.pop("notes.txt", None)
        assert (notes == "mine") == (first == "old")
        assert there in (before, NEW) or (begun and not before)
        outcomes.add(there == NEW)
        check_free(run, overwrite=first == "old" or there == NEW)
        replace(run, "newer")
        assert content(run)["checkpoint.pt"] == "newer"
        assert [each.name for each in run.parent.iterdir()] == ["run"]
    assert outcomes == {True, False}
    assert n > 20


def test_what_was_put_aside_is_not_taken_for_what_came_in_its_place(tmp_path, old):
    aside = old.rename(tmp_path / ".run.replaced")
    write(old, "another")
    with pytest.raises(FileExistsError, match=r"run and .*\.run\.replaced are"):
        look(old)
    assert content(aside) == OLD
    assert content(old)["checkpoint.pt"] == "another"


def test_a_run_that_is_moved_or_replaced_while_it_begins_is_left_alone(tmp_path, old):
    def move():
        with hold(old) as held, beginning(held):
            (old / "snapshots.zarr").mkdir()
            old.rename(moved)
            if there:
                write(old, "another")
            raise ValueError("no")

    for there in (False, True):
        moved = tmp_path / f"moved-{there}"
        with pytest.raises(ValueError, match="no"):
            move()
        assert set(moved.iterdir()) == {moved / BEGINNING, moved / "snapshots.zarr"}
        assert content(old)["checkpoint.pt"] == ("another" if there else "old")
    assert content(tmp_path / ".run.replaced") == OLD


def test_a_run_that_cannot_be_put_aside_is_left_as_it_is(old, monkeypatch):
    def rename(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(replacement.os, "rename", rename)
    with pytest.raises(OSError, match=r"run cannot be renamed to \.run\.replaced: Perm"):
        replace(old)
    assert content(old) == OLD
