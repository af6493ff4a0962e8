import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from analysis.figures.style import SEQUENTIAL
from analysis.figures.theory import plot_eigenvalues
from dynamics.figures.isoloss import TITLES, loss_rest_points
from dynamics.figures.published_toy import DRAWS, attached_as_published
from dynamics.figures.table import draw_figure
from dynamics.flows.isoloss import EIGEN_LOSSES


def test_every_loss_has_a_title_in_words():
    assert set(TITLES) == set(EIGEN_LOSSES)
    assert TITLES["cosine-attached"] == "Cosine, no stop-gradient"


@pytest.fixture(scope="module")
def spectra():
    return loss_rest_points()


def test_the_modes_of_a_spectrum_are_named_and_its_label_is_whole(spectra):
    figure = draw_figure("iso5", spectra)
    assert [ax.get_title() for ax in figure.axes] == ["Euclidean", "Cosine"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["mode 1", "mode 2"]
    figure.draw_without_rendering()
    for artist in (figure.axes[0].yaxis.label, legend):
        box = artist.get_window_extent()
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1


def test_colours_of_modes_reach_from_the_first_to_the_last(spectra):
    ax = plot_eigenvalues(spectra[0], Figure().subplots())
    first, last = (tuple(line.get_color()) for line in ax.lines[:2])
    assert (first, last) == (SEQUENTIAL(0.0), SEQUENTIAL(1.0))


def test_two_variants_are_a_line_and_dots_and_named():
    values = xr.DataArray(
        np.ones((2, 5, 3)),
        {"variant": ["this", "that"], "time": np.arange(5.0)},
        ["variant", "time", "mode"],
        attrs={"title": ""},
    )
    ax = plot_eigenvalues(values, Figure().subplots())
    styles = [line.get_linestyle() for line in ax.lines[:6]]
    assert styles == ["-"] * 3 + [":"] * 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["this", "that"]


def test_figure_5_ends_at_1_and_at_the_mean_of_its_start(spectra):
    euclidean, cosine = (panel.transpose("start", "time", "mode").values for panel in spectra)
    np.testing.assert_allclose(euclidean[:, -1], 1, atol=1e-3)
    means = cosine[:, :1].mean(axis=2)
    np.testing.assert_allclose(cosine[:, -1], np.broadcast_to(means, (3, 2)), rtol=5e-3)
    # 2 W has four times the eigenvalues.
    np.testing.assert_allclose(cosine[1, 0], 4 * cosine[0, 0])


def test_the_published_step_is_the_codes_and_not_the_gradient():
    c = np.array([2.0, 0.3])
    p = np.diag(c)
    rng = np.random.default_rng(0)
    x, noise = rng.standard_normal((2, DRAWS // 2, 2))
    w = np.diag(np.sqrt(c))
    moved = {"code": np.zeros((2, 2)), "gradient": np.zeros((2, 2))}
    for one, n in ((x, noise), (x, -noise)):
        for x1, x2 in zip(one, one + 0.1 * n, strict=True):
            z1, z2 = w @ x1, w @ x2
            q = p @ z1
            A, B, C = np.linalg.norm(q), np.linalg.norm(z2), q @ z2
            online = p @ z2 / (A * B) - C * p @ q / (A**3 * B)
            moved["code"] += np.outer(online + q / (A * B) - C * z2 / (A**3 * B), x1) / DRAWS
            target = q / (A * B) - C * z2 / (A * B**3)
            moved["gradient"] += (np.outer(online, x1) + np.outer(target, x2)) / DRAWS
    step = attached_as_published(c, 1, rate=0.1)[1]
    np.testing.assert_allclose(step, (np.sqrt(c) + 0.1 * np.diag(moved["code"])) ** 2)
    # <W, gradient> = 0 of a cosine; not so of the code.
    trace = {name: float((w * g).sum()) for name, g in moved.items()}
    assert abs(trace["gradient"]) < 1e-12
    assert trace["code"] > 0.1
