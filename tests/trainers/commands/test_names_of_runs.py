"""Where a run goes that is called by a person: below the folder of runs, and nowhere else."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from trainers import METHODS, Config
from trainers.commands.main import main
from trainers.data.load import label_of
from trainers.training.sweep import plan


@pytest.mark.parametrize("name", ["../up", "a/b", "..", ".", "/etc", "x\ny", "<b>$x$", "n" * 300])
def test_a_run_lies_in_runs_whatever_it_is_called(tmp_path, monkeypatch, name):
    places = []

    def train(config, out, **_):
        places.append(out)
        raise KeyboardInterrupt

    importlib.import_module("trainers.training.loop")
    monkeypatch.setattr(sys.modules["trainers.training.loop"], "train", train)
    monkeypatch.chdir(tmp_path)
    main(["byol", "--name", name, "--data", "shapes"])
    assert places[0].parent == Path("runs")
    assert places[0].name not in (".", "..")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("flag", "values", "folders"),
    [
        ("--lr", ["1/2", "1/4"], ["byol-lr=1over2-0", "byol-lr=1over4-0"]),
        ("--data", ["../a", "b/c.npz"], ["byol-data=..%2Fa-0", "byol-data=b%2Fc.npz-0"]),
        ("--name", ["..", "a\nb"], ["byol-name=..-0", "byol-name=a%0Ab-0"]),
    ],
)
def test_a_sweep_lies_in_its_folder_whatever_its_values(tmp_path, flag, values, folders):
    def config(*_):
        return Config(method=METHODS["byol"])

    runs = plan(["byol"], [0], {flag: values}, tmp_path, config)
    assert [run.out for run in runs] == [tmp_path / folder for folder in folders]


@pytest.mark.parametrize("place", ["logs", "logs/byol-0.log"])
def test_a_sweep_follows_no_link_to_where_its_logs_go(tmp_path, place):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "runs" / place).parent.mkdir(parents=True)
    (tmp_path / "runs" / place).symlink_to(tmp_path / "mine")
    with pytest.raises(ValueError, match=f"{place} is a link to .*mine"):
        plan(["byol"], [0], {}, tmp_path / "runs", lambda *_: Config(method=METHODS["byol"]))
    assert (tmp_path / "mine").read_text() == "mine"


def test_data_are_called_by_the_folder_that_they_are(tmp_path, monkeypatch):
    assert label_of(f"photos/{os.fsdecode(b'ph' + bytes([255]))}.npz") == r"ph\udcff"
    (tmp_path / "photos" / "in").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "photos" / "in")
    assert [label_of(name) for name in ("..", ".", "../../photos.v2")] == [
        *("photos", "in", "photos.v2")
    ]
