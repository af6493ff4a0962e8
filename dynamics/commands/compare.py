"""``python -m dynamics compare RUN``: the modes of a run, and the flow from its start."""

import argparse
from pathlib import Path

from analysis.commands.parser import Parser
from analysis.commands.values import RUN
from dynamics.commands.parser import say_flow


def add_options(parser: Parser) -> None:
    """Add the run, where to start and how many modes to draw."""
    parser.add_argument("trained", type=RUN, metavar="RUN", help="directory of a run")
    parser.add_argument(
        "--start", type=int, default=0, help="snapshot that the flow starts from (default: 0)"
    )
    parser.add_argument(
        "--steps",
        action="store_true",
        help="the steps of the run, with momentum and noise, in place of the flow: of one learned "
        "layer under a cosine",
    )
    parser.add_argument("--modes", type=int, help="how many to draw (default: all up to 6)")
    parser.add_argument("--out", type=Path, required=True, metavar="F.png", help="to write")


def run(args: argparse.Namespace) -> None:
    """Draw it, and print where it is."""
    from analysis.figures.against_theory import theory_comparison
    from analysis.figures.save import save_figure
    from analysis.store.reader import open_snapshots
    from analysis.store.tree import open_run
    from dynamics.experiment.compare import compare
    from dynamics.experiment.run_descent import run_descent

    theory = run_descent(open_run(args.trained), start=args.start) if args.steps else None
    both = compare(open_snapshots(args.trained), theory, start=args.start)
    say_flow(both)
    print(save_figure(theory_comparison(both, modes=args.modes), args.out))
