"""Names and labels of strangers are text in every figure that shows them."""

import functools
import re

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from accuracy_rows import rows
from matplotlib.figure import Figure
from matplotlib.text import Text
from strategies import learning_run

import analysis.figures as f
from analysis import collapse_course, follow_modes, summarise
from analysis.figures import (
    alignment_figure,
    comparison,
    history,
    overview,
    spectra_figure,
    theory_comparison,
)
from analysis.figures.axes import name_of
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


def resampled(name):
    band = xr.DataArray([1.0, 2.0], dims="mode", coords={"mode": [1, 2]}, attrs=spelt(name))
    return xr.Dataset({"eigenvalue": band, "low": 0.9 * band, "high": 1.1 * band})


def courses(name):
    return collapse_course(summary(name)[0])


def spelt(name):
    return {"long_name": name, "symbol": name, "basis": name}


def by_mode(name):
    followed = follow_modes(summary(name)[0])
    for values in followed.data_vars.values():
        values.attrs |= {"long_name": name, "symbol": name}
    return followed


def last(name):
    return summary(name)[1].isel(step=-1)


def layered(name):
    dims, attrs = ("step", "layer", "mode"), {"long_name": name, "symbol": name}
    values = xr.DataArray(np.ones((3, 1, 2)), dims=dims, attrs=attrs)
    coords = {"step": [0, 1, 2], "layer": [name], "mode": [1, 2]}
    return xr.Dataset({"singular_value": values}, coords, {"method": name})


def law(name):
    norms = xr.DataArray(np.ones((4, 2)), dims=("source", "step"), attrs=spelt(name))
    sources = ["measured", "exponential", "averaged", "recursion"]
    return xr.Dataset(
        {"squared_norm": norms, "excess": ("step", [0.0, 1.0])},
        {"source": sources, "step": [0, 1]},
    )


WHOLE = {
    "scale_law_figure": lambda name: f.scale_law_figure([law(name)]),
    "layers_figure": lambda name: f.layers_figure(layered(name)),
    "overview": lambda name: overview(summary(name)[1]),
    "comparison": lambda name: comparison({name: summary(name)[1]}),
    "comparison, named by attrs": lambda name: comparison([summary(name)[1]]),
    "spectra_figure": lambda name: spectra_figure({name: summary(name)[1]}),
    "alignment_figure": lambda name: alignment_figure({name: summary(name)[1]}),
    "history": lambda name: history(*summary(name)),
    "theory_comparison": lambda name: theory_comparison(compared(name)),
}
ON_AXES = {
    "plot_scale_law": lambda name, ax: f.plot_scale_law(law(name), ax=ax),
    "plot_scale_excess": lambda name, ax: f.plot_scale_excess(law(name), ax=ax),
    "plot_singular_values": lambda name, ax: f.plot_singular_values(layered(name), name, ax=ax),
    "plot_verdicts": lambda name, ax: f.plot_verdicts({name: courses(name)}, ax=ax),
    "plot_spectrum": lambda name, ax: f.plot_spectrum(
        summary(name)[1]["correlation_eigenvalue"], ax=ax
    ),
    "plot_map": lambda name, ax: f.plot_map(summary(name)[1]["alignment"], ax=ax),
    "plot_accuracy": lambda name, ax: f.plot_accuracy(accuracies(name), ax=ax),
    "plot_accuracy_against": lambda name, ax: f.plot_accuracy_against(
        accuracies(name), "$lr$", ax=ax
    ),
    "plot_against_theory": lambda name, ax: f.plot_against_theory(compared(name), ax=ax),
    "plot_parabola": lambda name, ax: f.plot_parabola(compared(name), ax=ax),
    "plot_trajectories": lambda name, ax: f.plot_trajectories(
        *modes(compared(name).isel(source=0)), ax
    ),
    "plot_alignment": lambda name, ax: f.plot_alignment(summary(name)[1], ax=ax),
    "plot_asymmetry": lambda name, ax: f.plot_asymmetry(summary(name)[1], ax=ax),
    "plot_commutator": lambda name, ax: f.plot_commutator(summary(name)[1], ax=ax),
    "plot_ranks": lambda name, ax: f.plot_ranks(summary(name)[1], ax=ax),
    "plot_band": lambda name, ax: f.plot_band(summary(name)[1]["entropy_rank"], ax=ax),
    "plot_modes": lambda name, ax: f.plot_modes(by_mode(name), ax=ax),
    "plot_balance": lambda name, ax: f.plot_balance(summary(name)[0]["correlation"], ax=ax),
    "plot_pairing": lambda name, ax: f.plot_pairing(
        last(name)["rayleigh_quotient"], last(name)["correlation_eigenvalue"], ax=ax
    ),
    "plot_noise": lambda name, ax: f.plot_noise(last(name)["correlation_eigenvalue"], 99, ax=ax),
    "plot_bootstrap": lambda name, ax: f.plot_bootstrap(resampled(name), ax=ax),
}
UNNAMED = ("plot_parabola", "plot_balance", "plot_scale_excess")  # show no text of their data
OTHERS = {  # of flows, whose text is ours; and what is made of the above
    *("STYLE", "save_figure", "accuracy_figure", "phase_figure", "plot_phase"),
    *("plot_basin", "plot_curves", "plot_eigenvalues", "plot_field", "plot_paths", "plot_speed"),
    *("curve_figure", "field_figure", "loss_figure", "speed_figure", "sweep_figure"),
    *("symmetry_figure", "plot_mean_field", "mean_field_figure"),
}


def test_every_figure_of_runs_is_asked():
    assert {*f.__all__} - OTHERS == {*WHOLE, *ON_AXES} - {"comparison, named by attrs"}


MIXED = r"$\frac$ <b>&amp; 数 " + "\udcff\0\n" + "w" * 200


@pytest.mark.parametrize("figure", [*WHOLE, *ON_AXES])
@pytest.mark.parametrize("name", ["$x_1$ 🦄\n\udcff", MIXED], ids=["formula", "broken"])
def test_every_figure_draws_names_as_text(figure, name):
    if figure in WHOLE:
        whole = WHOLE[figure](name)
    else:
        whole = Figure(layout="constrained")
        ON_AXES[figure](name, whole.subplots())
    shown = drawn(whole)
    wanted = plain(name)[:7].replace(r"\$", "$")
    assert figure in UNNAMED or any(wanted in text.replace("\n", "") for text in shown)
    formulas = [text for text in shown if text.startswith("formula")]
    assert not [text for text in formulas if re.search(r"(?<!\\)\$(\\frac|x_1)", text)]


def test_an_axis_is_called_by_name_and_symbol():
    values = xr.DataArray(0.0, attrs={"long_name": "commutator of $F$", "symbol": "$F_1$"})
    assert name_of(values) == r"commutator of \$F\$ $F_1$"
