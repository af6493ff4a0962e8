"""The disk is full for one file: what is said of it, and what is kept."""

import errno
import os
import shutil

import pytest
from small_runs import same_runs

from trainers.commands.main import main
from trainers.runs.finished import finished_at


@pytest.fixture
def full_at(monkeypatch):
    """A disk that has no place for files of some name."""

    def fill(name):
        replace = os.replace

        def refusing(source, target, **kwargs):
            if name in str(target):
                raise OSError(
                    errno.ENOSPC, os.strerror(errno.ENOSPC), str(source), None, str(target)
                )
            return replace(source, target, **kwargs)

        monkeypatch.setattr(os, "replace", refusing)

    return fill


def said(capsys):
    return capsys.readouterr().err.splitlines()[-1]


def test_a_figure(run, full_at, capsys, pictures):
    assert finished_at(run)
    os.remove(run / "encoder.pt")  # so that there is something to end, and to draw
    full_at("overview.png")
    assert main(["resume", str(run)]) == 2
    line = said(capsys)
    assert "overview.png could not be written: No space left on device" in line
    assert line.endswith(f"{run} is finished, only its figure is not drawn")
    assert finished_at(run)


def test_an_encoder(tmp_path, run, full_at, capsys, monkeypatch):
    whole = shutil.copytree(run, tmp_path / "whole")
    os.remove(run / "encoder.pt")
    with monkeypatch.context():
        full_at("encoder.pt")
        assert main(["resume", str(run)]) == 2
        line = said(capsys)
        assert f"{run}/encoder.pt could not be written: No space left on device; free" in line
        assert f"`eigenspace resume {run}` continues it from step" in line
    monkeypatch.undo()
    assert main(["resume", str(run)]) == 0
    assert same_runs(whole, run)


def test_a_classifier(run, full_at, capsys):
    full_at("classifier.pt")
    assert main(["evaluate", str(run)]) == 2
    assert "classifier.pt could not be written: No space left on device" in said(capsys)
    assert finished_at(run)
