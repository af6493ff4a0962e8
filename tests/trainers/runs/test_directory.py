"""What a store says of its run, and which directories a run may take."""

import datetime
import json
import re

import pytest
import torch

from trainers import EMA, METHODS, Config, Direct, Identity, Learned, Method, Optimal
from trainers.runs.directory import attrs, check_free, variable_attrs

DATA = {"place": "/data/photos.npz", "fingerprint": {"train": 3}}


def test_attrs_name_the_run_its_config_as_given_and_resolved_and_what_made_it():
    config = Config(method=METHODS["simsiam"], encoder="resnet18", seed=5, limit=9)
    found = attrs(config, torch.device("cpu"), DATA)
    assert found["method"] == "simsiam"
    assert found["data"] == "photos"
    assert found["data_place"] == "/data/photos.npz"
    assert json.loads(found["fingerprint"]) == {"train": 3}
    assert found["seed"] == 5
    assert found["device"] == "cpu"
    assert found["torch"] == torch.__version__
    assert Config.from_json(found["config"]) == config
    assert Config.from_json(found["config_resolved"]) == config.resolved
    assert json.loads(found["config"])["width"] is None
    assert json.loads(found["config_resolved"])["width"] == 64
    assert re.fullmatch(r"eigenspace \d+\.\d+.*", found["library"])
    assert re.fullmatch(r"[0-9a-f]{40}|unknown", found["commit"])
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(found["start_time"])
    assert -2 < age.total_seconds() < 60
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("predictor", "kind", "rho"),
    [
        (Learned(layers=1), "weight", None),
        (Learned(layers=2), "product", None),
        (Direct(rho=0.25), "weight", 0.25),
        (Optimal(rho=0.5), "weight", 0.5),
        (Identity(), "identity", None),
    ],
)
def test_the_store_says_how_the_predictor_was_recorded(predictor, kind, rho):
    found = variable_attrs(Config(method=Method(predictor, EMA())))
    assert found["predictor"]["kind"] == kind
    assert found["running_correlation"]["rho"] == rho


def test_a_run_takes_what_is_free_and_replaces_runs_alone(tmp_path):
    run = tmp_path / "run"
    check_free(run, overwrite=False)
    run.mkdir()
    check_free(run, overwrite=False)
    (run / "thesis.tex").touch()
    for overwrite in (False, True):
        with pytest.raises(FileExistsError, match="run exists and is not a run"):
            check_free(run, overwrite)
    (run / "checkpoint.pt").touch()
    check_free(run, overwrite=True)
    with pytest.raises(FileExistsError, match="holds a run; resume it"):
        check_free(run, overwrite=False)
    (run / "checkpoint.pt").unlink()
    (run / "snapshots.zarr").mkdir()
    check_free(run, overwrite=True)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(FileExistsError, match="file exists and is not a run"):
        check_free(file, overwrite=True)
