"""``python -m dynamics``: the theory's figures, beside a run or alone, and the observations."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import xarray as xr

from analysis.snapshots import open_snapshots
from dynamics.beside import NAMES, compare
from dynamics.eigenmodes import EigenmodeFlow
from dynamics.gallery import FIGURES
from dynamics.hyperparameters import FlowParameters
from dynamics.observations import observe
from dynamics.portrait import phase_portrait

NAME = "python -m dynamics"
# Of a phase portrait; eta_p is eta where it is not given.
FLOW = {"alpha_p": 1.0, "sigma2": 0.25, "eta": 0.05, "eta_p": None, "tau": 1.0}


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


def _trained(args: argparse.Namespace) -> None:
    from analysis.accuracy_course import accuracy_figure
    from analysis.overview import save_figure

    figure = accuracy_figure(args.runs, "predictor_lr", unit=args.lr, label=r"$\alpha_p$")
    print(save_figure(figure, args.out))


def _phase(args: argparse.Namespace) -> None:
    from analysis.overview import save_figure
    from analysis.phase import phase_figure

    given = {name: getattr(args, name) for name in FLOW if getattr(args, name) is not None}
    measured, known = None, FLOW
    p, s = (-0.5, args.p_max), (0.0, args.s_max)
    if args.run:
        run = open_snapshots(args.run)
        measured = compare(run).sel(source="measured")
        known = _flow_of(run)
        spans = [measured[name] for name in NAMES]
        p = (min(p[0], float(spans[0].min())), max(p[1], 1.05 * float(spans[0].max())))
        s = (0.0, max(s[1], 1.05 * float(spans[1].max())))
    portrait = phase_portrait(EigenmodeFlow(**known | given), p, s)
    print(save_figure(phase_figure([portrait], measured), args.out))


def _flow_of(run: xr.Dataset) -> dict[str, float | None]:
    found = FlowParameters.from_run(run)
    last = run[["correlation", "cross_correlation"]].isel(step=-1).compute()
    same, cross = (float(np.trace(matrix)) for matrix in last.values())
    flow = {name: getattr(found, name) for name in ("alpha_p", "eta", "eta_p")}
    return flow | {"tau": 1.0, "sigma2": max(same / cross - 1, 0.0)}


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
    numbers = figure.add_subparsers(required=True, metavar="N", help=", ".join(FIGURES))
    for number in FIGURES:
        one = numbers.add_parser(number)
        one.add_argument("--out", type=Path, required=True, metavar="F.png")
        one.set_defaults(command=_figure, number=number)
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
    trained.set_defaults(command=_trained)
    phase = commands.add_parser("phase", help="the (p, s) plane: rest points, separatrix, basin")
    for name, text in (
        ("eta", "weight decay of the flow"),
        ("eta_p", "the predictor's own"),
        ("alpha_p", "rate of the predictor over the encoder's"),
        ("sigma2", "variance of the augmentation"),
        ("tau", "scale of the target"),
    ):
        shown = f"the run's, or {FLOW[name] or 'eta'}"
        option = f"--{name.replace('_', '-')}"
        phase.add_argument(option, type=float, help=f"{text} (default: {shown})")
    for option, end in (("--p-max", 2.0), ("--s-max", 1.0)):
        shown = f"end of the axis, or where the run's modes end (default: {end})"
        phase.add_argument(option, type=float, default=end, help=shown)
    phase.add_argument("--run", type=Path, help="lay the modes of a run over its own flow")
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
