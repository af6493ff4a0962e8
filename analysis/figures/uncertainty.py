"""How sharp a spectrum is, drawn: standard errors, and the level that noise alone could reach."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from analysis.figures.axes import above_rounding, log_axis, mode_axis, name_axes, note, zero_line
from analysis.figures.style import GREY, PALETTE
from analysis.linalg.labelled import check_labelled, check_run
from analysis.measures.noise import eigenvalue_errors, modes_above_noise, noise_level
from analysis.statistics.white_noise import ERROR_RATE

BAR = PALETTE[0]


def plot_noise(
    values: xr.DataArray,
    samples: float,
    *,
    error_rate: float = ERROR_RATE,
    ax: Axes | None = None,
) -> Axes:
    """Draw a spectrum with its errors, two standard ones up and down, over the level of noise.

    Parameters
    ----------
    values : DataArray (mode)
        Eigenvalues of a centred correlation; logarithmic axis, what is not positive is left out.
    samples : float
        Independent rows behind them. Two views of an image are not: count images to be careful.
    error_rate : float
        How often noise alone has a mode above the level, as for `noise_level`.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        There are other dims, or no more rows than modes.
    """
    check_labelled(values, "a spectrum", ("mode",))
    if values.dims != ("mode",):
        raise ValueError(f"plot_noise draws (mode); got {values.dims}: select a snapshot")
    level = float(noise_level(values, samples, error_rate=error_rate))
    error = 2 * eigenvalue_errors(values, samples)
    ax = plt.gca() if ax is None else ax
    shown = values.copy(data=above_rounding(values, values.values))
    low = np.maximum(shown - error, shown / 10)  # a logarithmic axis has no place for less
    band = "two standard errors"
    ax.fill_between(values["mode"], low, shown + error, color=BAR, alpha=0.3, lw=0, label=band)
    ax.plot(values["mode"], shown, ".-", color=BAR, markersize=3, linewidth=0.8)
    if level > 0:
        name = f"level of noise, {100 * error_rate:g} %"
        ax.axhline(level, color=GREY, linestyle="--", label=name)
        above = float(modes_above_noise(values, samples, error_rate=error_rate))
        note(ax, f"{above:g} modes above the noise")
    log_axis(ax)
    ax.legend(loc="upper right")
    name_axes(ax, values["mode"], values)
    mode_axis(ax, values)
    return ax


def plot_bootstrap(ds: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw what was resampled, a dot a mode and its interval.

    Parameters
    ----------
    ds : Dataset (mode)
        Of `bootstrap_eigenvalues`, on a logarithmic axis, or of `bootstrap_alignment`.
    ax : Axes, optional
        The current one by default.

    Raises
    ------
    ValueError
        It has neither `eigenvalue` nor `alignment`, or no interval.
    """
    check_run(ds)
    name = next((name for name in ("alignment", "eigenvalue") if name in ds), None)
    if name is None or not {"low", "high"} <= set(ds.data_vars):
        there = sorted(map(str, ds.data_vars))
        raise ValueError(f"plot_bootstrap draws what a bootstrap returns; got {there}")
    ax = plt.gca() if ax is None else ax
    ax.vlines(ds["mode"], ds["low"], ds["high"], color=BAR, alpha=0.5, linewidth=1.5)
    ax.plot(ds["mode"], ds[name], ".", color="k", markersize=3)
    if name == "eigenvalue":
        log_axis(ax)
    else:
        ax.set_ylim(-1.05, 1.05)
        zero_line(ax)
    name_axes(ax, ds["mode"], ds[name])
    mode_axis(ax, ds[name])
    return ax
