import dataclasses
import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from analysis.commands.sign import say_loading
from trainers.commands.console import PACKAGES, main
from trainers.commands.main import COMMANDS
from trainers.config import Config

# What a console script does: the working directory is not on the path.
SCRIPT = "import sys; from trainers.commands.console import main; sys.exit(main())"


def test_help_names_every_command_and_version_is_that_of_the_installation(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in [*COMMANDS, *PACKAGES, "train", "--version"])
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"eigenspace {version('eigenspace')}\n"


def test_list_is_that_of_trainers(capsys):
    assert main(["list", "byol"]) == 0
    assert capsys.readouterr().out.startswith("byol: two-layer predictor")


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["train", "nope"], "nope"),
        (["nope"], "nope"),
        (["analyse", "/no/such/run"], "/no/such/run"),
        (["theory", "nope"], "nope"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(argv, name, capsys):
    try:
        code = main(argv)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    error = capsys.readouterr().err
    assert name in error
    assert error.count("\n") == 1


def test_an_analysis_py_of_the_users_own_is_not_taken_for_ours(tmp_path):
    (tmp_path / "analysis.py").write_text("raise SystemExit('the wrong one')")
    run = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, "analyse", "--help"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "RUN..." in run.stdout


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["train", "byoll"], "eigenspace train byoll: error: method 'byoll' is not known"),
        (["byol", "--lrr", "1"], "eigenspace byol: error: unknown argument '--lrr'; did you mean"),
        (["theory", "phse"], "eigenspace theory: error: command 'phse' is not known"),
        (["analyse", "--watch"], "eigenspace analyse: error: unknown argument '--watch'"),
        (["analyze", "runs"], "did you mean `eigenspace analyse`?"),
    ],
)
def test_errors_say_what_was_typed(argv, said, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/eigenspace"])
    assert main(argv) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("package", ["trainers", *PACKAGES])
def test_each_package_says_the_version(package, capsys):
    argv = ["--version"] if package == "trainers" else [package, "--version"]
    assert main(argv) == 0
    assert capsys.readouterr().out == f"eigenspace {version('eigenspace')}\n"


def test_help_of_a_method_is_one_screen_and_help_all_has_every_option(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["byol", "--help"]) == 0
    screen = capsys.readouterr().out
    assert len(screen.splitlines()) <= 50
    assert max(map(len, screen.splitlines())) <= 80
    for group in ("run", "data", "network", "optimisation", "recording", "method"):
        assert f"\n{group}:\n" in screen
    assert main(["byol", "--help-all"]) == 0
    everything = capsys.readouterr().out
    for field in dataclasses.fields(Config):
        if "help" in field.metadata:
            assert f"  --{field.name.replace('_', '-')} " in everything
    assert "None" not in everything
    assert ") (default" not in everything


def test_a_library_that_loads_for_seconds_is_announced(capsys, monkeypatch):
    say_loading("sys", "no_such_module")
    assert capsys.readouterr().err == "loading no_such_module ...\n"
    monkeypatch.setenv("RANK", "1")  # torchrun's: the first of its processes says it
    say_loading("sys", "no_such_module")
    monkeypatch.delenv("RANK")
    say_loading("sys")
    assert capsys.readouterr().err == ""


INTERRUPTED = """
import importlib.abc, signal, sys
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""


@pytest.mark.parametrize("module", ["trainers.commands.main", "analysis.checks.names"])
@pytest.mark.parametrize(
    "start", [SCRIPT, "import runpy; runpy.run_module('trainers', {}, '__main__')"]
)
def test_ctrl_c_before_the_command_has_begun_is_one_line(module, start):
    code = f"{INTERRUPTED.format(module=module)}\nsys.argv = ['eigenspace', 'list']\n{start}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 130
    assert run.stderr.endswith(": interrupted\n")
    assert run.stderr.count("\n") == 1
