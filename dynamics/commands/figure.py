"""``python -m dynamics figure N``: a theory figure of the papers."""

import argparse
from pathlib import Path

from analysis.commands.parser import Parser
from analysis.commands.values import RUN
from dynamics.figures.numbers import NUMBERS

TRAINED = "6"  # accuracy against alpha_p: the one figure that runs are trained for


def add_options(parser: Parser) -> None:
    """Add the number, and for the figure of trained runs, which."""
    parser.add_argument(
        "number",
        choices=[*NUMBERS, TRAINED],
        metavar="N",
        help=f"of the DirectPred paper, of IsoLoss, or our own: {', '.join(NUMBERS)}; "
        f"{TRAINED} of --runs",
    )
    parser.add_argument(
        "--runs",
        nargs="+",
        type=RUN,
        metavar="RUN",
        help=f"of figure {TRAINED}: runs, a folder of runs, or accuracy.csv; of `eigenspace sweep "
        "byol-linear --predictor.constraint symmetric --target stopgradient --predictor-lr "
        "0.03,0.3,1`, say",
    )
    parser.add_argument("--lr", type=float, help="the encoder's learning rate (default: 0.03)")
    parser.add_argument("--out", type=Path, required=True, metavar="F.png", help="to write")


def run(args: argparse.Namespace) -> None:
    """Draw it, and print where it is."""
    given = [f"--{name}" for name in ("runs", "lr") if getattr(args, name) is not None]
    if args.number == TRAINED:
        if not args.runs:
            raise ValueError(f"figure {TRAINED} is of trained runs: --runs RUN... wanted")
        _trained(args)
    elif given:
        raise ValueError(f"{given[0]} is for figure {TRAINED}; figure {args.number} is of theory")
    else:
        _theory(args)


def _theory(args: argparse.Namespace) -> None:
    # matplotlib only where something is drawn.
    import matplotlib as mpl

    from analysis.figures.save import save_figure
    from analysis.figures.style import STYLE
    from dynamics.figures.table import FIGURES, draw_figure

    data = FIGURES[args.number].data()
    with mpl.rc_context(STYLE):
        print(save_figure(draw_figure(args.number, data), args.out))


def _trained(args: argparse.Namespace) -> None:
    from analysis.figures.accuracy_swept import accuracy_figure
    from analysis.figures.save import save_figure

    unit = 0.03 if args.lr is None else args.lr
    figure = accuracy_figure(args.runs, "predictor_lr", unit=unit, label=r"$\alpha_p$")
    print(save_figure(figure, args.out))
