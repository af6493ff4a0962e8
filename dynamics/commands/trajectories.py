"""``python -m dynamics trajectories``: p, s, tau and kappa of a mode over time."""

import argparse
from pathlib import Path

from analysis.commands.parser import Parser
from dynamics.commands.parser import FLOW, TEXTS, add_flow, given


def add_options(parser: Parser) -> None:
    """Add the flags of the flow, of the sweep and of the start."""
    add_flow(parser, TEXTS)
    parser.add_argument("--over", choices=TEXTS, default="eta", help="what is swept (default: eta)")
    parser.add_argument(
        "--values",
        type=_numbers,
        default=(0.0, 0.01, 0.04, 0.1),
        metavar="X,X",
        help="of it, with commas (default: 0,0.01,0.04,0.1)",
    )
    for option, value, text in (
        ("--p0", 0.25, "p at the start"),
        ("--s0", 0.09, "s at the start"),
        ("--tau0", 0.0, "target scale at the start, with --beta"),
        ("--until", 60.0, "gradient-flow time"),
    ):
        parser.add_argument(option, type=float, default=value, help=f"{text} (default: {value})")
    parser.add_argument("--out", type=Path, required=True, metavar="F.png", help="to write")


def run(args: argparse.Namespace) -> None:
    """Draw it, and print where it is."""
    import matplotlib as mpl
    import numpy as np

    from analysis.checks.numbers import check_numbers
    from analysis.figures.save import save_figure
    from analysis.figures.style import STYLE
    from analysis.figures.theory_figures import sweep_figure
    from dynamics.flows.eigenmodes import EigenmodeFlow
    from dynamics.theorems.sweeps import trajectories

    check_numbers("--until", args.until, above=0)
    flow, times = EigenmodeFlow(**FLOW | given(args)), np.linspace(0, args.until, 601)
    found = trajectories(flow, args.over, args.values, times, (args.p0, args.s0, args.tau0))
    with mpl.rc_context(STYLE):
        print(save_figure(sweep_figure([found]), args.out))


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; numbers with commas wanted") from None
