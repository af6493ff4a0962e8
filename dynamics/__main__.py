"""``python -m dynamics``: the theory's figures, beside a run or alone, and the observations."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import xarray as xr

from analysis.store.reader import open_snapshots
from dynamics.experiment.compare import NAMES, compare
from dynamics.experiment.flow_parameters import FlowParameters
from dynamics.figures.data import FIGURES
from dynamics.flows.checks import check_numbers, check_rising
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.theorems.observations import observe
from dynamics.theorems.phase_plane import phase_portrait
from dynamics.theorems.sweeps import basin_map, trajectories

NAME = "python -m dynamics"
FLOW = {"alpha_p": 1.0, "sigma2": 0.25, "eta": 0.05, "tau": 1.0}  # where nothing is given
TEXTS = {
    "eta": "weight decay of the flow",
    "eta_p": "the predictor's own",
    "alpha_p": "rate of the predictor over the encoder's",
    "sigma2": "variance of the augmentation",
    "tau": "scale of the target",
    "beta": "rate of the EMA",
}
POINTS = 200  # along a basin's parameter


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{NAME}: error: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    args = _parser().parse_args(argv)
    try:
        args.command(args)
    except (OSError, ValueError, RuntimeError, ArithmeticError) as error:
        print(f"{NAME}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _figure(args: argparse.Namespace) -> None:
    # matplotlib only where something is drawn.
    import matplotlib as mpl

    from analysis.figures.run_overview import STYLE, save_figure
    from analysis.figures.theory import draw_theory

    data = FIGURES[args.number]()
    with mpl.rc_context(STYLE):
        print(save_figure(draw_theory(args.number, data), args.out))


def _trained(args: argparse.Namespace) -> None:
    from analysis.figures.accuracy_swept import accuracy_figure
    from analysis.figures.run_overview import save_figure

    figure = accuracy_figure(args.runs, "predictor_lr", unit=args.lr, label=r"$\alpha_p$")
    print(save_figure(figure, args.out))


def _phase(args: argparse.Namespace) -> None:
    from analysis.figures.phase_plane import phase_figure
    from analysis.figures.run_overview import save_figure

    measured, known = None, FLOW
    p, s = (-0.5, args.p_max), (0.0, args.s_max)
    check_rising("--p-max: the axis from -0.5 on", p)
    check_rising("--s-max: the axis from 0 on", s)
    if args.run:
        run = open_snapshots(args.run)
        measured = compare(run).sel(source="measured")
        _say(measured.attrs["not_in_the_flow"])
        known = _flow_of(run)
        spans = [measured[name] for name in NAMES]
        p = (min(p[0], float(spans[0].min())), max(p[1], 1.05 * float(spans[0].max())))
        s = (0.0, max(s[1], 1.05 * float(spans[1].max())))
    portrait = phase_portrait(EigenmodeFlow(**known | _given(args)), p, s)
    print(save_figure(phase_figure([portrait], measured), args.out))


def _flow_of(run: xr.Dataset) -> dict[str, float]:
    found = FlowParameters.from_run(run)
    last = run[["correlation", "cross_correlation"]].isel(step=-1).compute()
    same, cross = (float(np.trace(matrix)) for matrix in last.values())
    check_numbers("the trace of the run's last cross-view correlation", cross, above=0)
    flow = {name: getattr(found, name) for name in ("alpha_p", "eta", "eta_p")}
    return flow | {"tau": 1.0, "sigma2": max(same / cross - 1, 0.0)}


def _given(args: argparse.Namespace) -> dict[str, float]:
    return {name: value for name in TEXTS if (value := getattr(args, name, None)) is not None}


def _basin(args: argparse.Namespace) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from analysis.figures.run_overview import STYLE, save_figure
    from analysis.figures.theory import plot_basin

    check_rising("the axis from --low to --high", (args.low, args.high))
    check_rising("--p-max: the axis from -0.5 on", (-0.5, args.p_max))
    flow, values = EigenmodeFlow(**FLOW | _given(args)), np.linspace(args.low, args.high, POINTS)
    p0 = np.linspace(-0.5, args.p_max, 3 * POINTS)
    found = basin_map(flow, args.over, values, p0, args.s0, args.tau0)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.4, 2.7), layout="constrained")
        plot_basin(found, figure.subplots())
        print(save_figure(figure, args.out))


def _trajectories(args: argparse.Namespace) -> None:
    import matplotlib as mpl

    from analysis.figures.run_overview import STYLE, save_figure
    from analysis.figures.theory import sweep_figure

    check_numbers("--until", args.until, above=0)
    flow, times = EigenmodeFlow(**FLOW | _given(args)), np.linspace(0, args.until, 601)
    found = trajectories(flow, args.over, args.values, times, (args.p0, args.s0, args.tau0))
    with mpl.rc_context(STYLE):
        print(save_figure(sweep_figure([found]), args.out))


def _compare(args: argparse.Namespace) -> None:
    from analysis.figures.comparison import beside_figure
    from analysis.figures.run_overview import save_figure

    beside = compare(open_snapshots(args.run), start=args.start)
    _say(beside.attrs["not_in_the_flow"])
    print(save_figure(beside_figure(beside, modes=args.modes), args.out))


def _say(line: str) -> None:
    if line:
        print(line)


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
    _add_flow(phase, ("eta", "eta_p", "alpha_p", "sigma2", "tau"), "the run's, or ")
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
    beside.add_argument("--modes", type=int, help="how many to draw (default: all up to 6)")
    beside.add_argument("--out", type=Path, required=True, metavar="F.png")
    beside.set_defaults(command=_compare)
    basin = commands.add_parser("basin", help="which p(0) survive, against a parameter")
    _add_flow(basin, TEXTS)
    basin.add_argument("--over", choices=TEXTS, default="eta", help="(default: eta)")
    for option, value, text in (
        ("--low", 0.004, "start of its axis"),
        ("--high", 0.22, "end of its axis"),
        ("--p-max", 2.0, "end of the axis of p"),
        ("--tau0", 1.0, "target scale at the start, with --beta"),
    ):
        basin.add_argument(option, type=float, default=value, help=f"{text} (default: {value})")
    basin.add_argument("--s0", type=float, help="s at the start (default: on the parabola)")
    basin.add_argument("--out", type=Path, required=True, metavar="F.png")
    basin.set_defaults(command=_basin)
    ways = commands.add_parser("trajectories", help="p, s, tau and kappa of a mode over time")
    _add_flow(ways, TEXTS)
    ways.add_argument("--over", choices=TEXTS, default="eta", help="(default: eta)")
    ways.add_argument(
        "--values",
        type=_numbers,
        default=(0.0, 0.01, 0.04, 0.1),
        help="of it, with commas (default: 0,0.01,0.04,0.1)",
    )
    for option, value, text in (
        ("--p0", 0.25, "p at the start"),
        ("--s0", 0.09, "s at the start"),
        ("--tau0", 0.0, "target scale at the start, with --beta"),
        ("--until", 60.0, "gradient-flow time"),
    ):
        ways.add_argument(option, type=float, default=value, help=f"{text} (default: {value})")
    ways.add_argument("--out", type=Path, required=True, metavar="F.png")
    ways.set_defaults(command=_trajectories)
    table = commands.add_parser("observations", help="Table 4's ten and one, each computed anew")
    table.set_defaults(command=_observations)
    return parser


def _add_flow(parser: argparse.ArgumentParser, names: Iterable[str], before: str = "") -> None:
    for name in names:
        shown = {"eta_p": "eta", "beta": "no EMA"}.get(name, FLOW.get(name))
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=float, help=f"{TEXTS[name]} (default: {before}{shown})")


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; numbers with commas wanted") from None


if __name__ == "__main__":
    sys.exit(main())
