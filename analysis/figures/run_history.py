"""What becomes of a run, on one figure: maps over training, modes, ranks, pairs, error bars."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from string import ascii_lowercase

import matplotlib as mpl
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.curves import plot_commutator
from analysis.figures.grid import panel_grid
from analysis.figures.heatmap import plot_map
from analysis.figures.over_training import (
    plot_balance,
    plot_band,
    plot_modes,
    plot_ranks,
    plot_verdicts,
)
from analysis.figures.pairing import plot_pairing
from analysis.figures.style import STYLE
from analysis.figures.uncertainty import plot_noise
from analysis.linalg.labelled import check_run
from analysis.measures.balance import balance, rayleigh_quotient, rayleigh_residual
from analysis.measures.moments import centred
from analysis.measures.power_law import fit_power_law
from analysis.measures.registered import REGISTERED
from analysis.measures.spectrum import eigenvalues
from analysis.measures.tracking import follow_modes
from analysis.store.labels import basis_name, of_the
from analysis.verdicts.caveats import last_finite
from analysis.verdicts.collapse import collapse_course

COLUMNS = 3


@dataclass(frozen=True)
class Panel:
    """A question to a run: what it shows, in words, and how it is drawn."""

    caption: str
    draw: Callable[[Axes], object]


def history(run: xr.Dataset, m: xr.Dataset) -> Figure:
    """Draw a run over training, a panel a question.

    Parameters
    ----------
    run : Dataset (step, row, col)
        Of `open_snapshots`, two snapshots or more.
    m : Dataset
        Of `summarise`, or of `follow_modes`.

    Returns
    -------
    Figure
        Not known to pyplot. `history_caption` says what its panels are.

    Raises
    ------
    ValueError
        The run has a single snapshot, or as for the functions that draw the panels.
    """
    check_run(run)
    check_run(m)
    panels = _panels(run, m)
    with mpl.rc_context(STYLE):
        figure, axes = panel_grid(len(panels), COLUMNS, (10 / COLUMNS, 2.3))
        for ax, panel, letter in zip(axes, panels, ascii_lowercase, strict=False):
            panel.draw(ax)
            ax.set_title(f"({letter})", loc="left", fontweight="bold")
    return figure


def history_caption(run: xr.Dataset, m: xr.Dataset) -> str:
    """Return what the panels of `history` show of this run, those alone that it has."""
    pairs = zip(ascii_lowercase, _panels(run, m), strict=False)
    return "; ".join(f"({letter}) {panel.caption}" for letter, panel in pairs) + "."


def _panels(run: xr.Dataset, m: xr.Dataset) -> list[Panel]:
    at = last_finite(m)
    end = run.isel(step=at).compute()
    when = "at the end" if at in (-1, run.sizes["step"] - 1) else f"at step {int(end['step'])}"
    followed = "mode_born" in m
    number = "by mode, followed to the end" if followed else "by rank"
    basis = basis_name(m["correlation_eigenvalue"]) or "correlation"
    panels = [
        Panel(
            f"{number}, eigenvalues {of_the(basis)}",
            lambda ax: plot_map(m["correlation_eigenvalue"], ax=ax, scale="log"),
        ),
        Panel(
            "alignment of its eigenvectors with W_p",
            lambda ax: plot_map(m["alignment"], ax=ax, scale="signed"),
        ),
        Panel(
            "the part of each in the commutator",
            lambda ax: plot_map(m["mode_commutator"], ax=ax, scale="log"),
        ),
        Panel(
            "eigenvalues as in (a) of modes followed through crossings, dotted before their birth",
            lambda ax: plot_modes(_followed(run, m), ax=ax),
        ),
        Panel(f"dimensions that the {basis} fills", lambda ax: plot_ranks(m, ax=ax)),
        Panel("the commutator, dotted its null", lambda ax: plot_commutator(m, ax=ax)),
        Panel(
            f"Rayleigh quotients of W_p against the eigenvalues of (a) {when}, "
            "hollow where the eigenvector is none of W_p",
            lambda ax: _pairs(end, ax),
        ),
    ]
    if {"mean", "samples"} <= set(run.variables) and _images(end) > end.sizes["row"]:
        panels.append(
            Panel(
                f"eigenvalues without the mean {when}, two standard errors up and down, "
                "over the level of noise",
                lambda ax: _errors(end, ax),
            )
        )
    panels.append(
        Panel(
            "how far the run had collapsed, grey where it cannot be judged",
            lambda ax: plot_verdicts({"collapse": collapse_course(run)}, ax=ax),
        )
    )
    if {"head", "time"} <= set(run.variables):
        panels.append(
            Panel(
                "what is left of the balance of Theorem 1",
                lambda ax: plot_balance(balance(run), ax=ax),
            )
        )
    return panels + _registered(m)


def _registered(m: xr.Dataset) -> list[Panel]:
    # Your own measures, those of a number or of modes.
    panels = []
    for name, one in REGISTERED.items():
        if name in m and one.label.dims in ((), ("mode",)):
            draw = plot_map if one.label.dims else plot_band
            panels.append(Panel(one.label.long_name, partial(_of, draw, m[name])))
    return panels


def _of(draw: Callable[..., object], values: xr.DataArray, ax: Axes) -> None:
    draw(values, ax=ax)


def _followed(run: xr.Dataset, m: xr.Dataset) -> xr.Dataset:
    # Numbered twice, modes would be numbered wrongly.
    return m if "mode_born" in m else follow_modes(run, summary=m[["correlation_eigenvalue"]])


def _images(end: xr.Dataset) -> float:
    return float(end["samples"]) / 2  # the two views of an image are not independent


def _errors(end: xr.Dataset, ax: Axes) -> None:
    plot_noise(eigenvalues(centred(end["correlation"], end["mean"])), _images(end), ax=ax)


def _pairs(end: xr.Dataset, ax: Axes) -> None:
    pair = end["predictor"], end["correlation"]
    p, residual = rayleigh_quotient(*pair), rayleigh_residual(*pair)
    s = eigenvalues(end["correlation"]).assign_attrs(symbol="$s_j$")
    try:
        fit = fit_power_law(p, s, residual=residual)
    except ValueError:  # too few modes are clear enough
        fit = None
    plot_pairing(p, s, residual=residual, fit=fit, ax=ax)
