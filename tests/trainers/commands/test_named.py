"""Everything that can be brought, in one run, through every command that takes it up again."""

import re
import shlex
import sys
from pathlib import Path

import pytest
import users_module

from analysis import open_snapshots
from analysis.commands.parser import Parser
from trainers import Config, resume
from trainers.commands.configure import configure
from trainers.commands.main import main

LINE = (
    "directpred --encoder users_module:Net --width 5 --data users_module:arrays "
    "--views users_module:torchvision_s --predictor users_module:Half --predictor.power 1 "
    "--target users_module:Slow --loss users_module:L1 --loss.weight 2 --epochs 1 "
    "--batch-size 10 --projector-hidden 8 --projector-out 4 --device cpu --out"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = tmp_path_factory.mktemp("named") / "run"
    assert main([*shlex.split(LINE), str(run)]) == 0
    return run


def test_every_command_takes_it_up_again(run, capsys):
    ds = open_snapshots(run)
    assert ds.attrs["data"] == "users_module:arrays"
    assert main(["resume", str(run), "--epochs", "2"]) == 0
    assert open_snapshots(run).step[-1] == 8
    assert main(["evaluate", str(run), "--protocol", "linear"]) == 0
    assert main(["ranks", str(run), "--images", "20", "--views", "2"]) == 0
    assert "RankMe" in capsys.readouterr().out
    assert main(["predict", str(run), str(Path(__file__).parent)]) == 2
    assert "has no images" in capsys.readouterr().err
    assert main(["export", str(run), "--out", str(run / "w.pt")]) == 2
    assert "users_module:Net" in capsys.readouterr().err


def test_where_it_cannot_be_imported_the_run_is_refused_and_stays(run, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "users_module")
    support = Path(users_module.__file__).parent
    monkeypatch.setattr(sys, "path", [p for p in sys.path if Path(p) != support])
    before = sorted(run.rglob("*"))
    for words in (["resume"], ["evaluate"], ["ranks"]):
        assert main([*words, str(run)]) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert "there is no module 'users_module'" in error
    with pytest.raises(ValueError, match="there is no module 'users_module'"):
        resume(run)
    assert sorted(run.rglob("*")) == before
    assert open_snapshots(run).sizes["step"] > 0  # reading needs nobody's code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--predictor users_module:Open", "'must'; give each of its fields a default"),
        ("--loss users_module:Abstract", "abstract .*; give each of its fields a default"),
        ("--target users_module:Loose", "the class Loose, which can be changed; put @dataclass"),
        ("--target users_module:NoFields", "NoFields, whose 'speed' is no field; put @dataclass"),
        ("--target users_module:Lost", "made without arguments, NameError: name 'Velocity'"),
        ("--target users_module:Net", "target 'users_module:Net' is the class Net; a frozen"),
        ("--loss users_module:Plain --loss.norm l3", "loss norm is 'l3'; 'l1' or 'l2' wanted"),
        ("--loss users_module:Plain --loss.clip 1.5", "--loss.clip.*a whole number, or none"),
        ("--loss users_module:Plain --loss.sizes 1", "--loss.sizes"),
    ],
)
def test_a_part_that_cannot_be_made_is_refused_in_one_line(words, told, tmp_path, capsys):
    assert main(["byol", *shlex.split(words), "--out", str(tmp_path / "run")]) == 2
    assert re.search(told, capsys.readouterr().err.splitlines()[-1])
    assert not (tmp_path / "run").exists()


def test_fields_without_a_line_of_help_are_flags_too(capsys):
    words = "--loss users_module:Plain --loss.weight 1/2 --loss.clip 3 --loss.norm l2"
    config, _ = configure(Parser("x"), "byol", shlex.split(words))
    assert config.method.loss == users_module.Plain(weight=0.5, clip=3, norm="l2")
    assert Config.from_json(config.to_json()) == config
    assert main(["byol", "--loss", "users_module:Plain", "--help-all"]) == 0
    assert re.search(r"--loss.weight X +\(default: 1.0\)", capsys.readouterr().out)


def test_what_fails_at_rest_is_told_in_one_line(run, monkeypatch, capsys):
    monkeypatch.setattr(users_module.Net, "forward", users_module.moody)
    assert main(["ranks", str(run), "--images", "20", "--views", "2"]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert re.search(r"IndexError in .*users_module.py:\d+, moody: list index out of range", told)
