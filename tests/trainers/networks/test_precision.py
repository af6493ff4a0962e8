"""What is computed in bfloat16, and what is not."""

import json

import pytest
import torch
from learners import config_of, learned, unlearned, views
from small_runs import small

from analysis import open_snapshots
from trainers import METHODS, Config, evaluate, train
from trainers.recording.moments import Moments
from trainers.runs.agreement import check_same_options

EVERY = ("byol", "simsiam", "directpred", "directcopy", "table1-every1-ema")


def gradient(precision, name="byol"):
    """What one step leaves behind, and its gradient."""
    learner = unlearned(config_of(name, f"--precision {precision}"))
    seen = learner.learn(1, *views(1))
    return seen, torch.cat([w.grad.flatten() for w in learner.optimiser.parameters])


def test_features_are_rounded_and_the_loss_of_them_is_not():
    learner = unlearned(config_of("byol", "--precision bf16"))
    seen = learner.look(*views(1))
    for values in (*seen.z, *seen.q, *seen.t):
        assert values.dtype == torch.float32
        assert torch.equal(values, values.bfloat16().float())
    assert seen.loss.dtype == torch.float32
    assert not torch.equal(seen.loss, seen.loss.bfloat16().float())
    assert torch.equal(seen.loss, learner.loss(seen.z, seen.q, seen.t))


@pytest.mark.parametrize("name", EVERY)
def test_the_first_step_of_every_method_goes_the_same_way(name):
    (_, plain), (seen, half) = (gradient(precision, name) for precision in ("fp32", "bf16"))
    assert torch.cosine_similarity(plain, half, dim=0) > 0.98
    assert not torch.equal(plain, half)
    assert seen.loss.isfinite()


def test_weights_statistics_and_averages_stay_in_float32():
    learner = learned(config_of("directpred", "--precision bf16"))
    for part in (learner.online, learner.target, learner.predictor):
        for values in (*part.parameters(), *part.buffers()):
            assert values.dtype in (torch.float32, torch.float64, torch.int64)
    F = learner.predictor.running_correlation
    assert not torch.equal(F.float(), F.bfloat16().float())


def test_moments_of_rounded_features_are_those_of_float64_to_float32():
    learner = unlearned(config_of("byol", "--precision bf16"))
    moments = Moments(learner.d, torch.device("cpu"))
    seen = learner.look(*views(1))
    moments.add(seen.z, seen.q, seen.t)
    kept = moments.take()
    first, second = (z.detach().double().numpy() for z in seen.z)
    wanted = {
        "cross_correlation": first.T @ second / 16,
        "correlation": (first.T @ first + second.T @ second) / 32,
    }
    for name, exact in wanted.items():
        assert abs(kept[name] - exact).max() < 1e-6 * abs(exact).max()


def test_a_run_says_it_and_its_accuracy_is_that_of_full_precision(tmp_path, few_shapes, capsys):
    run = train(small(METHODS["byol"], precision="bf16"), tmp_path / "run")
    assert "bf16: convolutions and linear layers in bfloat16; weights" in capsys.readouterr().err
    attrs = open_snapshots(run).attrs
    assert json.loads(attrs["config"])["precision"] == "bf16"
    assert [score.accuracy for score in evaluate(run).values()] == [
        score.accuracy for score in evaluate(run).values()
    ]
    assert train(small(METHODS["byol"]), tmp_path / "plain")
    assert "float32" not in capsys.readouterr().err


def test_a_precision_that_is_none_is_refused():
    with pytest.raises(ValueError, match="precision 'fp16' is not known; choose from"):
        Config(method=METHODS["byol"], precision="fp16")


def test_a_run_of_before_the_option_is_one_of_full_precision(tmp_path, few_shapes):
    run = train(small(METHODS["byol"]), tmp_path / "run")
    config = open_snapshots(run).attrs["config"]
    older = json.loads(config)
    del older["precision"]
    assert Config.from_json(json.dumps(older)).precision == "fp32"
    check_same_options(run, run / "checkpoint.pt", json.dumps(older))
    other = json.dumps(older | {"precision": "bf16"})
    with pytest.raises(ValueError, match="runs of other options, 'precision' first"):
        check_same_options(run, run / "checkpoint.pt", other)
