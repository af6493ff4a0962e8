import numpy as np
import pytest
from strategies import collapsed_run, learning_run

from analysis import SnapshotWriter, collapse, open_snapshots
from analysis.store.schema import STORE
from trainers import Config, Euclidean, Identity, Method, StopGradient, train
from trainers.training.collapse_notice import CollapseNotice

pytestmark = pytest.mark.usefixtures("looks")


def half_written(path, run):
    """Snapshots of a run one by one, as a trainer publishes them, each with a step of metrics."""
    with SnapshotWriter(path / STORE, attrs=run.attrs) as writer:
        for i in range(run.sizes["step"]):
            row = run.isel(step=i)
            writer.append(int(row.step), **{n: row[n].values for n in ("epoch", *run.data_vars)})
            writer.append_metrics([int(row.step)], feature_std=[0.1])
            writer.flush()
            yield int(row.epoch)


def lines(tmp_path, run, capsys):
    notice = CollapseNotice(tmp_path)
    for epoch in half_written(tmp_path, run):
        notice.look(epoch)
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_a_collapse_is_said_once_each_time_it_gets_worse(tmp_path, capsys):
    said = lines(tmp_path, collapsed_run(d=16, snapshots=24), capsys)
    kinds = [line.split(":")[1] for line in said]
    assert kinds[-1] == " complete collapse"
    assert kinds == sorted(set(kinds), reverse=True)  # dimensional before complete, if at all
    assert "1 of 16 directions vary" in said[-1] or "the first has 9" in said[-1]
    assert said[0].startswith("epoch ")


def test_a_healthy_run_is_silent(tmp_path, capsys):
    assert lines(tmp_path, learning_run(d=16, snapshots=12, rank=12), capsys) == []


def test_too_few_rows_are_no_reason_to_speak(tmp_path, capsys):
    run = learning_run(d=4, snapshots=3, rank=1)
    assert lines(tmp_path, run.assign(samples=("step", np.full(3, 4))), capsys) == []


def test_training_warns_of_the_collapse_that_theory_predicts(tmp_path, capsys):
    """No predictor, so that W decays to zero (Tian, Chen, Ganguli 2021, Theorem 2)."""
    method = Method(Identity(), StopGradient(), Euclidean())
    options = {"data": "gaussian", "epochs": 1, "momentum": 0.0, "lr": 0.2, "weight_decay": 1.0}
    run = train(Config(method=method, **options), tmp_path / "run")
    out, err = capsys.readouterr()
    assert out == ""
    assert "epoch 1: complete collapse: " in err
    assert "the variance fell to " in err
    assert collapse(open_snapshots(run)).onset > 0


def test_a_flicker_is_not_worth_a_word_and_a_recovery_is(tmp_path, capsys):
    run = learning_run(d=8, snapshots=22, rank=8)
    dead = np.diag([1.0] * 3 + [0] * 5).astype("f4")
    F = run.correlation.values.copy()
    F[[11, 14, 15, 16, 18]] = dead  # of twelve snapshots on, three make a state
    said = lines(tmp_path, run.assign(correlation=(run.correlation.dims, F)), capsys)
    epochs = run.epoch.values.astype(int)
    assert [line.partition(":")[0] for line in said] == [f"epoch {epochs[i]}" for i in (16, 21)]
    assert said[0].split(": ")[1] == "dimensional collapse"
    assert said[1].split(": ")[1] == "the collapse is over"
