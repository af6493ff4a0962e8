"""``python -m dynamics phase``: the (p, s) plane, alone or under the modes of a run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.commands.parser import Parser
from analysis.commands.values import RUN
from dynamics.commands.parser import FLOW, add_flow, given, say_flow

if TYPE_CHECKING:
    import xarray as xr

ONE_SCALE = 100.0  # of the smallest mode, the largest that a linear axis shows with it
DECADES = 1e4  # of the largest mode, where a logarithmic axis ends


def add_options(parser: Parser) -> None:
    """Add the flags of the flow, the axes and the run."""
    add_flow(parser, ("eta", "eta_p", "alpha_p", "sigma2", "tau"), "the run's, or ")
    for option, end in (("--p-max", 2.0), ("--s-max", 1.0)):
        shown = f"end of the axis, or where the run's modes end (default: {end})"
        parser.add_argument(option, type=float, default=end, help=shown)
    parser.add_argument(
        "--run",
        dest="trained",
        type=RUN,
        metavar="RUN",
        help="lay the modes of a run over its own flow",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="F.png", help="to write")


def run(args: argparse.Namespace) -> None:
    """Draw it, and print where it is."""
    from analysis.checks.numbers import check_rising
    from analysis.figures.phase_plane import phase_figure
    from analysis.figures.save import save_figure
    from dynamics.flows.eigenmodes import EigenmodeFlow
    from dynamics.theorems.phase_plane import phase_portrait

    p, s = (-0.5, args.p_max), (0.0, args.s_max)
    check_rising("--p-max: the axis from -0.5 on", p)
    check_rising("--s-max: the axis from 0 on", s)
    if args.trained:
        portrait, modes = _of_run(args, p, s)
        say_flow(modes)
    else:
        portrait, modes = phase_portrait(EigenmodeFlow(**FLOW | given(args)), p, s), None
    print(save_figure(phase_figure([portrait], modes), args.out))


def _of_run(
    args: argparse.Namespace, p: tuple[float, float], s: tuple[float, float]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Return the plane of the run's own flow, and its modes with what was predicted of them."""
    from analysis.store.reader import open_snapshots
    from dynamics.experiment.compare import NAMES, compare
    from dynamics.experiment.own_flow import own_flow
    from dynamics.experiment.run_portrait import changed, run_portrait

    snapshots = open_snapshots(args.trained)
    flow = changed(own_flow(snapshots), given(args))
    modes = compare(snapshots, flow)
    seen = [modes[name].sel(source="measured") for name in NAMES]
    p = (min(p[0], float(seen[0].min())), max(p[1], 1.05 * float(seen[0].max())))
    s = (0.0, max(s[1], 1.05 * float(seen[1].max())))
    last = [values.isel(step=-1).values for values in seen]
    portrait = run_portrait(flow, (last[0], last[1]), p, s, linear_below=_decades(last[1]))
    words = [modes.attrs["not_in_the_flow"], portrait.attrs["not_drawn"]]
    return portrait, modes.assign_attrs(not_in_the_flow="; ".join(filter(None, words)))


def _decades(s: np.ndarray) -> float | None:
    """Return where an axis of s turns logarithmic, None where one scale shows all modes."""
    largest = float(np.max(s, initial=0.0))
    least = float(np.min(s[s > 0], initial=np.inf))
    return max(least, largest / DECADES) if largest > ONE_SCALE * least else None
