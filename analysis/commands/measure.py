"""Measure and draw runs: ``python -m analysis RUN...``."""

import argparse
import sys
import time
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import NoReturn

from matplotlib.figure import Figure

from analysis.commands.accuracy import accuracy_command
from analysis.figures.isoloss import alignment_figure, spectra_figure
from analysis.figures.run_overview import comparison
from analysis.figures.save import save_figure
from analysis.report.measured_run import Measured
from analysis.report.page import write_report
from analysis.store.reader import open_snapshots
from analysis.verdicts.caveats import divergence
from analysis.verdicts.collapse import KINDS

NAME = "python -m analysis"
PAUSE = 2.0  # seconds between looks at runs that are followed
# Of a Dataset of `summarise`: heading, variable, and whether its start is shown beside its end.
# `correlation` of a store is the same-view one.
COLUMNS = (
    ("asymmetry", "asymmetry", True),
    ("same-view excess alignment (modes)", "weighted_alignment_excess", True),
    ("same-view off-diagonal", "off_diagonal_energy", True),
    ("same-view entropy rank", "entropy_rank", False),
)
OVER_MODES = ("weighted_alignment_excess",)  # means, which say over how many modes


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{NAME}: error: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Print a row of measures for each run, and write its figures; return the exit code.

    All runs are read and measured before anything is written.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        if argv[:1] == ["accuracy"]:
            accuracy_command(_Parser(prog=f"{NAME} accuracy"), argv[1:], table)
        else:
            args = _parser().parse_args(argv)
            _follow(args) if args.follow else _overviews(args)
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError) as error:
        print(f"{NAME}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def _overviews(args: argparse.Namespace) -> None:
    compare = len(args.runs) > 1 or args.out is not None
    out = args.out or Path("figures")
    names = [run.resolve().name for run in args.runs]
    if len(set(names)) < len(names):
        names = list(map(str, args.runs))
    runs = [Measured.of(*each) for each in zip(args.runs, names, strict=True)]
    for folder in [run / "figures" for run in args.runs] + [out] * compare:
        folder.mkdir(parents=True, exist_ok=True)  # what cannot be written fails here
    rows = [_row(*each) for each in zip(args.runs, runs, strict=True)]
    print(table(rows))
    for path, one in zip(args.runs, runs, strict=True):
        for caveat in one.caveats:
            print(f"{path}: {caveat}")
    for path, one, row in zip(args.runs, runs, rows, strict=True):
        _write(one.overview, path / "figures" / "overview")
        if one.history is not None:
            _write(one.history, path / "figures" / "history")
        print(write_report([one], [row], path / "report.html"), flush=True)
    if compare:
        _compare(runs, out)
        print(write_report(runs, rows, out / "report.html"), flush=True)


def _compare(runs: Sequence[Measured], out: Path) -> None:
    _write(comparison([one.summary for one in runs]), out / "comparison")
    courses = {one.name: one.summary for one in runs if one.history is not None}
    if courses:
        accuracies = {one.name: one.accuracy for one in runs if one.accuracy is not None}
        _write(spectra_figure(courses, accuracies=accuracies), out / "spectra")
        _write(alignment_figure(courses), out / "alignment")


def _follow(args: argparse.Namespace) -> None:
    """Draw anew whenever a run has more snapshots, until all runs are closed."""
    seen: list[tuple[int, bool]] = []
    while True:
        stored = [open_snapshots(run) for run in args.runs]
        now = [(run.sizes["step"], bool(run.attrs.get("closed", True))) for run in stored]
        if now != seen and all(steps for steps, _ in now):
            _overviews(args)
            seen = now
        if all(closed for _, closed in now):
            return
        time.sleep(PAUSE)


def table(rows: Sequence[dict[str, str]]) -> str:
    """Return rows of equal keys as aligned columns, headings first, two spaces between."""
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=NAME,
        usage=f"{NAME} RUN... [--out DIR] [--follow]\n       {NAME} accuracy RUN... [--out DIR]",
        description="Measure runs and draw them: a table, RUN/figures/overview.png and .pdf, "
        "RUN/report.html, and for several runs a comparison.",
        epilog="In the table, of the same-view correlation E[z z^T]: excess alignment is weighted "
        "by its eigenvalues over the modes that have one, 0 is chance and 1 a shared eigenbasis; "
        "off-diagonal is the energy of W_p outside its eigenbasis, 0 is aligned; entropy rank is "
        f"of its eigenvalues. Collapse is {', '.join(KINDS)} or diverged, and the step since when; "
        "the error rate, how often it is found in white noise. A dash is what is not defined: "
        "lines below the table say why.",
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="directory of a run")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where the comparison goes (default: ./figures, for two runs or more)",
    )
    parser.add_argument(
        "--follow", action="store_true", help="draw anew while the runs are being written"
    )
    return parser


def _write(figure: Figure, path: Path) -> None:
    png = save_figure(figure, path)
    print(png, png.with_suffix(".pdf"), sep="\n")


def _row(path: Path, one: Measured) -> dict[str, str]:
    m, verdict = one.summary, one.verdict
    row = {"run": str(path)}
    row |= {name: str(m.attrs.get(name, "-")) for name in ("method", "data", "seed")}
    row["epochs"] = f"{float(m['epoch'].max()):g}" if "epoch" in m.coords else "-"
    row |= {"snapshots": str(m.sizes["step"]), "modes": str(m.sizes["mode"])}
    row["kNN"] = "-" if one.accuracy is None else f"{float(one.accuracy[-1]):.3f}"
    for heading, name, start in COLUMNS:
        ends = [float(m[name].isel(step=i)) for i in ((0, -1) if start else (-1,))]
        row[heading] = " -> ".join(f"{v:.3f}" if isfinite(v) else "-" for v in ends)
        if name in OVER_MODES and isfinite(ends[-1]):
            row[heading] += f" ({int(m['live_modes'][-1])})"
    row["error rate"] = "-" if verdict is None else f"{100 * verdict.error_rate:g} %"
    row["collapse"] = divergence(m) or "-" if verdict is None else verdict.kind
    if verdict is not None and verdict.onset is not None:
        row["collapse"] += f", step {verdict.onset}"
    return row
