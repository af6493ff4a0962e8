"""The figure of a run: spectra, alignment and asymmetry, side by side as in the paper's Fig. 2."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from analysis.checks.fields import shown
from analysis.checks.paths import path_of
from analysis.figures.clocks import epoch_norm, on_one_clock
from analysis.figures.curves import epoch_colorbar, plot_alignment, plot_asymmetry, plot_spectrum
from analysis.figures.save import save_figure
from analysis.figures.style import STYLE
from analysis.figures.text import plain
from analysis.linalg.labelled import check_run
from analysis.measures.summary import summarise
from analysis.store.labels import basis_name, of_the
from analysis.store.reader import open_snapshots
from analysis.store.runs import FIGURES, run_folder
from analysis.verdicts.caveats import divergence, symmetric_words

WIDTH, HEIGHT = 10.0, 2.3  # inches: a text block's width, one row
TITLE = 110  # letters of a figure's title
LETTERS = 26  # of a row's name in a line: longer ones leave no place for the row


def overview(run: xr.Dataset) -> Figure:
    """Draw one run: spectrum of F, spectrum of W_p, alignment per mode, asymmetry over training.

    After Tian, Chen, Ganguli (2021), arXiv:2102.06810, Fig. 2, with the null levels that it lacks.

    Parameters
    ----------
    run : Dataset
        A run, dims ``(step, row, col)``, or what `summarise` made of it.

    Returns
    -------
    Figure
        Not known to pyplot: nothing is shown, and nothing has to be closed.

    Raises
    ------
    ValueError
        As for `summarise` and the functions of `analysis.figures`.
    """
    with mpl.rc_context(STYLE):
        m = _summary(run)
        figure = _rows([m], share=False)
        figure.suptitle(plain(_title(m), TITLE), fontsize=9)
    return figure


def overview_caption(m: xr.Dataset) -> str:
    """Return what the panels of `overview` show of this run, in a sentence."""
    basis = basis_name(m["correlation_eigenvalue"]) or "correlation"
    words = symmetric_words(m["asymmetry"])
    symmetric = f", {words}" if words else ""
    return (
        f"(a) Eigenvalues {of_the(basis)}; (b) eigenvalues of the symmetric part of W_p; "
        f"(c) alignment of each eigenvector {of_the(basis)}, dashed and by ticks the level of "
        f"unrelated eigenbases; (d) asymmetry of W_p{symmetric}, dotted the level of independent "
        "entries."
    )


def comparison(
    runs: Mapping[str, xr.Dataset] | Sequence[xr.Dataset], *, share: bool = True
) -> Figure:
    """Draw several runs as the rows of one figure, columns as in `overview`.

    Parameters
    ----------
    runs : mapping of label to Dataset, or sequence of Datasets
        Runs or their summaries. Labels default to method, data and seed.
    share : bool
        One scale a column, so that rows compare at sight; switch off where one run's growth would
        flatten the others.

    Returns
    -------
    Figure
        Not known to pyplot, as that of `overview`.

    Raises
    ------
    ValueError
        There is no run, or as for `overview`.
    """
    if not isinstance(runs, Mapping | Sequence):
        raise ValueError(f"runs is {shown(runs)}; some Datasets in a list wanted")
    if not runs:
        raise ValueError("comparison draws one run or more; got none")
    with mpl.rc_context(STYLE):
        datasets = list(runs.values()) if isinstance(runs, Mapping) else list(runs)
        summaries = on_one_clock([_summary(run) for run in datasets])
        names = list(runs) if isinstance(runs, Mapping) else [_title(m) for m in summaries]
        figure = _rows(summaries, share=share, names=names)
    return figure


def draw_run(run: str | os.PathLike[str]) -> Path:
    """Summarise a run directory, write ``figures/overview.png`` and ``.pdf`` in it.

    Returns
    -------
    Path
        Of the PNG.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no run, it cannot be summarised, or its figures would go elsewhere by a link.
    """
    path = path_of("run", run)
    return save_figure(overview(open_snapshots(path)), run_folder(path) / FIGURES / "overview")


def _rows(summaries: list[xr.Dataset], share: bool, names: list[str] | None = None) -> Figure:
    n = len(summaries)
    figure = Figure(figsize=(WIDTH, HEIGHT * n), layout="constrained")
    axes = figure.subplots(
        n, 4, squeeze=False, sharex="col" if share else False, sharey="col" if share else False
    )
    norm = epoch_norm(*summaries)
    for row, m in zip(axes, summaries, strict=True):
        _draw_row(list(row), m, norm)
    for ax, letter in zip(axes[0], "abcd", strict=True):
        ax.set_title(f"({letter})", loc="left", fontweight="bold")
    for ax in axes[:-1].flat if share else []:
        ax.set_xlabel("")
    for row, name in zip(axes, names or [], strict=False):
        row[0].annotate(
            plain(name, width=LETTERS),
            (0, 0.5),  # of the label of the axis, which may be of two lines
            (-4, 0),
            xycoords=row[0].yaxis.label,
            textcoords="offset points",
            rotation=90,
            ha="right",
            va="center",
            fontweight="bold",
        )
    epoch_colorbar(figure, summaries[0], list(axes.flat), norm)
    return figure


def _draw_row(axes: list[Axes], m: xr.Dataset, norm: Normalize) -> None:
    plot_spectrum(m["correlation_eigenvalue"], ax=axes[0], norm=norm)
    plot_spectrum(m["predictor_eigenvalue"], ax=axes[1], log=False, norm=norm)
    plot_alignment(m, ax=axes[2], norm=norm)
    plot_asymmetry(m, ax=axes[3])


def _summary(run: xr.Dataset) -> xr.Dataset:
    check_run(run)
    return run if "correlation_eigenvalue" in run else summarise(run)


def _title(m: xr.Dataset) -> str:
    seed = m.attrs.get("seed")
    parts = [m.attrs.get("method"), m.attrs.get("data"), None if seed is None else f"seed {seed}"]
    return ", ".join(str(part) for part in [*parts, divergence(m)] if part)
