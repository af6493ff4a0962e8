"""The methods, models and training options of the replaced system, M1 to M19, T1 to T9, A1 to A3.

One test a row of its feature table, the rows that did not work there included. Data, evaluation
and interface have their own files.
"""

import dataclasses
import json
import shlex

import numpy as np
import pytest
import torch
import xarray as xr

from analysis.store.reader import open_snapshots
from trainers import EMA, METHODS, Config, Direct, Learned, Method, StopGradient, resume, train
from trainers.commands.configure import configure
from trainers.commands.main import PROG, main
from trainers.commands.parser import Parser
from trainers.presets.table import PRESETS
from trainers.runs.trained import load
from trainers.training.learner import Learner
from trainers.training.loop import batches

FLAGS = (
    "--size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 --epochs 2 "
    "--device cpu"
)


def config_of(name: str, flags: str = "") -> Config:
    parser = Parser(prog=f"{PROG} {name}", allow_abbrev=False)
    return configure(parser, name, shlex.split(f"{FLAGS} {flags}"))[0]


def views(step: int) -> torch.Tensor:
    return torch.rand(2, 16, 3, 16, 16, generator=torch.Generator().manual_seed(step))


def unlearned(config: Config) -> Learner:
    return Learner(config, (3, 16, 16), torch.device("cpu"), steps_per_epoch=10)


def learned(config: Config, steps: int = 3) -> Learner:
    learner = unlearned(config)
    for step in range(1, steps + 1):
        learner.learn(step, *views(step))
    return learner


@pytest.fixture
def images(tmp_path):
    """Forty-eight labelled images in a file."""
    rng = np.random.default_rng(0)
    file = tmp_path / "images.npz"
    x = rng.integers(0, 256, (64, 16, 16, 3), dtype=np.uint8)
    y = np.arange(64) % 4
    np.savez(file, x_train=x[:48], y_train=y[:48], x_test=x[48:], y_test=y[48:])
    return file


@pytest.mark.parametrize(
    ("row", "name", "layers", "ema"),
    [
        ("M1", "byol", 2, True),
        ("M2", "simsiam", 2, False),
        ("M3", "byol-linear", 1, True),
        ("M4", "simsiam-linear", 1, False),
    ],
)
def test_M1_to_M4_learned_predictors_of_one_and_two_layers(row, name, layers, ema):
    learner = learned(config_of(name))
    start = unlearned(config_of(name))
    assert len(learner.predictor.weights) == layers
    assert (learner.target.network is not None) == ema
    assert not torch.equal(learner.predictor.matrix(), start.predictor.matrix())


@pytest.mark.parametrize(("row", "name"), [("M5", "directpred"), ("M7", "directcopy")])
def test_M5_and_M7_direct_predictors_by_hand(row, name):
    learner = learned(config_of(name))
    s, U = np.linalg.eigh(learner.predictor.running_correlation.numpy().astype(float))
    p = {
        "directpred": np.maximum(np.sqrt(s.clip(0) / s.max()) + 0.1, 1e-4),
        "directcopy": s / np.sqrt((s**2).sum()) + 0.3,
    }[name]
    np.testing.assert_allclose(learner.predictor.matrix(), (U * p) @ U.T, atol=1e-5)


def test_M6_between_sets_the_optimiser_moves_the_predictor():
    config = config_of("directpred-every5", "--predictor.every 3")
    learner = unlearned(config)
    for step in range(1, 7):
        before = learner.predictor.matrix().clone()
        learner.learn(step, *views(step))
        after = learner.predictor.matrix()
        closed = config.method.predictor.solve(learner.predictor.running_correlation)
        assert not torch.equal(after, before)
        assert torch.allclose(after, closed, atol=1e-6) == (step % 3 == 1)


@pytest.mark.parametrize(("row", "name"), [("M8", "directpred-own"), ("M9", "directcopy-own")])
def test_M8_and_M9_the_rule_fires_without_ema_at_every_due_step(row, name):
    """What the replaced system meant to run and never did (B1)."""
    config = config_of(name)
    assert config.method.target == StopGradient()
    learner = unlearned(config)
    for step in range(1, 5):
        learner.learn(step, *views(step))
        F = learner.predictor.running_correlation
        torch.testing.assert_close(learner.predictor.matrix(), config.method.predictor.solve(F))


@pytest.mark.parametrize(("row", "layers"), [("M10", 2), ("M11", 1)])
@pytest.mark.parametrize("constraint", ["symmetric", "psd", "tied"])
def test_M10_and_M11_symmetry_is_exact_after_each_step(row, layers, constraint):
    config = config_of("byol", f"--predictor.layers {layers} --predictor.constraint {constraint}")
    learner = unlearned(config)
    for step in range(1, 4):
        learner.learn(step, *views(step))
        W = learner.predictor.matrix().detach()
        assert (W - W.mT).norm() <= 1e-6 * W.norm()
        assert W.norm() > 0.1


@pytest.mark.parametrize(
    ("row", "name"), [("M12", "simsiam-tied"), ("M13", "grid-simsiam-tied-decay")]
)
def test_M12_and_M13_tied_simsiam_at_both_settings(row, name):
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


def test_M14_the_grid_is_two_by_two_by_two():
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


@pytest.mark.parametrize(
    ("row", "flags", "part"),
    [
        ("M15", "--predictor-lr 0.3", "predictor"),
        ("M15", "--projector-decay 5", "projector"),
        ("M15", "--encoder-lr 0.3", "encoder"),
        ("M16", "--encoder-decay 0 --projector-decay 0 --predictor-decay 5", "predictor"),
    ],
)
def test_M15_and_M16_a_part_has_its_own_rate_and_decay(row, flags, part):
    base = "--momentum 0 --weight-decay 0 "
    one, other = (learned(config_of("byol", base + more), 1) for more in ("", flags))
    for name in ("encoder", "projector", "predictor"):
        a, b = (
            [
                w.detach()
                for group in learner.optimiser.sgd.param_groups
                if group["part"] == name
                for w in group["params"]
            ]
            for learner in (one, other)
        )
        same = all(torch.equal(u, v) for u, v in zip(a, b, strict=True))
        assert same == (name != part)


@pytest.mark.parametrize("name", METHODS)
def test_M17_a_deeper_projector_with_any_predictor(name):
    learner = learned(config_of(name, "--projector-layers 3"))
    linear = [m for m in learner.online.projector if isinstance(m, torch.nn.Linear)]
    assert [m.out_features for m in linear] == [8, 8, 6]


def test_M19_parts_combine_freely_and_what_contradicts_itself_is_refused(capsys):
    config = config_of("byol", "--predictor direct --predictor.power 2/3 --target stopgradient")
    assert config.method == Method(Direct(power=2 / 3), StopGradient())
    for flags, message in {
        "--loss.iso yes": "loss iso passes no gradient",
        "--predictor.eps 1": "belongs to --predictor direct",
        "--predictor.layers 3 --predictor.constraint psd": "is defined for 1 or 2",
        "--flow-decay yes --predictor-decay 1": "leave predictor-decay out",
    }.items():
        with pytest.raises(SystemExit):
            main(["byol", *shlex.split(flags)])
        assert message in capsys.readouterr().err


def test_T1_and_T2_and_T3_sgd_with_momentum_and_three_kinds_of_decay():
    ends = [
        learned(config_of("byol", f"--weight-decay 0.1 {flags}"))
        for flags in ("", "--decay-biases no", "--decay decoupled", "--weight-decay 0")
    ]
    states = [torch.cat([w.flatten() for w in end.online.parameters()]) for end in ends]
    for i, a in enumerate(states):
        assert all(not torch.equal(a, b) for b in states[:i])


@pytest.mark.parametrize("buffers", ["yes", "no"])
def test_T4_the_target_averages_parameters_only_or_all(buffers):
    learner = learned(config_of("byol", f"--target.buffers {buffers} --target.momentum 0"))
    online, target = learner.online.state_dict(), learner.target.network.state_dict()
    for name in online:
        same = torch.equal(online[name], target[name])
        assert same or (buffers == "no" and "running" in name), name


def test_T5_the_loss_is_symmetric_in_the_views():
    learner = unlearned(config_of("simsiam"))
    x1, x2 = views(1)
    torch.testing.assert_close(learner.look(x1, x2).loss, learner.look(x2, x1).loss)


def test_T6_the_correlation_may_be_centred_or_across_views():
    F = {
        flags: learned(config_of("directpred", flags)).predictor.running_correlation
        for flags in ("", "--predictor.centred yes", "--predictor.views cross")
    }
    trace = {flags: matrix.trace().item() for flags, matrix in F.items()}
    assert trace["--predictor.centred yes"] < trace[""]
    assert trace["--predictor.views cross"] < trace[""]
    for matrix in F.values():
        torch.testing.assert_close(matrix, matrix.mT)


def test_T7_a_run_continues_from_its_checkpoint_to_the_bit(tmp_path, images, monkeypatch):
    config = dataclasses.replace(config_of("byol"), data=str(images))
    whole = train(config, tmp_path / "whole")
    learn = Learner.learn

    def stopping(self, step, x1, x2):
        if step == 5:
            raise KeyboardInterrupt
        return learn(self, step, x1, x2)

    with monkeypatch.context() as patched:
        patched.setattr(Learner, "learn", stopping)
        with pytest.raises(KeyboardInterrupt):
            train(config, tmp_path / "stopped")
    stopped = resume(tmp_path / "stopped")
    xr.testing.assert_equal(open_snapshots(whole).load(), open_snapshots(stopped).load())


def test_T8_metrics_of_every_step_are_kept(tmp_path, images):
    run = train(dataclasses.replace(config_of("byol"), data=str(images)), tmp_path / "run")
    metrics = open_snapshots(run, "metrics")
    assert metrics.step.values.tolist() == [1, 2, 3, 4, 5, 6]
    assert {"loss", "learning_rate", "tau", "feature_std", "grad_norm"} <= set(metrics)
    assert metrics.loss.notnull().all()


def test_I7_a_run_knows_its_config_seed_and_code(tmp_path, images):
    config = dataclasses.replace(config_of("byol", "--seed 7"), data=str(images))
    attrs = open_snapshots(train(config, tmp_path / "run")).attrs
    assert Config.from_json(attrs["config"]) == config
    assert json.loads(attrs["config"])["seed"] == attrs["seed"] == 7
    assert attrs["commit"] == "unknown" or len(attrs["commit"]) == 40


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_A3_a_predictor_of_any_depth_trains(layers):
    assert (
        len(learned(config_of("byol", f"--predictor.layers {layers}")).predictor.weights) == layers
    )


def test_A2_heads_have_norms_without_scale_and_one_bias():
    learner = unlearned(Config(method=Method(Learned(), EMA())))
    for head in (learner.online.projector, learner.predictor):
        first, norm, _, last = head
        assert first.bias is not None
        assert last.bias is None
        assert norm.weight is None
        assert norm.bias is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch.compile's own
def test_T9_a_compiled_step_is_the_step(images):
    losses = {}
    for compile in ("no", "yes"):
        config = dataclasses.replace(config_of("byol", f"--compile {compile}"), data=str(images))
        data = load(config, torch.device("cpu"))
        learner = Learner(config, data.shape, torch.device("cpu"), 10)
        losses[compile] = [
            float(learner.learn(step, *data.views(step, samples)).loss)
            for step, samples in batches(config, data, 0)
        ]
    assert losses["yes"] == pytest.approx(losses["no"], rel=1e-3)
