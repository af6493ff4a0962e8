"""The runs that ship: they open where they are, say what they are of, and are whole."""

import json
import zipfile
from importlib.resources import files

import numpy as np
import pytest
import xarray as xr

from analysis import (
    EXAMPLES,
    alignment,
    collapse,
    copy_example,
    open_example,
    open_snapshots,
    summarise,
    verify,
)
from analysis.commands.main import main
from analysis.store.examples import FOLDER

EACH = pytest.mark.parametrize("name", EXAMPLES)


@EACH
def test_it_opens_without_being_unpacked_and_names_no_place_of_a_machine(name):
    run = open_example(name)
    assert run["predictor"].chunks is not None
    assert run.sizes["step"] > 50
    assert np.isfinite(run["predictor"].values).all()
    assert open_example(name, "metrics")["loss"].sizes["step"] > 100
    config = json.loads(run.attrs["config"])
    assert (config["seed"], len(run.attrs["commit"])) == (0, 40)
    assert not any("/work" in str(v) or "/home" in str(v) for v in run.attrs.values())


def test_all_of_them_together_are_a_few_megabytes():
    sizes = [len((files("analysis.store") / FOLDER / f"{n}.zip").read_bytes()) for n in EXAMPLES]
    assert sum(sizes) < 10e6


@EACH
def test_a_copy_is_a_whole_run_with_the_same_numbers(name, tmp_path):
    run = copy_example(name, tmp_path)
    assert run == tmp_path / name
    assert verify(run) == []
    xr.testing.assert_identical(open_snapshots(run).load(), open_example(name).load())
    with pytest.raises(FileExistsError, match="name another folder, or remove it"):
        copy_example(name, tmp_path)
    assert sorted(tmp_path.iterdir()) == [run]


def test_they_show_what_they_are_named_for():
    kinds = {name: collapse(open_example(name)).kind for name in EXAMPLES}
    assert kinds.pop("collapsed") != "none"
    assert kinds["byol-linear"] == kinds["directpred"] == kinds["linear"] == "none"
    for name in ("directpred", "shapes"):
        last = open_example(name).isel(step=-1)
        assert float(alignment(last.predictor, last.correlation).mean()) > 0.9
    learned = summarise(open_example("byol-linear"))
    assert float(learned.asymmetry[-1]) < float(learned.asymmetry[0])


def test_what_is_no_example_is_refused():
    with pytest.raises(ValueError, match=r"example 'byoll' is not known.*did you mean 'byol'"):
        open_example("byoll")


def test_a_zip_that_cannot_be_unpacked_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "extractall", full)
    with pytest.raises(OSError, match="No space"):
        copy_example("linear", tmp_path)
    assert not [*tmp_path.iterdir()]


def test_the_command_lists_them_and_unpacks_one(tmp_path, capsys, blank_pictures):
    assert main(["example"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in EXAMPLES)
    assert main(["example", "linear", str(tmp_path)]) == 0
    assert str(tmp_path / "linear") in capsys.readouterr().out
    assert main([str(tmp_path / "linear")]) == 0
    assert main(["example", "linear", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err.splitlines()[-1]
