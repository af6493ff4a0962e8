import pytest
from matplotlib.figure import Figure

from analysis.figures.style import SEQUENTIAL
from analysis.figures.theory import plot_eigenvalues
from dynamics.figures.isoloss import TITLES, loss_rest_points
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
