"""Who holds a run: one writer, wherever the run goes, and nobody once that writer is gone."""

import errno
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest

from analysis.store import lock as locks
from analysis.store.lock import DisplacedError, hold, is_held, lock_file


@pytest.fixture
def run(tmp_path):
    """A directory of a run."""
    run = tmp_path / "runs" / "run"
    run.mkdir(parents=True)
    return run


def refused(run):
    with pytest.raises(BlockingIOError, match="is held by another writer"):
        hold(run)
    return True


def test_a_run_is_held_once_there_or_not_yet_and_free_again_with_nothing_left(tmp_path):
    run = tmp_path / "a" / "b" / "run"
    assert not is_held(run)
    with hold(run) as held:
        assert held.run == run
        assert is_held(run)
        assert refused(run)
        run.mkdir()
        held.own(run)
        assert refused(run)
    assert not is_held(run)
    hold(run).release()
    run.rmdir()
    with hold(run):
        pass
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "a", tmp_path / "a" / "b"]


def test_folders_made_for_a_run_that_never_came_are_removed(tmp_path):
    hold(tmp_path / "a" / "b" / "run").release()
    assert not list(tmp_path.iterdir())


def test_the_refusal_names_who_holds_it(run):
    with hold(run), pytest.raises(BlockingIOError, match=f"process {os.getpid()} on "):
        hold(run)


def test_a_run_is_one_run_by_whatever_path(run, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(run)
    (tmp_path / "other").symlink_to(run.parent)
    monkeypatch.chdir(run)
    with hold(tmp_path / "link"):
        for path in (
            run,
            ".",
            "../run",
            tmp_path / "other" / "run",
            run.parent / "x" / ".." / "run",
        ):
            assert is_held(path)
            assert refused(path)


def test_a_run_that_was_moved_is_still_held(run):
    with hold(run) as held:
        held.check()
        moved = run.rename(run.with_name("moved"))
        assert is_held(moved)
        assert refused(moved)
        assert not lock_file(moved).exists()
        assert refused(run)  # nor may another be made in its place
        with pytest.raises(DisplacedError, match=f"{run} was moved to {moved} while it was"):
            held.check()
    hold(moved).release()


def test_a_run_that_was_removed_or_replaced_is_noticed(run):
    with hold(run) as held:
        run.rmdir()
        run.mkdir()  # most file systems would give it the same number, were it not held open
        with pytest.raises(DisplacedError, match=f"{run} was removed while it was written"):
            held.check()


def test_what_is_written_through_a_held_directory_never_comes_to_its_old_path(run):
    with hold(run) as held:
        through = held.own(run)
        moved = run.rename(run.with_name("moved"))
        (through / "file").touch()
        (through / "folder").mkdir()
        assert {"file", "folder"} == {each.name for each in moved.iterdir()}
        assert not run.exists()
        for each in ("file", "folder"):
            (moved / each).unlink() if each == "file" else (moved / each).rmdir()
        moved.rmdir()
        with pytest.raises(FileNotFoundError):
            (through / "folder").mkdir(parents=True)
        assert not moved.exists()
        assert not run.exists()


def test_what_a_killed_holder_leaves_is_taken_over(run):
    code = "import sys, time\nfrom analysis.store.lock import hold\nhold(sys.argv[1])\n"
    code += "print('held', flush=True)\ntime.sleep(60)"
    command = [sys.executable, "-c", code, str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        assert is_held(run)
        said = rf"process {holder.pid} on .*wait for it or stop it"
        with pytest.raises(BlockingIOError, match=said):
            hold(run)
        holder.send_signal(signal.SIGKILL)
    assert lock_file(run).exists()
    assert not is_held(run)
    with hold(run):
        assert refused(run)
    assert not lock_file(run).exists()


def test_a_lock_that_was_replaced_is_not_taken_for_the_one_that_counts(run, monkeypatch):
    # Between opening and locking its holder lets go, and another process holds the run.
    another, between = [], locks.lock

    def lock(descriptor, **options):
        if not another:
            another.append(None)
            lock_file(run).unlink()
            run.rename(run.with_name("away"))
            another[0] = hold(run)
        between(descriptor, **options)

    monkeypatch.setattr(locks, "lock", lock)
    assert refused(run)
    another[0].release()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork in a threaded process: the point
def test_a_forked_child_neither_keeps_nor_ends_what_its_parent_holds(run):
    held = hold(run)
    child_ends, parent_ends = multiprocessing.Pipe()
    child = os.fork()
    if child == 0:
        held.release()
        child_ends.recv()
        os._exit(0)
    assert refused(run)
    held.release()
    assert not is_held(run)  # though the child lives
    hold(run).release()
    parent_ends.send(None)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_called_that(run, monkeypatch, number):
    def lock(descriptor, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locks, "lock", lock)
    with pytest.raises(OSError, match=r"runs is on a file system without locks .*another disk"):
        hold(run)
    assert not is_held(run)
    monkeypatch.undo()
    hold(run).release()


def test_where_nothing_can_be_made_beside_it_the_directory_itself_is_held(run, monkeypatch):
    def open_or_make(file):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(locks, "open_or_make", open_or_make)
    with hold(run):
        assert is_held(run)
        assert refused(run)
    assert not is_held(run)


def test_where_directories_cannot_be_locked_the_file_beside_is(run, monkeypatch):
    real = locks.lock

    def lock(descriptor, **options):  # as NFS does
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(descriptor, **options)

    monkeypatch.setattr(locks, "lock", lock)
    with hold(run) as held:
        assert refused(run)
        run.rename(run.with_name("moved"))
        with pytest.raises(DisplacedError, match="moved to"):
            held.check()


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("file/run", "file is a file; a folder wanted"),
        ("x" * 252, "x cannot be written: File name too long"),
        ("linked", "linked cannot be written: Too many levels of symbolic links"),
    ],
)
def test_where_no_run_can_be_is_said_in_one_line(tmp_path, place, message):
    (tmp_path / "file").touch()
    (tmp_path / ".linked.lock").symlink_to(tmp_path / "file")
    with pytest.raises(OSError, match=message):
        hold(tmp_path / place)
    assert {each.name for each in tmp_path.iterdir()} == {"file", ".linked.lock"}
