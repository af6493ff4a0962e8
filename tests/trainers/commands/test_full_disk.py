"""The disk is full from the n-th file on: one line, nothing lost, and the run goes on bitwise."""

import errno
import os
import shlex

import pytest
from small_runs import same_runs

from trainers.commands.main import main
from trainers.runs import checkpoint

TINY = shlex.split(
    "byol --limit 64 --size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 "
    "--epochs 2 --device cpu"
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, shades):
    run = tmp_path_factory.mktemp("whole") / "run"
    assert main([*TINY, "--data", str(shades), "--out", str(run)]) == 0
    return run


class Disk:
    """A disk that is full from the n-th file on: every file is written aside and renamed."""

    def __init__(self, monkeypatch, full_from=10**9):
        self.files, self.full_from = 0, full_from
        replace = os.replace

        def counted(source, target, **kwargs):
            self.files += 1
            if self.files >= self.full_from:
                said = os.strerror(errno.ENOSPC)
                raise OSError(errno.ENOSPC, said, str(source), None, str(target))
            return replace(source, target, **kwargs)

        monkeypatch.setattr(os, "replace", counted)


def fill_and_go_on(whole, run, shades, n, capsys, monkeypatch):
    """Return whether the command came to the n-th file."""
    command = [*TINY, "--data", str(shades), "--out", str(run)]
    with monkeypatch.context() as patched:
        disk = Disk(patched, n)
        try:
            code = main(command)
        except SystemExit as left:
            code = left.code
    said = capsys.readouterr().err.splitlines()[-1]
    if disk.files < n:
        assert code == 0
        return False
    assert code == 2
    assert "could not be written: No space left on device" in said
    assert "[Errno" not in said
    assert str(run) in said
    if (run / checkpoint.FILE).is_file():
        step = checkpoint.load(run)["step"]
        assert f"`eigenspace resume {run}` continues it from step {step}" in said
        assert main(["resume", str(run)]) == 0
    else:
        assert "the same command begins anew" in said
        assert main([*command, "--overwrite"]) == 0
    assert same_runs(whole, run)
    assert not [*run.rglob("*.partial")]
    return True


@pytest.mark.parametrize("n", [1, 9, 40, 60])
def test_a_full_disk(tmp_path, capsys, monkeypatch, shades, whole, n):
    assert fill_and_go_on(whole, tmp_path / "run", shades, n, capsys, monkeypatch)


@pytest.mark.slow
def test_a_disk_that_is_full_at_any_file(tmp_path, capsys, monkeypatch, shades, whole):
    n = 1
    while fill_and_go_on(whole, tmp_path / str(n), shades, n, capsys, monkeypatch):
        n += 1
    assert n > 60
    with capsys.disabled():
        print(f"{n - 1} full disks, {n - 1} runs bitwise")
