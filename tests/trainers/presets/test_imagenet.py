import math
import shlex

import numpy as np
import pytest
import torch
from PIL import Image

from analysis import open_snapshots
from analysis.commands.parser import Parser
from trainers import EMA
from trainers.augmentation.recipes import IMAGENET_MEAN, RECIPES
from trainers.augmentation.views import augment
from trainers.commands.configure import configure
from trainers.commands.main import main
from trainers.optimisation.schedule import Schedule
from trainers.presets.imagenet import IMAGENET


def published(name, flags=""):
    return configure(Parser(name), name, ["--as-published", *shlex.split(flags)])[0]


@pytest.mark.parametrize(
    ("name", "lr", "decay", "momentum", "epochs"),
    [  # of byol/configs/byol.py, rates times 4096 / 256
        ("byol-imagenet-100", 7.2, 1e-6, 0.99, 100),
        ("byol-imagenet-300", 4.8, 1e-6, 0.99, 300),
        ("byol-imagenet-1000", 3.2, 1.5e-6, 0.996, 1000),
        ("table9-directpred", 4.8, 1e-6, 0.99, 300),
    ],
)
def test_settings_are_those_of_byol_s_code(name, lr, decay, momentum, epochs):
    config = published(name)
    assert (config.optimiser, config.trust, config.momentum) == ("lars", 1e-3, 0.9)
    assert config.lr == pytest.approx(lr)
    assert (config.weight_decay, config.epochs, config.batch_size) == (decay, epochs, 4096)
    assert config.method.target == EMA(momentum, final=1.0)
    assert (config.projector_hidden, config.projector_out) == (4096, 256)
    assert config.size == 224


def test_rates_and_averages_follow_byol_s_formulas():
    config = published("byol-imagenet-300")
    per_epoch = 1_281_167 // 4096
    steps = per_epoch * config.epochs
    schedule = Schedule(config.schedule, steps, round(per_epoch * config.warmup))
    for step in (per_epoch // 2, 10 * per_epoch, 100 * per_epoch, steps):
        done = (step - 1 - 10 * per_epoch) / (steps - 10 * per_epoch)
        expected = step / (10 * per_epoch) if done < 0 else (1 + math.cos(math.pi * done)) / 2
        assert schedule[step] == pytest.approx(expected, abs=1e-9)
        tau = 1 - (1 - 0.99) * (math.cos(math.pi * step / steps) + 1) / 2
        assert config.method.target.momentum_at(step / steps) == pytest.approx(tau, abs=1e-12)


def test_the_rows_of_table_9_differ_in_their_predictor_alone():
    rows = [published(f"table9-{name}") for name in ("2layer", "linear", "directpred")]
    assert len({repr(row.method.predictor) for row in rows}) == 3
    for row in rows[1:]:
        for field in ("lr", "weight_decay", "epochs", "views", "encoder", "batch_norm"):
            assert getattr(row, field) == getattr(rows[0], field)
    assert [IMAGENET[f"table9-{n}"].published for n in ("2layer", "linear", "directpred")] == [
        "72.5",
        "69.9",
        "72.4",
    ]


def test_each_view_of_byol_has_its_own_blur_and_solarisation():
    first, second = RECIPES["byol-imagenet"]
    assert (first.blur, second.blur, first.solarise, second.solarise) == (1.0, 0.1, 0.0, 0.2)
    assert first.kernel_size(224) == 23
    grey = torch.full((64, 3, 32, 32), 200, dtype=torch.uint8)
    draws = torch.rand(64, 33, generator=torch.Generator().manual_seed(0))
    seen = [
        augment(grey, recipe, draws, 32).mean((2, 3))[:, 0] * recipe.std[0] + IMAGENET_MEAN[0]
        for recipe in (first, second)
    ]
    dark = [int((values < 0.45).sum()) for values in seen]
    assert dark[0] == 0
    assert dark[1] > 0  # some of them inverted


@pytest.fixture
def packed(tmp_path, monkeypatch):
    """A few images, packed as `imagenet` in the working directory."""
    rng = np.random.default_rng(0)
    for i in range(20):
        folder = tmp_path / "ILSVRC" / "train" / f"n{i % 2:08d}"
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (40, 60, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.JPEG")
    monkeypatch.chdir(tmp_path)
    assert main(["pack", "ILSVRC", "imagenet", "--size", "36"]) == 0


SMALL = "--batch-size 4 --lr 0.1 --epochs 1 --warmup 0.5 --device cpu --every 1 --out run"


@pytest.mark.parametrize("name", ["byol-imagenet-300", "table9-directpred"])
def test_a_preset_trains_on_a_few_packed_images(packed, name, capsys):
    flags = "--as-published --encoder conv4 --width 2 --size 32 --projector-hidden 16"
    assert main([name, *shlex.split(f"{flags} --projector-out 8 {SMALL}")]) == 0
    assert "imagenet: 2 classes" in capsys.readouterr().err
    metrics = open_snapshots("run", "metrics")
    assert np.isfinite(metrics["loss"]).all()
    assert len(metrics["loss"]) == 4


@pytest.mark.slow
def test_a_preset_trains_a_resnet50_as_published(packed):
    assert main(["table9-linear", *shlex.split(f"--as-published --size 64 {SMALL}")]) == 0
    run = open_snapshots("run")
    assert run["predictor"].shape[1:] == (256, 256)
    assert np.isfinite(run["predictor"]).all()


def test_without_the_folder_it_is_missed_by_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["table9-linear", "--as-published", "--out", "run"]) == 2
    assert "data 'imagenet' is not known" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
