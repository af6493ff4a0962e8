"""Names and labels of strangers are text in every figure that shows them."""

import functools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from accuracy_rows import rows
from matplotlib.figure import Figure
from matplotlib.text import Text
from strategies import learning_run

from analysis import collapse_course, summarise
from analysis.figures import (
    alignment_figure,
    comparison,
    overview,
    plot_accuracy,
    plot_accuracy_against,
    plot_against_theory,
    plot_map,
    plot_spectrum,
    plot_verdicts,
    spectra_figure,
    theory_comparison,
)
from analysis.figures.axes import name_of
from analysis.figures.phase_plane import plot_trajectories
from analysis.figures.text import LONGEST, formula, plain
from analysis.measures.accuracy import by_method

ODD = [
    *(r"$\frac$", "$x_1$", "a$b", "$$", r"\$x$", "x_1^2", "50 %", "{", "\\", "a\\frac{1}{2}"),
    *(
        "<script>alert(1)</script>",
        "a & b",
        "\"quoted'",
        "two\nlines",
        "t\there",
        "\0",
        "\x1b[1m",
    ),
    *(
        "数据",
        "данные",
        "بيانات",
        "🦄",
        "\udcff",
        "\u202egnp",
        "\u200b",
        "n" * 400,
        "a b " * 9,
        " ",
    ),
]


def drawn(figure: Figure) -> set[str]:
    """What a figure shows as text, as matplotlib draws it, which is to draw it without warning."""
    figure.set_dpi(20)
    figure.canvas.draw()
    shown = set()
    for text in figure.findobj(Text):
        words, math = text._preprocess_math(text.get_text())
        shown.add(words if not math else f"formula {words}")
    return shown


@pytest.mark.parametrize("name", ODD)
def test_text_is_drawn_as_it_is(name):
    figure = Figure()
    for width in (None, 10):
        figure.text(0, 0, plain(name, width=width))
    for shown in drawn(figure):
        assert not shown.startswith("formula")
        assert len(shown.replace("\n", "")) <= LONGEST
    if name.isascii() and name.isprintable() and len(name) <= LONGEST:
        assert name in drawn(figure)


def test_what_a_font_lacks_is_written_by_its_code():
    assert plain("a数🦄\n\udcff") == r"a\u6570\U0001f984\n\udcff"
    assert plain("größe τ ∈ данные") == "größe τ ∈ данные"


def test_symbols_are_formulas_where_they_can_be_read():
    assert formula("$W_p$") == "$W_p$"
    assert formula(r"$\langle W_a, W\rangle / \|W\|^2$").startswith("$")
    for odd in [r"$\frac$", "$x", "$" + "{" * 5000 + "$", "$数$", "x_1"]:
        assert not mpl.text.Text(text=formula(odd))._preprocess_math(formula(odd))[1]


@functools.cache
def summary(name):
    """A summary of a run in which everything that a stranger may write is `name`."""
    run = learning_run(d=3, snapshots=4)
    run = run.assign_attrs(method=name, data=name, seed=name)
    for matrix in run.data_vars.values():
        matrix.attrs |= {"long_name": name, "symbol": name, "units": name}
    m = summarise(run)
    for values in m.data_vars.values():
        values.attrs |= {"long_name": name, "symbol": name, "basis": name}
    return run, m


def accuracies(name):
    table = rows(name, name, 0.5, 0.6, data=name, network=name, features=name)
    other = rows(f"{name}2", name, 0.5, 0.6, data=name, options='{"k": "$x$"}')
    return by_method(pd.concat([table.assign(**{"$lr$": 0.1}), other.assign(**{"$lr$": 0.2})]))


def compared(name):
    dims = ("source", "step", "mode")
    values = xr.DataArray(np.ones((2, 3, 2)), dims=dims, attrs={"long_name": name, "symbol": name})
    names = ("predictor_eigenvalue", "correlation_eigenvalue", "parabola")
    ds = xr.Dataset(dict.fromkeys(names, values)).assign(survives=values[:, 0] > 0)
    ds = ds.assign_coords(source=["measured", "predicted"], time=("step", [0.0, 1.0, 2.0]))
    return ds.assign_attrs(method=name, not_in_the_flow=name, alive=1, eta=0.1, alpha_p=1.0)


def modes(ds):
    return ds["predictor_eigenvalue"], ds["correlation_eigenvalue"]


def on_axes(draw):
    def whole(name):
        figure = Figure(layout="constrained")
        draw(name, figure.subplots())
        return figure

    return whole


FIGURES = {
    "overview": lambda name: overview(summary(name)[1]),
    "comparison": lambda name: comparison({name: summary(name)[1]}),
    "comparison, named by attrs": lambda name: comparison([summary(name)[1]]),
    "spectra": lambda name: spectra_figure({name: summary(name)[1]}),
    "alignment": lambda name: alignment_figure({name: summary(name)[1]}),
    "verdicts": on_axes(
        lambda name, ax: plot_verdicts({name: collapse_course(summary(name)[0])}, ax=ax)
    ),
    "spectrum": on_axes(
        lambda name, ax: plot_spectrum(summary(name)[1]["correlation_eigenvalue"], ax=ax)
    ),
    "map": on_axes(lambda name, ax: plot_map(summary(name)[1]["alignment"], ax=ax)),
    "accuracy": on_axes(lambda name, ax: plot_accuracy(accuracies(name), ax=ax)),
    "accuracy against": on_axes(
        lambda name, ax: plot_accuracy_against(accuracies(name), "$lr$", ax=ax)
    ),
    "theory": lambda name: theory_comparison(compared(name)),
    "over theory": on_axes(lambda name, ax: plot_against_theory(compared(name), ax=ax)),
    "trajectories": on_axes(
        lambda name, ax: plot_trajectories(*modes(compared(name).isel(source=0)), ax)
    ),
}
MIXED = r"$\frac$ <b>&amp; 数 " + "\udcff\0\n" + "w" * 200


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("name", [r"$\frac$", "$x_1$", "🦄\n\udcff", MIXED], ids=range(4))
def test_every_figure_draws_names_as_text(figure, name):
    shown = drawn(FIGURES[figure](name))
    assert any(plain(name)[:7].replace(r"\$", "$") in text.replace("\n", "") for text in shown)
    assert not [text for text in shown if text.startswith("formula") and r"frac$" in text]


def test_an_axis_is_called_by_name_and_symbol():
    values = xr.DataArray(0.0, attrs={"long_name": "commutator of $F$", "symbol": "$F_1$"})
    assert name_of(values) == r"commutator of \$F\$ $F_1$"
