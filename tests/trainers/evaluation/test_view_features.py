import numpy as np
import pytest
import torch

from analysis import alpha_req, bootstrap_alignment, lidar, open_snapshots, rankme
from trainers import METHODS, Config, exact_correlation, train, view_features
from trainers.commands.main import main
from trainers.runs.trained import load

SMALL = {"limit": 600, "width": 2, "epochs": 1, "projector_hidden": 16, "projector_out": 6}


@pytest.fixture(scope="module")
def config():
    return Config(method=METHODS["byol"], device="cpu", **SMALL)


@pytest.fixture(scope="module")
def run(config, tmp_path_factory):
    return train(config, tmp_path_factory.mktemp("runs") / "run")


def test_views_are_those_of_training_and_lie_image_by_image(run, config):
    z = view_features(run, images=40, views=4)
    assert z.sizes == {"image": 40, "view": 4, "feature": 6}
    assert (np.diff(z["image"]) > 0).all()
    data = load(config, torch.device("cpu"))
    numbers = torch.tensor(z["image"].values)
    both = [data.views(step, numbers) for step in (1, 2)]
    assert abs(both[0][0] - both[1][0]).max() > 0.1  # fresh ones at every step
    spread = z.var("view").sum("feature").mean()
    assert 0 < float(spread) < float(z.var("image").sum("feature").mean())  # images differ more
    np.testing.assert_array_equal(view_features(run, images=40, views=4), z)
    two = view_features(run, images=40, views=2)
    np.testing.assert_allclose(two.isel(view=0), z.isel(view=0), atol=1e-6)


def test_all_images_give_the_exact_correlation_up_to_the_views(run):
    Z = view_features(run, images=10**6, views=20).values.astype(float)
    assert len(Z) == 600
    F = np.einsum("ivj,ivk->jk", Z, Z) / Z.shape[0] / Z.shape[1]
    exact = exact_correlation(run)["correlation"].values[0]
    assert np.linalg.norm(F - exact) < 0.05 * np.linalg.norm(exact)


def test_the_encoders_and_the_targets_are_others(run):
    assert view_features(run, images=4, features="encoder").sizes["feature"] == 16
    online, target = (view_features(run, images=4, network=n) for n in ("online", "target"))
    assert abs(online - target).max() > 1e-4


def test_alignment_gets_an_error_bar_by_image(run):
    W = open_snapshots(run)["predictor"].isel(step=-1).values
    ds = bootstrap_alignment(W, view_features(run, images=200, views=2).values, resamples=20)
    assert ((ds["high"] - ds["low"]) > 0).all()


def test_the_command_prints_a_row_a_run(run, capsys):
    assert main(["ranks", str(run), str(run), "--images", "64", "--views", "4"]) == 0
    head, first, second, told = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["RankMe", "LiDAR", "alpha-ReQ"]
    assert first == second
    z = view_features(run, images=64, views=4).values
    cells = first.split()
    assert float(cells[1]) == pytest.approx(rankme(z[:, 0]), abs=1e-3)
    assert float(cells[2]) == pytest.approx(lidar(z), abs=1e-3)
    assert float(cells[3]) == pytest.approx(alpha_req(z[:, 0]).alpha, abs=1e-3)
    assert cells[-1] == "6"
    assert told == (
        "features of the projector, online network, by 4 views of 64 images at most; "
        "alpha-ReQ over all modes, weights inverse_rank"
    )
    words = ["--weights", "equal", "--features", "encoder", "--images", "64", "--views", "4"]
    assert main(["ranks", str(run), *words]) == 0
    _, row, told = capsys.readouterr().out.splitlines()
    z = view_features(run, images=64, views=4, features="encoder").values
    equal = alpha_req(z[:, 0], weights="equal").alpha
    assert float(row.split()[3]) == pytest.approx(equal, abs=1e-3)
    assert abs(equal - alpha_req(z[:, 0]).alpha) > 0.01
    assert "features of the encoder" in told
    assert told.endswith("weights equal")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--views", "3"], "views is 3; an even number wanted"),
        (["--images", "0"], "images is 0"),
        (["--features", "head"], "'head' is not known"),
        (["--image", "3"], "--image"),
    ],
)
def test_refusals(run, capsys, words, message):
    assert main(["ranks", str(run), *words]) == 2
    assert message in capsys.readouterr().err


def test_vectors_have_no_views_of_images(tmp_path):
    config = Config(method=METHODS["simsiam"], data="gaussian", epochs=1, device="cpu")
    with pytest.raises(ValueError, match="was trained on gaussian; images wanted"):
        view_features(train(config, tmp_path / "run"))
