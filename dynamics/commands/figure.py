"""``python -m dynamics figure N``: a theory figure of the papers."""

import argparse
from pathlib import Path

from dynamics.figures.table import FIGURES, draw_figure


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add a command for each figure, and the one of trained runs."""
    numbers = parser.add_subparsers(required=True, metavar="N", help=", ".join(FIGURES))
    for number in FIGURES:
        one = numbers.add_parser(number)
        one.add_argument("--out", type=Path, required=True, metavar="F.png")
        one.set_defaults(draw=_theory, number=number)
    trained = numbers.add_parser("6", help="accuracy against alpha_p, of trained runs")
    trained.add_argument(
        "--runs",
        nargs="+",
        type=Path,
        required=True,
        metavar="RUN",
        help="runs, a folder of runs, or accuracy.csv; of `python -m trainers sweep "
        "byol-linear --predictor.constraint symmetric --target stopgradient --predictor-lr "
        "0.03,0.3,1`, say",
    )
    trained.add_argument(
        "--lr", type=float, default=0.03, help="the encoder's learning rate (default: 0.03)"
    )
    trained.add_argument("--out", type=Path, required=True, metavar="F.png")
    trained.set_defaults(draw=_trained)


def run(args: argparse.Namespace) -> None:
    """Draw it, and print where it is."""
    args.draw(args)


def _theory(args: argparse.Namespace) -> None:
    # matplotlib only where something is drawn.
    import matplotlib as mpl

    from analysis.figures.save import save_figure
    from analysis.figures.style import STYLE

    data = FIGURES[args.number].data()
    with mpl.rc_context(STYLE):
        print(save_figure(draw_figure(args.number, data), args.out))


def _trained(args: argparse.Namespace) -> None:
    from analysis.figures.accuracy_swept import accuracy_figure
    from analysis.figures.save import save_figure

    figure = accuracy_figure(args.runs, "predictor_lr", unit=args.lr, label=r"$\alpha_p$")
    print(save_figure(figure, args.out))
