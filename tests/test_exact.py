import numpy as np
import pytest
import torch

from analysis import eigenvalues, open_snapshots, summarise
from trainers import METHODS, Config, exact_correlation, train
from trainers.bank import features
from trainers.config import Config as Stored
from trainers.evaluation import load_network
from trainers.loop import load

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
    last = open_snapshots(run)["predictor"].isel(step=-1)
    np.testing.assert_array_equal(ds["predictor"][0], last)


def test_views_share_less_than_they_have_and_all_is_in_the_schemas_names(run):
    ds = exact_correlation(run)
    assert ds["samples"].item() == 2 * 700
    same, cross = ds["correlation"].values[0], ds["cross_correlation"].values[0]
    np.testing.assert_allclose(cross, cross.T)
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
    with pytest.raises(ValueError, match="exact_correlation is for images"):
        exact_correlation(train(config, tmp_path / "run"))
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        exact_correlation(tmp_path)
