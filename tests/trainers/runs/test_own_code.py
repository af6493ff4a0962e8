"""The code of what a user brings is known by its hash: what changes later is said, and kept."""

import importlib
import json
import sys
import types

import pytest
import torchvision
from small_runs import small

from analysis import open_snapshots
from trainers import EMA, METHODS, Config, Learned, Method, resume, train
from trainers.evaluation.evaluate import evaluate
from trainers.evaluation.knn import KNN
from trainers.runs.own_code import changes, code_of, unknown_code

MODULE = """from dataclasses import dataclass
from trainers.methods.losses import Euclidean

@dataclass(frozen=True)
class Mine(Euclidean):
    def distance(self, q, t):
        return {weight} * super(Mine, self).distance(q, t)

helper = {helper}
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write the user's module, and import it as a new process would."""
    monkeypatch.syspath_prepend(tmp_path)

    def anew(**values):
        (tmp_path / "written_loss.py").write_text(MODULE.format(**values))
        sys.modules.pop("written_loss", None)
        importlib.invalidate_caches()
        return importlib.import_module("written_loss").Mine

    yield anew
    sys.modules.pop("written_loss", None)


@pytest.fixture
def run(write, few_shapes, tmp_path, capsys):
    made = write(weight=1, helper=1)
    run = train(small(Method(Learned(layers=1), EMA(0.9), made())), tmp_path / "run")
    capsys.readouterr()
    return run


def kept(run):
    return json.loads(open_snapshots(run).attrs["own_code"])


def test_what_has_not_changed_is_not_spoken_of(run, write, capsys):
    write(weight=1, helper=1)
    resume(run, epochs=4)
    evaluate(run, {"knn": KNN()})
    assert "since the training" not in capsys.readouterr().err
    assert [entry["after_step"] for entry in kept(run)] == [0]
    assert "changed" not in open_snapshots(run, "evaluation")["details"].values[-1]


def test_a_run_that_goes_on_by_other_code_says_so_and_keeps_from_which_step(run, write, capsys):
    write(weight=3, helper=1)
    resume(run, epochs=4)
    assert f"{run}: since the training loss 'written_loss:Mine' has ch" in capsys.readouterr().err
    resume(run, epochs=5)
    assert "since the training" not in capsys.readouterr().err
    first, second = kept(run)
    assert (first["after_step"], second["after_step"]) == (0, 12)
    assert first["parts"]["loss"]["source"] != second["parts"]["loss"]["source"]
    assert second["parts"] == code_of(Config.from_json(open_snapshots(run).attrs["config"]))


def test_other_lines_of_its_file_are_told_apart_and_an_accuracy_knows_of_them(run, write, capsys):
    write(weight=1, helper=2)
    evaluate(run, {"knn": KNN()})
    told = "the file of loss 'written_loss:Mine' has changed, in other lines"
    assert told in capsys.readouterr().err
    details = open_snapshots(run, "evaluation")["details"].values
    assert [json.loads(row).get("changed_since_training") for row in details] == [None, [told]]
    assert len(kept(run)) == 1  # it was not trained by it


def test_what_is_all_ours_has_no_code_to_keep():
    assert code_of(Config(method=METHODS["byol"])) == {}


def test_of_an_object_there_is_its_file_and_of_data_their_fingerprint():
    config = Config(
        method=METHODS["byol"],
        data="users_module:arrays",
        views="users_module:callable_object",
        encoder="users_module:Net",
    )
    code = code_of(config)
    assert [*code["views"]] == ["name", "file"]
    assert [*code["encoder"]] == ["name", "source", "file"]
    assert code["views"]["file"] == code["encoder"]["file"]
    assert "data" not in code
    assert not unknown_code(code)


def test_what_stands_in_no_file_is_said(monkeypatch):
    typed = types.ModuleType("typed_module")
    exec("def build():\n    return None", typed.__dict__)
    monkeypatch.setitem(sys.modules, "typed_module", typed)
    code = code_of(Config(method=METHODS["byol"], encoder="typed_module:build"))
    assert unknown_code(code) == [
        "encoder 'typed_module:build' stands in no file: whether it changes will not be known"
    ]


def test_of_a_library_it_is_the_version(monkeypatch):
    config = Config(method=METHODS["byol"], encoder="torchvision:resnet18")
    before = code_of(config)
    assert [*before["encoder"]] == ["name", "version"]
    monkeypatch.setattr(torchvision, "__version__", "9.0")
    (told,) = changes(code_of(config), before)
    assert told.startswith("encoder 'torchvision:resnet18' is of version 9.0, was 0.")
