import json
import re
import shlex

import numpy as np
import pytest
from command_line import refused
from learners import config_of

from analysis.store.reader import open_snapshots
from trainers import Direct, Method, StopGradient
from trainers.commands.main import main
from trainers.presets.table import PRESETS

TINY = shlex.split(
    "--limit 64 --size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 "
    "--device cpu --epochs"
)


@pytest.fixture
def images(tmp_path):
    """A data set of sixty-four images in a file."""
    rng = np.random.default_rng(0)
    file = tmp_path / "images.npz"
    x = rng.integers(0, 256, (80, 16, 16, 3), dtype=np.uint8)
    y = np.arange(80) % 4
    np.savez(file, x_train=x[:64], y_train=y[:64], x_test=x[64:], y_test=y[64:])
    return file


def test_a_run_ends_in_an_accuracy_and_a_figure(tmp_path, capsys, images, pictures, looks):
    out = tmp_path / "run"
    assert main(["directpred", "--data", str(images), "--out", str(out), *TINY, "2"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"kNN accuracy \d+\.\d\d% \(k=200, last epoch\)", printed)
    assert str(out / "figures" / "overview.png") in printed
    assert all(f"eigenspace {what} {out}" in printed for what in ("analyse", "evaluate"))
    assert (out / "figures" / "overview.png").stat().st_size > 10_000
    assert {"snapshots.zarr", "checkpoint.pt", "encoder.pt"} <= {f.name for f in out.iterdir()}


def test_gaussian_data_train_the_linear_network_of_the_theory(tmp_path, capsys):
    out = tmp_path / "run"
    options = "byol --data gaussian --predictor.layers 1 --epochs 1 --batch-size 500"
    assert main([*shlex.split(options), "--out", str(out)]) == 0
    assert "none, the data have no labels" in capsys.readouterr().out
    assert open_snapshots(out).predictor.shape[1:] == (8, 8)


def test_every_option_ends_up_in_the_config(tmp_path, images):
    out = tmp_path / "run"
    options = {
        "--name": "mine",
        "--views": "crop",
        "--lr": "0.01",
        "--momentum": "0.8",
        "--weight-decay": "1e-3",
        "--every": "2",
        "--seed": "5",
        "--projector-layers": "3",
        "--predictor.power": "3/4",
        "--predictor.eps": "0.2",
        "--predictor.rho": "0.6",
        "--predictor.every": "2",
        "--predictor.normalise": "none",
        "--target.momentum": "0.5",
        "--loss.factor": "2",
    }
    typed = [word for pair in options.items() for word in pair]
    main(["directcopy", "--data", str(images), "--out", str(out), *TINY, "1", *typed])
    run = open_snapshots(out)
    config = json.loads(run.attrs["config"])
    stored = config | {
        f"{slot}.{name}": value
        for slot, part in config["method"].items()
        if slot != "kind"
        for name, value in part.items()
    }
    for option, value in options.items():
        found = stored[option[2:].replace("-", "_")]
        assert str(found) == value or float(found) == pytest.approx(eval(value)), option
    assert run.attrs["method"] == "mine"
    assert run.step.values.tolist() == [0, 2, 4]


def test_parts_of_a_method_can_be_exchanged(tmp_path, images):
    out = tmp_path / "run"
    options = ["--predictor", "direct", "--predictor.every", "2", "--target", "stopgradient"]
    main(["byol", "--data", str(images), "--out", str(out), *TINY, "1", *options])
    method = json.loads(open_snapshots(out).attrs["config"])["method"]
    assert method["predictor"]["kind"] == "Direct"
    assert method["target"] == {"kind": "StopGradient"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("byoll", "method 'byoll' is not known; did you mean 'byol'"),
        ("resumee", "did you mean 'resume'"),
        ("byol --epoch 3", "unknown argument '--epoch'; did you mean --epochs"),
        (
            "byol --predictor.eps 3",
            "'--predictor.eps'; it belongs to --predictor direct; this method",
        ),
        ("directpred --predictor.layers 2", "belongs to --predictor learned"),
        ("simsiam --target.momentum 0", "'--target.momentum'; it belongs to --target ema"),
        ("byol --predictor directt", "'directt' is not known"),
        ("byol --predictor.layers 0", "predictor layers is 0; it must be at least 1"),
        ("directpred --predictor.normalise maxx", "'maxx' is not known; .* did you mean 'max'"),
        ("byol --lr 0", "lr is 0.0; it must be above 0"),
        ("byol --epochs x", "--epochs is 'x'; a whole number wanted"),
        ("byol --encoder resnet19", "did you mean 'resnet18'"),
        ("byol --encoder resnet18 --width 3", "resnet18 has width 64 only"),
        ("byol --encoder linear", "encoder 'linear' wants vectors"),
        ("byol --data gaussian --encoder conv4", "encoder 'conv4' wants images"),
        ("byol --data shapse", "'shapes'"),
        ("byol --data nowhere.npz", "nowhere.npz"),
        ("byol --views directpred-cifra", "did you mean 'directpred-cifar'"),
        ("byol --device tpu!", "choose auto, cpu, cuda"),
        ("byol --limit 5", "batch-size is 128, and shapes has 5 training images"),
        ("resume nowhere", "RUN is 'nowhere', which is not there; a run's directory"),
        ("resume", "the following arguments are required: RUN"),
        ("list biol", "method 'biol' is not known; did you mean 'byol'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    assert re.search(message, refused(capsys, *arguments.split()))
    assert not list(tmp_path.iterdir())


def test_an_existing_run_is_kept(tmp_path, capsys, images):
    arguments = ["byol", "--data", str(images), "--out", str(tmp_path / "run"), *TINY, "1"]
    main(arguments)
    assert "images.npz: 4 classes, 64 training images, 16 test" in capsys.readouterr().err
    assert "holds a run; resume it" in refused(capsys, *arguments)
    assert main([*arguments, "--overwrite"]) == 0


def test_list_has_a_line_for_every_preset_and_all_of_one(capsys):
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name, preset in PRESETS.items():
        assert re.search(rf"^{re.escape(name)} +{re.escape(preset.what)}", printed, re.M)
    assert main(["list", "grid-byol-tied-decay"]) == 0
    printed = capsys.readouterr().out
    for word in ("EMA(momentum=0.996", "constraint='tied'", "--predictor-lr 2.0", "81.34", "ReSc"):
        assert word in printed


@pytest.mark.parametrize("arguments", [[], ["--help"], ["byol", "--help"]])
def test_help_helps(capsys, arguments):
    assert main(arguments) == 0
    assert "usage: python -m trainers" in capsys.readouterr().out


def test_parts_combine_freely_and_what_contradicts_itself_is_refused(capsys):
    config = config_of("byol", "--predictor direct --predictor.power 2/3 --target stopgradient")
    assert config.method == Method(Direct(power=2 / 3), StopGradient())
    for flags, message in {
        "--loss.iso yes": "loss iso passes no gradient",
        "--predictor.eps 1": "belongs to --predictor direct",
        "--predictor.layers 3 --predictor.constraint psd": "is defined for 1 or 2",
        "--flow-decay yes --predictor-decay 1": "leave predictor-decay out",
    }.items():
        assert main(["byol", *shlex.split(flags)]) == 2
        assert message in capsys.readouterr().err
