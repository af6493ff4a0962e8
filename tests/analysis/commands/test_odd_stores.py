"""Of every store that can be opened, the command says what there is: in figures, or in words."""

import functools
import re
import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure
from odd_stores import ODD
from strategies import learning_run, write_run

from analysis import SnapshotWriter, follow_modes, summarise
from analysis.commands.main import main
from analysis.figures.curves import plot_spectrum
from analysis.figures.heatmap import plot_map
from analysis.figures.over_training import plot_band
from analysis.figures.run_history import history, history_caption
from analysis.figures.run_overview import overview, overview_caption
from analysis.figures.style import STYLE
from analysis.report.measured_run import Measured
from analysis.report.page import typeset
from analysis.store.schema import STORE
from analysis.verdicts.caveats import caveats, divergence

made = functools.cache(lambda name: ODD[name]())
measured = functools.cache(lambda name: summarise(made(name)))


def others(m):
    """What neither figure of a run shows."""
    axes = list(Figure(figsize=(10, 3)).subplots(1, 3))
    plot_spectrum(m["predictor_eigenvalue"], ax=axes[0])
    plot_band(m["entropy_rank"], ax=axes[1])
    if m.sizes["step"] > 1:
        plot_map(m["mode_commutator"], ax=axes[2])
    else:
        axes.pop().remove()
    return axes[0].figure


@pytest.mark.parametrize("name", ODD)
def test_every_plot_draws_or_says_why_it_does_not(name):
    run, m = made(name), measured(name)
    followed = follow_modes(run, summary=m)
    figures = [overview(m), others(followed)]
    if m.sizes["step"] > 1:
        figures.append(history(run, followed))
    for ax in (ax for figure in figures for ax in figure.axes):
        values = [np.ma.masked_invalid(line.get_ydata()).count() for line in ax.lines]
        drawn = sum(values) + sum(len(c.get_offsets()) for c in ax.collections)
        assert drawn or ax.texts
        for axis in (ax.xaxis, ax.yaxis):  # a logarithmic axis of nothing warns: an error here
            assert np.isfinite(axis.get_ticklocs()).all()
            assert np.isfinite(axis.get_ticklocs(minor=True)).all()


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    return {name: write_run(folder / str(i), made(name)) for i, name in enumerate(ODD)}


@pytest.mark.parametrize("name", ODD)
def test_every_store_gets_a_row_and_a_report(name, stores, blank_pictures, monkeypatch, capsys):
    # Its figures are made above: here all else is.
    for figure in ("overview", "history"):
        monkeypatch.setattr(f"analysis.report.measured_run.{figure}", lambda *_: Figure())
    path = stores[name]
    assert main([str(path)]) == 0
    head, row, *_ = out = capsys.readouterr().out.splitlines()
    assert len(re.split(" {2,}", head)) == len(re.split(" {2,}", row))
    assert "nan" not in row
    text = (path / "report.html").read_text()
    for caveat in caveats(measured(name)):
        assert typeset(caveat) in text
        assert f"{path}: {caveat}" in out


WORDS = {
    "W_p is zero": "W_p is 0 at every snapshot: no alignment",
    "F is zero": "the same-view correlation is 0 at every snapshot: no ranks",
    "F is zero at the end": "is 0 at 1 of 6 snapshots, step 39000: no ranks",
    "nan everywhere": "no snapshot is finite in both W_p and F",
    "F is nan": "no snapshot is finite in both W_p and F",
    "inf at the end": "not finite at 1 of 6 snapshots, step 39000",
    "nan in the middle": "not finite at 2 of 6 snapshots, steps 6240 to 14040",
    "an eigenvalue is negative": "has negative eigenvalues at every snapshot",
    "one snapshot": "one snapshot: nothing is drawn over training",
    "one feature": "one mode",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_missing_is_said_and_nothing_else(name):
    found = caveats(measured(name))
    if name in WORDS:
        assert any(WORDS[name] in caveat for caveat in found)
    if not re.search("zero|nan|inf|negative|one ", name):
        assert not found


def test_of_a_run_that_lacks_nothing_nothing_is_said():
    assert not caveats(summarise(learning_run(d=4, snapshots=3)))
    assert not caveats(measured("W_p is antisymmetric"))  # its eigenvalues are 0, it is not


def test_a_run_that_is_not_finite_to_the_end_diverged():
    steps = {name: divergence(measured(name)) for name in ODD}
    assert steps["nan at the end"] == "not finite since step 39000"
    assert steps["nan from the second snapshot on"] == "not finite since step 1560"
    assert steps["nan everywhere"] == "not finite since step 0"
    assert steps["nan in the middle"] == steps["nan at the start"] == steps["W_p is zero"] == ""
    known = ODD["nan at the end"]().assign_attrs(diverged_at=4)
    assert divergence(summarise(known)) == "diverged at step 4"


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow if n != "nan at the end" else []) for n in ODD],
)
def test_the_command_with_pictures_and_without_a_warning(name, stores, monkeypatch, capsys):
    monkeypatch.setitem(STYLE, "savefig.dpi", 20)
    monkeypatch.setattr("analysis.report.page.DPI", 20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main([str(stores[name])]) == 0
    assert capsys.readouterr().err == ""
    drawn = sorted(file.name for file in (stores[name] / "figures").iterdir())
    figures = ["overview", "history"][: made(name).sizes["step"]]
    assert drawn == sorted(f"{figure}.{kind}" for figure in figures for kind in ("png", "pdf"))
    assert all(file.stat().st_size > 1000 for file in (stores[name] / "figures").iterdir())


def test_a_store_without_a_snapshot_is_one_line(tmp_path, capsys):
    with SnapshotWriter(tmp_path / "empty" / STORE, attrs={"method": "none"}):
        pass
    assert main([str(tmp_path / "empty")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert str(tmp_path / "empty") in err
    assert not (tmp_path / "empty" / "report.html").exists()


def test_a_run_that_diverged_says_so_in_table_report_and_figures(tmp_path, blank_pictures, capsys):
    run = ODD["nan at the end"]().assign_attrs(diverged_at=77)
    path = write_run(tmp_path / "run", run)
    assert main([str(path)]) == 0
    assert "diverged, step 77" in capsys.readouterr().out.splitlines()[1]
    assert (
        '<p class="verdict diverged">diverged since step 77' in (path / "report.html").read_text()
    )
    assert "diverged at step 77" in Measured.of(path, "run").overview.get_suptitle()


def test_captions_speak_of_the_panels_that_are_there():
    run = learning_run(d=4, snapshots=5)
    m = summarise(run)
    plain = history_caption(run, m)
    assert "(g) Rayleigh quotients" in plain
    assert "(h) how far" in plain
    assert "(i)" not in plain
    assert "balance" not in plain
    moments = run.assign(
        mean=(("step", "row"), np.zeros((5, 4))),
        samples=("step", [64] * 5),
        head=(("step", "row", "feature"), np.ones((5, 4, 2))),
    )
    caption = history_caption(moments, m)
    assert "(h) eigenvalues without the mean at the end" in caption
    assert "(j) what is left of the balance" in caption
    assert len([ax for ax in history(moments, m).axes if ax.get_title(loc="left")]) == 10
    bad = ODD["nan at the end"]()
    assert "Rayleigh quotients of W_p against the eigenvalues of (a) at step 24960" in (
        history_caption(bad, summarise(bad))
    )
    cross = run.assign(correlation=run.correlation.assign_attrs(long_name="cross-view correlation"))
    for text in (overview_caption(summarise(cross)), history_caption(cross, summarise(cross))):
        assert "cross-view correlation" in text
        assert "same-view" not in text
