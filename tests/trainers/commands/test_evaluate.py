"""A finished run is evaluated: what is measured, kept and refused."""

import json
import re
import shlex

import numpy as np
import pytest
import torch
from command_line import refused

from analysis.store.reader import open_snapshots
from trainers.commands.main import main
from trainers.config import Config
from trainers.evaluation.cached_features import CachedFeatures
from trainers.evaluation.classifier import load_classifier
from trainers.evaluation.evaluate import PROTOCOLS, evaluate
from trainers.evaluation.knn import KNN
from trainers.evaluation.linear_probe import LinearProbe
from trainers.runs import checkpoint
from trainers.runs.network import load_network
from trainers.runs.trained import load
from trainers.training.learner import Learner

TINY = "--size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 --device cpu"
FAST = "--protocol knn linear adam finetune --adam.epochs 2 --finetune.epochs 1 --linear.count 2"


def table(run) -> list[dict]:
    return open_snapshots(run, "evaluation").to_dataframe().to_dict("records")


def test_accuracies_are_kept_with_protocol_network_split_and_epoch_rule(run, capsys):
    before = open_snapshots(run).load()
    assert main(["evaluate", str(run), *FAST.split()]) == 0
    printed = dict(re.findall(r"run  (\w+) .*?(\d+\.\d+)%", capsys.readouterr().out))
    rows = table(run)
    assert [row["protocol"] for row in rows] == ["knn", "linear", "adam", "finetune"]
    for row in rows:
        assert (row["step"], row["epoch"]) == (10, 2.0)
        assert (row["network"], row["features"]) == ("online", "encoder")
        assert row["accuracy"] == pytest.approx(float(printed[row["protocol"]]) / 100, abs=1e-4)
        details = json.loads(row["details"])
        assert {"description", "split", "epoch_rule", "features"} <= details.keys()
        assert details["split"].startswith("test")
        assert not details.keys() & json.loads(row["options"]).keys()
    knn, linear, adam, finetune = (json.loads(row["options"]) for row in rows)
    assert knn == {"k": 200, "temperature": 0.1}
    assert linear == {"weakest": 1e-6, "strongest": 1.0, "count": 2}
    assert (adam["epochs"], adam["lr"]) == (2, 0.05)
    assert (finetune["epochs"], finetune["labels"]) == (1, 1.0)
    assert {"l2", "validation_accuracy"} <= json.loads(rows[1]["details"]).keys()
    assert rows[1]["accuracy"] > 0.5  # brightness is easy to see
    assert before.identical(open_snapshots(run).load())


def test_other_options_network_and_features_are_rows_of_their_own_and_named_on_screen(run, capsys):
    first = table(run)
    finetune = "--protocol finetune --finetune.epochs 1"
    for options in (
        *(finetune, f"{finetune} --finetune.labels 0.5", "--protocol knn --knn.k 5"),
        *("--protocol knn --knn.k 1 --knn.temperature 0.5", "--protocol knn --network target"),
        *("--protocol knn --features projector", "--protocol knn"),
    ):
        assert main(["evaluate", str(run), *options.split()]) == 0
    rows = table(run)
    assert rows[:1] == first  # the kNN of the training, and made again with the same result
    keys = [(row["protocol"], row["network"], row["features"], row["options"]) for row in rows]
    assert len(set(keys)) == len(keys) == 7
    said = [line.split()[1:-1] for line in capsys.readouterr().out.splitlines()]
    assert said == [
        *(["finetune", "epochs=1"], ["finetune", "epochs=1", "labels=0.5"], ["knn", "k=5"]),
        *(["knn", "k=1", "temperature=0.5"], ["knn", "target"], ["knn", "projector"], ["knn"]),
    ]


def test_probes_of_encoder_block_and_projector_of_one_run(run):
    for features in ("encoder", "block", "projector"):
        evaluate(run, {"knn": KNN()}, features=features)
    state = checkpoint.load(run)
    config = Config.from_json(state["config"])
    data = load(config, torch.device("cpu"))
    learner = Learner(config, data.shape, torch.device("cpu"))
    learner.load_state_dict(state["learner"])
    encoder, projector = learner.online.encoder, learner.online.projector
    made = {
        "encoder": encoder,
        "block": torch.nn.Sequential(encoder, projector[0], projector[1], projector[2]),
        "projector": learner.online,
    }
    stored = {row["features"]: row for row in table(run)}
    assert stored.keys() == made.keys()
    for features, network in made.items():
        cached = CachedFeatures(network, data)
        assert cached.train.shape[1] == {"encoder": 16, "block": 8, "projector": 6}[features]
        assert stored[features]["accuracy"] == KNN().score(cached).accuracy


def test_the_target_network_is_the_target(run):
    state = checkpoint.load(run)
    config = Config.from_json(state["config"])
    learner = Learner(config, (3, 16, 16), torch.device("cpu"))
    learner.load_state_dict(state["learner"])
    target = load_network(state, config, (3, 16, 16), "target")
    online = load_network(state, config, (3, 16, 16), "online")
    mine, theirs, other = (n.state_dict() for n in (target, learner.target.network, online))
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert not all(torch.equal(mine[name], other[name]) for name in mine)


def test_a_classifier_is_saved_and_read_again(run, shades):
    score = evaluate(run, features="block")["linear"]
    classifier = load_classifier(run)
    with np.load(shades) as data:
        x, y = (
            torch.from_numpy(data["x_test"]).permute(0, 3, 1, 2),
            torch.from_numpy(data["y_test"]),
        )
    right = (classifier.probabilities(x).argmax(1) == y).double().mean().item()
    assert right == pytest.approx(score.accuracy, abs=1 / len(y))
    assert classifier.classes == ("black", "dark", "light", "white")


def test_evaluating_again_replaces_nothing_and_a_resumed_run_goes_on(run):
    evaluate(run, {"linear": LinearProbe(count=1)})
    first = table(run)
    evaluate(run)
    second = table(run)
    assert second[: len(first)] == first
    counts = [json.loads(row["options"]).get("count") for row in second]
    assert counts == [None, 1, 7]
    assert main(["resume", str(run)]) == 0
    assert table(run) == second


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("evaluate", "the following arguments are required: RUN"),
        ("evaluate nowhere", "RUN is 'nowhere', which is not there; a run's directory wanted"),
        ("evaluate .", "no checkpoint at checkpoint.pt"),
        ("evaluate RUN --protocol lineer", "'lineer' is not known"),
        ("evaluate RUN --features head", "'head' is not known"),
        ("evaluate RUN --linear.weakest 2", "0 < weakest <= strongest wanted"),
        ("evaluate RUN --adam.epochs 3", "options of adam given, and --protocol is knn linear"),
        ("evaluate RUN --protocol finetune --finetune.labels 2", "labels is 2.0; it must lie in"),
        ("evaluate RUN --protocol finetune --finetune.lr 0", "lr is 0.0; it must be above 0"),
        ("evaluate RUN --knn.kk 3", "unknown argument '--knn.kk'; did you mean --knn.k"),
        ("evaluate RUN --device gpu", "choose auto, cpu, cuda"),
        ("predict RUN nowhere", "nowhere is not a folder"),
        ("predict RUN .", "no classifier at .*classifier.pt; .*evaluate|has no images"),
        ("predict RUN", "the following arguments are required: FOLDER"),
        ("export RUN --out f.pt", "encoder 'conv4', which torchvision does not have"),
        ("export RUN", "the following arguments are required: --out"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    run, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    before = open_snapshots(run, "evaluation")
    said = refused(capsys, *(str(run) if a == "RUN" else a for a in arguments.split()))
    assert re.search(message, said)
    assert before.identical(open_snapshots(run, "evaluation"))
    assert [f.name for f in tmp_path.iterdir()] == ["run"]


def test_data_without_labels_or_block_cannot_be_evaluated(tmp_path, capsys):
    out = tmp_path / "run"
    options = "byol --data gaussian --predictor.layers 1 --epochs 1 --batch-size 500 --out"
    main([*shlex.split(options), str(out)])
    capsys.readouterr()
    assert "gaussian, which has no labels" in refused(capsys, "evaluate", str(out))
    options = f"byol {TINY} --limit 32 --epochs 1 --projector-layers 1 --out"
    main([*shlex.split(options), str(tmp_path / "shapes")])
    capsys.readouterr()
    said = refused(capsys, "evaluate", str(tmp_path / "shapes"), "--features", "block")
    assert "there is no block to take features from: the projector has 1 layers" in said


@pytest.mark.parametrize("kept", [0, 1])
def test_interrupted_it_says_what_is_kept_and_how_the_rest_is_measured(
    run, kept, monkeypatch, capsys
):
    names = ["linear", "adam"]

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(PROTOCOLS[names[kept]]), "score", interrupted)
        assert main(["evaluate", str(run), "--protocol", *names]) == 130
    said = capsys.readouterr().err.splitlines()[-1]
    there = open_snapshots(run, "evaluation").protocol.values.tolist()
    assert ("linear" in there) == bool(kept)
    assert ("linear of it kept" if kept else "nothing of it measured") in said
    again = shlex.split(said.partition("`")[2].partition("`")[0])
    assert again == ["eigenspace", "evaluate", str(run), "--protocol", *names[kept:]]
    assert main(again[1:]) == 0
    assert {*names} <= {*open_snapshots(run, "evaluation").protocol.values.tolist()}
