"""What a number is of: its label follows the matrix, whatever variable holds it."""

import re

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.text import Text
from strategies import learning_run

from analysis import (
    bootstrap_eigenvalues,
    centred,
    complex_eigenvalues,
    eigenvalues,
    follow_modes,
    predictor_eigenvalues,
    summarise,
    symmetric_part,
)
from analysis.figures.isoloss import alignment_figure, spectra_figure
from analysis.figures.run_history import history, history_caption
from analysis.figures.run_overview import comparison, overview, overview_caption
from analysis.figures.theory_figures import speed_figure
from analysis.figures.uncertainty import plot_bootstrap
from analysis.store.labels import basis_name, matrix_name
from analysis.store.schema import SNAPSHOTS


@pytest.fixture(scope="module")
def run():
    run = learning_run(d=3, snapshots=4, seed=0)
    cross = 0.5 * run["correlation"]
    return run.assign(cross_correlation=cross.assign_attrs(SNAPSHOTS["cross_correlation"].attrs))


def long_name(values):
    return values.attrs["long_name"]


def test_a_spectrum_says_of_which_matrix_it_is(run):
    assert long_name(eigenvalues(run.correlation)) == "eigenvalue of the same-view correlation"
    assert long_name(eigenvalues(run.cross_correlation)) == (
        "eigenvalue of the cross-view correlation"
    )
    assert long_name(complex_eigenvalues(run.predictor)) == "complex eigenvalue of the predictor"
    assert long_name(predictor_eigenvalues(run.predictor)) == "eigenvalue of sym(W_p)"
    plain = xr.DataArray(np.eye(2), dims=("row", "col"))
    assert long_name(eigenvalues(plain.rename("F"))) == "eigenvalue of the F"
    assert long_name(eigenvalues(plain)) == "eigenvalue of the matrix"


def test_a_summary_is_labelled_by_what_was_put_in_and_not_by_its_place(run):
    same = summarise(run)
    other = summarise(run.assign(correlation=symmetric_part(run.cross_correlation)))
    for m, name in ((same, "same-view"), (other, "symmetrised cross-view")):
        s = m["correlation_eigenvalue"]
        assert long_name(s) == f"eigenvalue of the {name} correlation"
        assert s.attrs["symbol"] == "$s_j$"
        assert s.attrs["resolution"] > 0
        basis = "correlation" if m is same else "cross_correlation"
        assert m["alignment"].attrs["basis"] == basis
        assert m["entropy_rank"].attrs["basis"] == basis
        assert m["predictor_eigenvalue"].attrs["basis"] == "predictor"
        assert "basis" not in m["asymmetry"].attrs
    followed = follow_modes(run.assign(correlation=symmetric_part(run.cross_correlation)))
    for name, values in other.data_vars.items():
        numbered = {"numbered": "followed to the end"} if "mode" in values.dims else {}
        assert followed[name].attrs == values.attrs | numbered


def test_a_part_of_a_matrix_keeps_its_name(run):
    once = symmetric_part(run.cross_correlation)
    assert (
        matrix_name(once)
        == matrix_name(symmetric_part(once))
        == ("symmetrised cross-view correlation")
    )
    assert matrix_name(symmetric_part(once.drop_attrs())) == "symmetric part"
    mean = xr.DataArray(np.zeros(3), dims="row")
    assert matrix_name(centred(run.correlation, mean)) == "same-view covariance"
    assert matrix_name(centred(run.cross_correlation, mean)) == "cross-view covariance"


def test_a_basis_may_be_named_by_its_variable():
    values = xr.DataArray(1.0)
    assert basis_name(values) == ""
    assert basis_name(values.assign_attrs(basis="cross_correlation")) == "cross-view correlation"
    assert basis_name(values.assign_attrs(basis="sym$(W_p)$")) == "sym$(W_p)$"


def drawn(run, m):
    resampled = bootstrap_eigenvalues(np.random.default_rng(0).standard_normal((20, 3)))
    yield "overview", overview(m)
    yield "comparison", comparison([m, m])
    yield "spectra", spectra_figure({"a": m})
    yield "alignments", alignment_figure({"a": m})
    yield "history", history(run, m)
    yield "bootstrap", plot_bootstrap(resampled, ax=Figure().subplots()).figure


def texts(figure):
    return [text.get_text().replace("\n", " ") for text in figure.findobj(Text)]


@pytest.mark.parametrize("view", ["same-view", "cross-view"])
def test_every_eigenvalue_on_a_figure_is_of_a_view_or_of_the_predictor(run, view):
    if view == "cross-view":
        run = run.assign(correlation=symmetric_part(run.cross_correlation))
    run = run.assign(mean=(("step", "row"), np.zeros((4, 3))), samples=("step", [64] * 4))
    m = summarise(run)
    found = []
    for name, figure in drawn(run, m):
        of = [text for text in texts(figure) if "eigenvalue" in text]
        assert of, name
        found += [(name, text) for text in of if not re.search("predictor|W_p", text)]
    found += [("caption", overview_caption(m)), ("caption", history_caption(run, m))]
    for name, text in found:
        wanted = "same-view" if name == "bootstrap" else view
        assert wanted in text, name
        assert not re.search("(same|cross)-view", text.replace(wanted, "")), name


def test_where_a_speed_rests_is_told_apart_by_shape_and_explained():
    p = np.linspace(-0.5, 1.5, 201)
    rate = xr.DataArray(p * (1 - p) * (p - 0.5), dims="predictor_eigenvalue")
    rate = rate.assign_coords(predictor_eigenvalue=p)
    rate = rate.assign_attrs(eta=0.1, rest=[0.0, 0.5, 1.0])
    figure = speed_figure([rate])
    rests = {float(line.get_xdata()[0]): line for line in figure.axes[0].lines[-3:]}
    assert rests[0.5].get_markerfacecolor() == "white" != rests[0.0].get_markerfacecolor()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["stable", "unstable"]
