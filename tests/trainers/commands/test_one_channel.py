"""A network of one channel is trained, taken up and measured as any other."""

import csv
import io
import shlex

import numpy as np
import pytest
import torch
from pictures import arrays
from PIL import Image
from small_runs import same_runs

from analysis import open_snapshots
from trainers import Config, resume
from trainers.commands.main import main

TINY = (
    "--channels 1 --width 2 --size 16 --projector-hidden 8 --projector-out 4 --batch-size 10 "
    "--device cpu --data"
)


def train(file, out, epochs=1):
    line = [*shlex.split(TINY), file, "--epochs", str(epochs), "--out", str(out)]
    assert main(["byol", *line]) == 0
    return out


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Forty grey images, dark ones of the class `black`, and twenty to test."""
    there = arrays(40, 16)
    for part, n in (("train", 40), ("test", 20)):
        y = np.arange(n) % 2
        noise = np.random.default_rng(n).integers(0, 60, (n, 16, 16, 1))
        there[f"x_{part}"] = (noise + 180 * y[:, None, None, None]).astype(np.uint8)
        there[f"y_{part}"] = y
    file = tmp_path_factory.mktemp("grey") / "grey.npz"
    np.savez(file, **there, classes=np.array(["black", "white"]))
    return str(file)


@pytest.fixture(scope="module")
def run(file, tmp_path_factory):
    return train(file, tmp_path_factory.mktemp("runs") / "run")


def test_it_sees_one_plane_and_goes_on_as_if_never_stopped(run, file, tmp_path):
    weight = torch.load(run / "encoder.pt", weights_only=True)["online"]["0.weight"]
    assert weight.shape == (2, 1, 3, 3)
    assert Config.from_json(open_snapshots(run).attrs["config"]).channels == 1
    whole = train(file, tmp_path / "whole", epochs=2)
    again = train(file, tmp_path / "again")
    resume(again, epochs=2)
    assert same_runs(again, whole, evaluation=False)


def test_it_is_measured_and_names_grey_images_only(run, tmp_path, capsys):
    words = ["evaluate", str(run), "--protocol", "knn", "finetune", "linear"]
    assert main([*words, "--finetune.epochs", "2"]) == 0
    assert main(["ranks", str(run), "--images", "20", "--views", "2"]) == 0
    for name, shade in (("black", 30), ("white", 210)):
        (tmp_path / "folder" / name).mkdir(parents=True)
        Image.new("L", (16, 16), shade).save(tmp_path / "folder" / name / "a.png")
    capsys.readouterr()
    assert main(["predict", str(run), str(tmp_path / "folder")]) == 0
    rows = [*csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert [row["class"] for row in rows] == ["black", "white"]
    Image.new("RGB", (16, 16), (9, 10, 10)).save(tmp_path / "folder" / "white" / "b.png")
    assert main(["predict", str(run), str(tmp_path / "folder")]) == 2
    assert "b.png has colours, and" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--channels 2", "channels is 2; 3, or 1 of grey images, wanted"),
        ("--channels 1", "image 0 of shapes, training has colours, and channels is 1"),
        ("--channels 1 --data gaussian", "data 'gaussian' takes no channels"),
    ],
)
def test_what_cannot_be_seen_in_one_channel_is_refused(words, told, tmp_path, capsys):
    assert main(["byol", *shlex.split(words), "--out", str(tmp_path / "run")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
