"""``python -m dynamics``: the theory's figures, beside a run or alone, and the observations."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from analysis.snapshots import open_snapshots
from dynamics.beside import NAMES, compare
from dynamics.eigenmodes import EigenmodeFlow
from dynamics.gallery import FIGURES
from dynamics.observations import observe
from dynamics.portrait import phase_portrait

NAME = "python -m dynamics"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{NAME}: error: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    args = _parser().parse_args(argv)
    try:
        args.command(args)
    except (OSError, ValueError, RuntimeError) as error:
        print(f"{NAME}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _figure(args: argparse.Namespace) -> None:
    # matplotlib only where something is drawn.
    import matplotlib as mpl

    from analysis.overview import STYLE, save_figure
    from analysis.theory_figures import draw_theory

    data = FIGURES[args.number]()
    with mpl.rc_context(STYLE):
        print(save_figure(draw_theory(args.number, data), args.out))


def _phase(args: argparse.Namespace) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from analysis.overview import STYLE, save_figure
    from analysis.theory_figures import plot_phase, plot_trajectories

    flow = EigenmodeFlow(
        alpha_p=args.alpha_p, sigma2=args.sigma2, eta=args.eta, eta_p=args.eta_p, tau=args.tau
    )
    measured = None
    p, s = (-0.5, args.p_max), (0.0, args.s_max)
    if args.run:
        measured = compare(open_snapshots(args.run)).sel(source="measured")
        spans = [measured[name] for name in NAMES]
        p = (min(p[0], float(spans[0].min())), max(p[1], 1.05 * float(spans[0].max())))
        s = (0.0, max(s[1], 1.05 * float(spans[1].max())))
    portrait = phase_portrait(flow, p, s)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.5, 2.9), layout="constrained")
        ax = plot_phase(portrait, figure.subplots())
        if measured is not None:
            plot_trajectories(measured[NAMES[0]], measured[NAMES[1]], ax)
        print(save_figure(figure, args.out))


def _compare(args: argparse.Namespace) -> None:
    from analysis.beside import beside_figure
    from analysis.overview import save_figure

    beside = compare(open_snapshots(args.run), start=args.start)
    print(save_figure(beside_figure(beside, modes=args.modes), args.out))


def _observations(_: argparse.Namespace) -> None:
    for observation in observe():
        verdict = "holds" if observation.holds else "does not reproduce"
        print(f"{observation.number:>2}  {verdict:<18}  {observation.statement}")
        print(f"    {observation.evidence}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=NAME, description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    figure = commands.add_parser("figure", help="a theory figure of the papers")
    figure.add_argument("number", choices=FIGURES, metavar="N", help=", ".join(FIGURES))
    figure.add_argument("--out", type=Path, required=True, metavar="F.png")
    figure.set_defaults(command=_figure)
    phase = commands.add_parser("phase", help="the (p, s) plane: rest points, separatrix, basin")
    for name, value, text in (
        ("--eta", 0.05, "weight decay of the flow"),
        ("--eta-p", None, "the predictor's own"),
        ("--alpha-p", 1.0, "rate of the predictor over the encoder's"),
        ("--sigma2", 0.25, "variance of the augmentation"),
        ("--tau", 1.0, "scale of the target"),
        ("--p-max", 2.0, "end of the axis"),
        ("--s-max", 1.0, "end of the axis"),
    ):
        shown = "as eta" if value is None else value
        phase.add_argument(name, type=float, default=value, help=f"{text} (default: {shown})")
    phase.add_argument("--run", type=Path, help="lay the modes of a run over it")
    phase.add_argument("--out", type=Path, required=True, metavar="F.png")
    phase.set_defaults(command=_phase)
    beside = commands.add_parser("compare", help="the modes of a run, and the flow from its start")
    beside.add_argument("run", type=Path, metavar="RUN", help="directory of a run")
    beside.add_argument(
        "--start", type=int, default=0, help="snapshot that the flow starts from (default: 0)"
    )
    beside.add_argument("--modes", type=int, default=6, help="how many to draw (default: 6)")
    beside.add_argument("--out", type=Path, required=True, metavar="F.png")
    beside.set_defaults(command=_compare)
    table = commands.add_parser("observations", help="the paper's ten, each computed anew")
    table.set_defaults(command=_observations)
    return parser


if __name__ == "__main__":
    sys.exit(main())
