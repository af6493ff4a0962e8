"""What becomes of a run, on one figure: maps over training, modes, ranks, pairs, error bars."""

from collections.abc import Callable
from string import ascii_lowercase

import matplotlib as mpl
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.balance import balance, rayleigh_quotient, rayleigh_residual
from analysis.collapse import collapse_course
from analysis.courses import plot_balance, plot_modes, plot_ranks, plot_verdicts
from analysis.error_bars import plot_noise
from analysis.figures import plot_commutator
from analysis.maps import plot_map, plot_pairing
from analysis.modes import follow_modes
from analysis.moments import centred
from analysis.overview import STYLE
from analysis.power_law import fit_power_law
from analysis.spectrum import eigenvalues

COLUMNS = 3
CAPTION = (
    "By rank: (a) eigenvalues of F, (b) alignment, (c) each mode's part in the commutator. (d) "
    "Eigenvalues of modes followed through crossings, dotted before their birth; (e) dimensions "
    "that F fills; (f) the commutator beside its null; (g) the Rayleigh quotients p_j against s_j "
    "at the end, hollow where u_j is no eigenvector. Then, where the run has what it takes: the "
    "spectrum without the mean at the end, two standard errors up and down, over the level of "
    "noise; how far the run had collapsed; what is left of the balance of Theorem 1."
)


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
        Not known to pyplot.

    Raises
    ------
    ValueError
        The run has a single snapshot, or as for the functions that draw the panels.
    """
    last = run.isel(step=-1).compute()
    panels: list[Callable[[Axes], object]] = [
        lambda ax: plot_map(m["correlation_eigenvalue"], ax=ax, scale="log"),
        lambda ax: plot_map(m["alignment"], ax=ax, scale="signed"),
        lambda ax: plot_map(m["mode_commutator"], ax=ax, scale="log"),
        lambda ax: plot_modes(_followed(run, m), ax=ax),
        lambda ax: plot_ranks(m, ax=ax),
        lambda ax: plot_commutator(m, ax=ax),
        lambda ax: _pairs(last, ax),
    ]
    if {"mean", "samples"} <= set(run.variables) and _images(last) > last.sizes["row"]:
        panels.append(lambda ax: _errors(last, ax))
    panels.append(lambda ax: plot_verdicts({"collapse": collapse_course(run)}, ax=ax))
    if {"head", "time"} <= set(run.variables):
        panels.append(lambda ax: plot_balance(balance(run), ax=ax))
    rows = -(-len(panels) // COLUMNS)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 2.3 * rows), layout="constrained")
        axes = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
        for ax, draw, letter in zip(axes, panels, ascii_lowercase, strict=False):
            draw(ax)
            ax.set_title(f"({letter})", loc="left", fontweight="bold")
        for ax in axes[len(panels) :]:
            ax.remove()
    return figure


def _followed(run: xr.Dataset, m: xr.Dataset) -> xr.Dataset:
    # Numbered twice, modes would be numbered wrongly.
    return m if "mode_born" in m else follow_modes(run, summary=m[["correlation_eigenvalue"]])


def _images(last: xr.Dataset) -> float:
    return float(last["samples"]) / 2  # the two views of an image are not independent


def _errors(last: xr.Dataset, ax: Axes) -> None:
    values = eigenvalues(centred(last["correlation"], last["mean"]))
    plot_noise(values, _images(last), ax=ax).set_ylabel("eigenvalue of the covariance")


def _pairs(last: xr.Dataset, ax: Axes) -> None:
    pair = last["predictor"], last["correlation"]
    p, residual = rayleigh_quotient(*pair), rayleigh_residual(*pair)
    s = eigenvalues(last["correlation"]).assign_attrs(long_name="eigenvalue of $F$", symbol="$s_j$")
    try:
        found = fit_power_law(p, s, residual=residual)
        fit = found.exponent, found.factor
    except ValueError:  # too few modes are clear enough
        fit = None
    plot_pairing(p, s, residual=residual, fit=fit, ax=ax)
