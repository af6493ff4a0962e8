import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from trainers.commands.console import PACKAGES, main
from trainers.commands.main import COMMANDS

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
