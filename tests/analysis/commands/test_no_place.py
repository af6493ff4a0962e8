"""The disk is full, over quota or not ours for one file of what analysis makes: what is left."""

import errno
import os

import pytest
from strategies import learning_run, write_run

from analysis import SnapshotWriter
from analysis.commands.main import main

REASONS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES)


@pytest.fixture
def refuse(monkeypatch):
    """Files of some name cannot be put in their place."""

    def by(name, reason):
        replace = os.replace

        def refusing(source, target, **kwargs):
            if name in str(target):
                raise OSError(reason, os.strerror(reason), str(source), None, str(target))
            return replace(source, target, **kwargs)

        monkeypatch.setattr(os, "replace", refusing)

    return by


@pytest.fixture
def run(tmp_path):
    path = write_run(tmp_path / "run", learning_run(d=4, snapshots=4))
    with SnapshotWriter(path / "snapshots.zarr", resume_after=10**6) as writer:
        writer.append_evaluation(10**6, 1.0, knn_accuracy=0.5)
    return path


def files(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("name", ["overview.png", "history.pdf", "report.html"])
def test_what_cannot_be_written_is_named_and_nothing_is_half_written(
    run, name, reason, refuse, blank_pictures, capsys
):
    refuse(name, reason)
    assert main([str(run)]) == 2
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "error" in one]
    assert f"{name} could not be written: {os.strerror(reason)}" in line
    assert str(run) in line
    assert not [*run.rglob(f"*{name}*"), *run.rglob("*.partial")]


@pytest.mark.parametrize("reason", REASONS)
def test_an_older_report_stays(run, reason, refuse, blank_pictures, capsys):
    assert main([str(run)]) == 0
    before = files(run)
    refuse("report.html", reason)
    assert main([str(run)]) == 2
    assert files(run).keys() == before.keys()
    assert files(run)[run / "report.html"] == before[run / "report.html"]


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("name", ["accuracy.csv", "accuracy.txt", "accuracy.png"])
def test_a_table_of_accuracies(tmp_path, run, name, reason, refuse, capsys):
    refuse(name, reason)
    assert main(["accuracy", str(run), "--out", str(tmp_path / "table")]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"{name} could not be written: {os.strerror(reason)}" in said
    assert not [*(tmp_path / "table").glob(f"*{name}*")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_ours(tmp_path, run):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert main([str(run), "--out", str(tmp_path / "locked" / "out")]) == 2


def test_numbers_of_a_store_are_not_touched(run, refuse, blank_pictures):
    store = run / "snapshots.zarr"
    before = files(store)
    refuse("overview.png", errno.EDQUOT)
    assert main([str(run)]) == 2
    assert files(store) == before
