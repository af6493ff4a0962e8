import matplotlib.image
import numpy as np
import pytest

from trainers.augmentation.views import two_views
from trainers.commands.main import main
from trainers.commands.view_grid import EACH, draw_views
from trainers.data.load import load_data


def test_views_are_those_of_a_run_with_their_normalisation_undone():
    data = load_data("shapes", limit=4, seed=7)
    figure = draw_views(data, ["shapes"], images=4, seed=7)
    shown = [ax.images[0].get_array() for ax in figure.axes if ax.images]
    assert len(shown) == 4 * (1 + 2 * EACH)
    original = data.x_train[1].permute(1, 2, 0).numpy() / 255
    row = shown[1 + 2 * EACH : 2 * (1 + 2 * EACH)]  # row by row: the second image's
    np.testing.assert_allclose(row[0], original, atol=1e-6)
    samples = [0, 1, 2, 3]
    step_2 = two_views(
        data.x_train,
        data.recipes,
        seed=7,
        step=2,
        samples=data.y_train.new_tensor(samples),
        size=data.size,
    )
    mean, std = np.array(data.recipes[1].mean), np.array(data.recipes[1].std)
    view = step_2[1][1].permute(1, 2, 0).numpy() * std + mean
    np.testing.assert_allclose(row[4], view.clip(0, 1), atol=1e-6)


def test_the_command_writes_a_picture(tmp_path, capsys):
    out = tmp_path / "views.png"
    assert main(["views", "--images", "2", "--views", "none", "crop", "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert matplotlib.image.imread(out).shape[2] == 4
    assert out.with_suffix(".pdf").is_file()


def test_views_and_data_of_a_user_are_drawn(tmp_path):
    out = tmp_path / "views.png"
    words = ["--data", "users_module:arrays", "--views", "users_module:callable_object", "crop"]
    assert main(["views", *words, "--images", "2", "--out", str(out)]) == 0
    assert out.is_file()
    data = load_data("users_module:arrays")
    figure = draw_views(data, ["users_module:callable_object"], images=2)
    original, *views = [ax.images[0].get_array() for ax in figure.axes if ax.images][:5]
    for view in views:  # it changes nothing but the scale, which is undone
        np.testing.assert_allclose(view, original, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--views", "crop", "users_module:nothing"], "'nothing' is not known"),
        (["--views", "users_module:three"], "one for both views, or two, wanted"),
        (["--views", "crpo"], "did you mean 'crop'"),
        (["--images", "0"], "images is 0; 1 to"),
        (["--data", "gaussian"], "data 'gaussian' are vectors; images wanted"),
        (["--data", "missing.npz"], "missing.npz"),
        (["--out", "views.jpg"], "a name that ends in .png or .pdf wanted"),
        (["--size", "0"], "size = 0; at least 1 wanted"),
    ],
)
def test_refusals(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["views", *words]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not any(tmp_path.iterdir())
