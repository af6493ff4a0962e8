"""``python -m dynamics basin``: which p(0) survive, against a parameter."""

import argparse
from pathlib import Path

from analysis.commands.parser import Parser
from dynamics.commands.parser import FLOW, TEXTS, add_flow, given

POINTS = 200  # along the parameter


def add_options(parser: Parser) -> None:
    """Add the flags of the flow and of both axes."""
    add_flow(parser, TEXTS)
    parser.add_argument(
        "--over", choices=TEXTS, default="eta", help="of the other axis (default: eta)"
    )
    for option, value, text in (
        ("--low", 0.004, "start of its axis"),
        ("--high", 0.22, "end of its axis"),
        ("--p-max", 2.0, "end of the axis of p"),
        ("--tau0", 1.0, "target scale at the start, with --beta"),
    ):
        parser.add_argument(option, type=float, default=value, help=f"{text} (default: {value})")
    parser.add_argument("--s0", type=float, help="s at the start (default: on the parabola)")
    parser.add_argument("--out", type=Path, required=True, metavar="F.png", help="to write")


def run(args: argparse.Namespace) -> None:
    """Draw it, and print where it is."""
    import matplotlib as mpl
    import numpy as np
    from matplotlib.figure import Figure

    from analysis.checks.numbers import check_rising
    from analysis.figures.save import save_figure
    from analysis.figures.style import STYLE
    from analysis.figures.theory import plot_basin
    from dynamics.flows.eigenmodes import EigenmodeFlow
    from dynamics.theorems.sweeps import basin_map

    check_rising("the axis from --low to --high", (args.low, args.high))
    check_rising("--p-max: the axis from -0.5 on", (-0.5, args.p_max))
    flow, values = EigenmodeFlow(**FLOW | given(args)), np.linspace(args.low, args.high, POINTS)
    p0 = np.linspace(-0.5, args.p_max, 3 * POINTS)
    found = basin_map(flow, args.over, values, p0, args.s0, args.tau0)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.4, 2.7), layout="constrained")
        plot_basin(found, figure.subplots())
        print(save_figure(figure, args.out))
