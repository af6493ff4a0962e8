"""Commands work whatever backend, codepage and file names they are started with."""

import io
import os
import subprocess
import sys

import pytest
from strategies import learning_run, write_run

from analysis.commands.environment import bear_environment


@pytest.mark.parametrize("codepage", ["ascii", "cp1252", "utf-8", "cp437"])
def test_what_a_codepage_lacks_is_printed_by_its_code(monkeypatch, codepage):
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, codepage, newline="\n"))
    bear_environment()
    print("größe 数据 → \udcff ± λ")
    sys.stdout.flush()
    words = printed.getvalue().decode(codepage)
    assert r"\udcff" in words
    for letter in "ö数→±λ":
        assert letter in words or letter.encode("unicode_escape").decode() in words


def test_streams_that_have_no_codepage_stay(monkeypatch):
    class Notebook:
        def write(self, text):
            pass

    monkeypatch.setattr(sys, "stdout", Notebook())
    bear_environment()


def test_a_run_is_drawn_where_backend_and_codepage_are_foreign(tmp_path):
    run = learning_run(d=3, snapshots=1).assign_attrs(method="λ", data="数据")
    path = write_run(tmp_path / os.fsdecode("größe-".encode() + b"\xff"), run)
    foreign = {
        **{"MPLBACKEND": "module://matplotlib_inline.of_another_environment"},
        **{"PYTHONIOENCODING": "ascii", "LANG": "C", "LC_ALL": "C", "DISPLAY": ""},
    }
    done = subprocess.run(
        [sys.executable, "-m", "analysis", path],
        env=os.environ | foreign,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"loading scipy, xarray ...\n")
    assert b"gr\\xf6\\xdfe-\\udcff" in done.stdout
    assert (path / "figures" / "overview.pdf").stat().st_size > 1000
