"""What `follow_modes` returns is accepted wherever what `summarise` returns is."""

import pytest
from matplotlib.figure import Figure
from strategies import learning_run

from analysis import follow_modes, summarise
from analysis.figures import curves as f
from analysis.figures.heatmap import plot_map
from analysis.figures.isoloss import alignment_figure, spectra_figure
from analysis.figures.over_training import plot_band, plot_modes, plot_ranks
from analysis.figures.pairing import plot_pairing
from analysis.figures.run_history import history
from analysis.figures.run_overview import comparison, overview

DRAW = {
    "spectrum": lambda m, ax, _: f.plot_spectrum(m["correlation_eigenvalue"], ax=ax),
    "alignment": lambda m, ax, _: f.plot_alignment(m, ax=ax),
    "asymmetry": lambda m, ax, _: f.plot_asymmetry(m, ax=ax),
    "commutator": lambda m, ax, _: f.plot_commutator(m, ax=ax),
    "band": lambda m, ax, _: plot_band(m["entropy_rank"], ax=ax),
    "modes": lambda m, ax, _: plot_modes(m, ax=ax),
    "ranks": lambda m, ax, _: plot_ranks(m, ax=ax),
    "map": lambda m, ax, _: plot_map(m["mode_commutator"], ax=ax, scale="log"),
    "pairing": lambda m, ax, _: plot_pairing(
        m["rayleigh_quotient"].isel(step=-1), m["correlation_eigenvalue"].isel(step=-1), ax=ax
    ),
    "overview": lambda m, *_: overview(m),
    "comparison": lambda m, *_: comparison([m, m]),
    "spectra": lambda m, *_: spectra_figure({"a": m}),
    "alignments": lambda m, *_: alignment_figure({"a": m}),
    "history": lambda m, _, run: history(run, m),
}


@pytest.fixture(scope="module")
def run():
    return learning_run(d=6, snapshots=9, seed=0)


@pytest.mark.parametrize("name", DRAW)
def test_every_figure_takes_followed_modes(name, run):
    followed = follow_modes(run)
    assert set(summarise(run).data_vars) <= set(followed.data_vars)
    assert DRAW[name](followed, Figure().subplots(), run) is not None
