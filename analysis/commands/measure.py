"""Measure and draw runs: ``python -m analysis RUN...``."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from analysis.checks.paths import make_folder, refuse_in_the_way
from analysis.commands.table import in_columns, table_row
from analysis.figures.isoloss import alignment_figure, spectra_figure
from analysis.figures.run_overview import comparison
from analysis.figures.save import save_figure
from analysis.report.measured_run import Measured
from analysis.report.page import write_report
from analysis.store.reader import open_snapshots
from analysis.store.runs import FIGURES, refuse_store, run_folder
from analysis.store.visible import visible

PAUSE = 2.0  # seconds between looks at runs that are followed


def measure(args: argparse.Namespace) -> None:
    """Print a row of measures for each run, and write its figures.

    All runs are read and measured before anything is written.
    """
    each_once = {run_folder(run).resolve(): run for run in reversed(args.runs)}
    paths = list(reversed(each_once.values()))
    compare = len(paths) > 1 or args.out is not None
    out = args.out or Path(FIGURES)
    folders = [run_folder(path) for path in paths]
    if compare:
        refuse_store(out)
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        names = list(map(str, paths))
    places = [folder / FIGURES for folder in folders] + [out] * compare
    for place in places:
        refuse_in_the_way(place)
    runs = [Measured.of(*each) for each in zip(paths, names, strict=True)]
    for place in places:
        make_folder(place)  # what cannot be written fails here
    rows = [table_row(*each) for each in zip(paths, runs, strict=True)]
    print(in_columns(rows))
    for path, one in zip(paths, runs, strict=True):
        for caveat in one.caveats:
            print(visible(f"{path}: {caveat}"))
    for folder, one, row in zip(folders, runs, rows, strict=True):
        _write(one.overview, folder / FIGURES / "overview")
        if one.history is not None:
            _write(one.history, folder / FIGURES / "history")
        if one.layers is not None:
            _write(one.layers, folder / FIGURES / "layers")
        if one.scale_law is not None:
            _write(one.scale_law, folder / FIGURES / "scale_law")
        print(write_report([one], [row], folder / "report.html"), flush=True)
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


def follow(args: argparse.Namespace) -> None:
    """Draw anew whenever a run has more snapshots, until all runs are closed."""
    seen: list[tuple[int, bool]] = []
    while True:
        stored = [open_snapshots(run) for run in args.runs]
        now = [(run.sizes["step"], bool(run.attrs.get("closed", True))) for run in stored]
        if now != seen and all(steps for steps, _ in now):
            measure(args)
            seen = now
        if all(closed for _, closed in now):
            return
        time.sleep(PAUSE)


def _write(figure: Figure, path: Path) -> None:
    png = save_figure(figure, path)
    print(png, png.with_suffix(".pdf"), sep="\n")
