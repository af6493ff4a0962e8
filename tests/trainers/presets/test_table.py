import dataclasses
import shlex

import pytest
import torch
from learners import config_of, learned

from analysis.commands.parser import Parser
from trainers import EMA, METHODS, Config
from trainers.commands.configure import configure
from trainers.commands.main import main
from trainers.presets.preset import TCG
from trainers.presets.table import PRESETS
from trainers.training.learner import Learner

TINY = (
    "--size 16 --encoder conv4 --width 2 --projector-hidden 8 --projector-out 6 --epochs 4 "
    "--warmup 1"
)


def parsed(name: str, flags: str) -> Config:
    return configure(Parser(name), name, shlex.split(flags))[0]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_trains_and_is_what_it_says(name):
    preset = PRESETS[name]
    config = parsed(name, f"--seed 3 {TINY}")
    assert config.method == preset.method
    assert config.name == name
    for option, value in preset.options.items():
        if f"--{option.replace('_', '-')}" not in TINY:
            assert getattr(config.resolved, option) == value
    learner = Learner(config, (3, 16, 16), torch.device("cpu"))
    x1, x2 = torch.rand(2, 10, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    before = [weight.detach().clone() for weight in learner.online.parameters()]
    for step in (1, 2):
        loss = learner.learn(step, x1, x2).loss
    assert loss.isfinite()
    assert learner.predictor.matrix().isfinite().all()
    assert any(
        not torch.equal(a, b) for a, b in zip(before, learner.online.parameters(), strict=True)
    )


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.at])
def test_what_a_figure_was_published_on_can_be_typed(name):
    config = parsed(name, "--as-published --seed 1")
    assert config.encoder in ("resnet18", "resnet18-large", "torchvision:resnet50")
    assert config.data in ("cifar10", "stl10", "imagenet")
    assert config.epochs in (100, 101, 300, 1000)
    # DirectPred's code has a bias there, and sets W_p at its iterations 0, N, 2 N; neither has its
    # reproduction.
    official = TCG in PRESETS[name].source or name in ("directpred", "directcopy")
    assert config.projector_bias == (official and config.data != "imagenet")  # there it is BYOL's
    every = getattr(config.method.predictor, "every", 1)
    assert every == 1 or config.method.predictor.first == (1 if official else None)
    assert parsed(name, "--as-published --epochs 30").epochs == 30  # one's own flags win


def test_a_preset_has_a_figure_and_its_conditions_or_neither():
    for name, preset in PRESETS.items():
        assert not preset.published or preset.at, name
        assert preset.what
        assert preset.source
    assert list(PRESETS)[:4] == list(METHODS)


@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith("table1")])
def test_table_1_has_the_rule_behind_its_numbers_and_says_so(name, capsys):
    assert PRESETS[name].method.predictor.equation == "sylvester"
    assert main(["list", name]) == 0
    assert "the code's Sylvester equation" in capsys.readouterr().out
    printed = parsed(name, "--predictor.equation printed").method.predictor
    assert printed == dataclasses.replace(PRESETS[name].method.predictor, equation="printed")


def test_presets_are_different_experiments():
    seen = {}
    for name, preset in PRESETS.items():
        key = repr((preset.method, sorted(preset.options.items())))
        # A table of a paper may hold what has a name of its own.
        if not name.startswith("table"):
            assert key not in seen, (name, seen.get(key))
            seen[key] = name


@pytest.mark.parametrize("name", ["simsiam-tied", "grid-simsiam-tied-decay"])
def test_tied_simsiam_at_both_settings(name):
    learner = learned(config_of(name))
    first, second = learner.predictor.weights
    assert torch.equal(first, second.mT)
    assert learner.target.network is None
    rates = {g["part"]: (g["rate"], g["decay"]) for g in learner.optimiser.sgd.param_groups}
    expected = {
        "simsiam-tied": dict.fromkeys(("encoder", "projector", "predictor"), (0.03, 4e-4)),
        "grid-simsiam-tied-decay": {
            "encoder": (0.2, 0.0),
            "projector": (0.2, 0.0),
            "predictor": (2.0, 4e-4),
        },
    }
    assert rates == expected[name]


def test_the_grid_is_two_by_two_by_two():
    grid = {name: preset for name, preset in PRESETS.items() if name.startswith("grid-")}
    cells = {
        (
            isinstance(preset.method.target, EMA),
            preset.method.predictor.constraint,
            "weight_decay" in preset.options,
        )
        for preset in grid.values()
    }
    assert len(grid) == len(cells) == 8
    assert {(p.options["lr"], p.options["predictor_lr"]) for p in grid.values()} == {(0.2, 2.0)}
