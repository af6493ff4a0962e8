import numpy as np
import pytest
import torch
import xarray as xr

from analysis import eigenvalues, open_snapshots, summarise
from trainers import METHODS, Config, evaluate, exact_correlation, train, view_features
from trainers.config import Config as Stored
from trainers.evaluation.cached_features import features
from trainers.evaluation.knn import KNN
from trainers.runs.network import load_network
from trainers.runs.trained import load
from trainers.training.learner import Learner

SMALL = {"limit": 700, "width": 2, "epochs": 2, "projector_hidden": 16, "projector_out": 6}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = Config(method=METHODS["byol"], device="cpu", **SMALL)
    return train(config, tmp_path_factory.mktemp("runs") / "run")


def by_hand(run, network="online"):
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    config = Stored.from_json(state["config"])
    data = load(config, torch.device("cpu"))
    body = load_network(state, config, data.shape, network).eval()
    return features(body, data, data.x_train).double().numpy()


@pytest.mark.parametrize("network", ["online", "target"])
def test_over_plain_images_it_is_the_correlation_of_the_features(run, network):
    ds = exact_correlation(run, augmented=False, network=network)
    Z = by_hand(run, network)
    np.testing.assert_allclose(ds["correlation"][0], Z.T @ Z / 700, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(ds["mean"][0], Z.mean(0), rtol=1e-5, atol=1e-6)
    assert ds["samples"].item() == 700
    assert "cross_correlation" not in ds
    last = open_snapshots(run).isel(step=[-1])
    xr.testing.assert_identical(ds["predictor"], last["predictor"].load())  # labels too


def test_the_cross_correlation_is_the_stored_one_of_its_name(run):
    ds = exact_correlation(run)
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    config = Stored.from_json(state["config"])
    data = load(config, torch.device("cpu"))
    body = load_network(state, config, data.shape, "online").eval()
    with torch.no_grad():
        z1, z2 = (body(x).double().numpy() for x in data.views(0, torch.arange(700)))
    across = ds["cross_correlation"].values[0]
    np.testing.assert_allclose(across, z1.T @ z2 / 700, rtol=1e-4, atol=1e-6)
    assert abs(across - across.T).max() > 1e-4 * abs(across).max()
    stored = open_snapshots(run)["cross_correlation"].attrs
    assert ds["cross_correlation"].attrs.items() <= stored.items()  # which add the rounding unit


class Stop(Exception):
    pass


@pytest.mark.parametrize("method", ["byol", "directpred"])
def test_of_a_stopped_run_everything_is_of_the_checkpoint(tmp_path, monkeypatch, method):
    config = Config(
        method=METHODS[method], device="cpu", **SMALL, every=1, schedule="cosine", warmup=1
    )
    learn = Learner.learn

    def learn_until(self, step, x1, x2):
        if step == 9:
            raise Stop
        return learn(self, step, x1, x2)

    monkeypatch.setattr(Learner, "learn", learn_until)
    with pytest.raises(Stop):
        train(config, tmp_path / "run")
    stored = open_snapshots(tmp_path / "run").load()
    assert int(stored.step[-1]) == 8  # the checkpoint is of step 5, the first epoch's end
    ds = exact_correlation(tmp_path / "run")
    then = stored.sel(step=5)
    assert (ds["step"].item(), ds["epoch"].item()) == (5, 1)
    assert ds["time"].item() == pytest.approx(then["time"].item())
    np.testing.assert_array_equal(ds["predictor"][0], then["predictor"])
    assert abs(ds["predictor"][0] - stored["predictor"][-1]).max() > 1e-4
    Z = view_features(tmp_path / "run", images=4, views=2)
    assert (Z.attrs["step"], Z.attrs["epoch"]) == (5, 1)
    evaluate(tmp_path / "run", {"knn": KNN()})
    measured = open_snapshots(tmp_path / "run", "evaluation")
    assert (measured["step"].values[-1], measured["epoch"].values[-1]) == (5, 1)


def test_views_share_less_than_they_have_and_all_is_in_the_schemas_names(run):
    ds = exact_correlation(run)
    assert ds["samples"].item() == 2 * 700
    same, cross = ds["correlation"].values[0], ds["cross_correlation"].values[0]
    cross = (cross + cross.T) / 2
    assert np.linalg.eigvalsh(same - cross).min() > -1e-9  # half of E (z1 - z2)(z1 - z2)^T
    assert np.trace(cross) < np.trace(same)
    assert summarise(ds)["asymmetry"].sizes == {"step": 1}
    assert float(eigenvalues(ds["correlation"])[0, 0]) > 0


def test_batch_statistics_and_splits_are_other_numbers(run):
    usual = exact_correlation(run)["correlation"].values
    for options in ({"batch_statistics": True}, {"split": "test"}):
        assert abs(exact_correlation(run, **options)["correlation"].values - usual).max() > 1e-4
    np.testing.assert_array_equal(exact_correlation(run)["correlation"], usual)


def test_refusals(run, tmp_path):
    with pytest.raises(ValueError, match="split is 'val'; one of train, test wanted"):
        exact_correlation(run, split="val")
    config = Config(method=METHODS["directpred"], data="gaussian", epochs=1, device="cpu")
    with pytest.raises(ValueError, match="was trained on gaussian; images wanted"):
        exact_correlation(train(config, tmp_path / "run"))
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        exact_correlation(tmp_path)
