"""``python -m analysis accuracy RUN...``: a table, a chart and a file of stored accuracies."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.checks.paths import refuse_in_the_way
from analysis.commands.called import called
from analysis.commands.parser import Parser
from analysis.commands.table import in_columns
from analysis.commands.values import RUN
from analysis.figures.accuracy_bars import accuracy_rows, bars_figure
from analysis.figures.accuracy_swept import against_figure, of_protocols
from analysis.figures.save import save_figure
from analysis.measures.accuracy import by_method, read_accuracies
from analysis.measures.accuracy import write_accuracies as write
from analysis.store.atomic import write_whole
from analysis.store.runs import refuse_store


def accuracy_command(argv: Sequence[str]) -> None:
    """Print accuracies by method, mean and sd; with ``--out``, keep and draw them."""
    parser = Parser(
        f"{called('analysis')} accuracy",
        description="Tabulate and draw stored accuracies by method, mean and sd over seeds.",
    )
    parser.add_argument(
        "runs", nargs="+", type=RUN, metavar="RUN", help="run, folder of runs, or accuracy.csv"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="for accuracy.csv, accuracy.txt, and .png and .pdf"
    )
    parser.add_argument(
        "--against", metavar="OPTION", help="draw against an option that was swept, say lr"
    )
    parser.add_argument(
        "--of", nargs="+", metavar="PROTOCOL", help="these only, say linear (default: all)"
    )
    args = parser.parse_strictly(argv)
    if args.out:
        refuse_store(args.out)
        refuse_in_the_way(args.out)
    rows = read_accuracies(args.runs)
    if args.of:
        rows = of_protocols(rows, args.of)
    groups = by_method(rows)
    figure = _figure(groups, args.against)
    text = in_columns(accuracy_rows(groups))
    print(text)
    if args.out:
        print(write(rows, args.out / "accuracy.csv"))
        write_whole(args.out / "accuracy.txt", text + "\n")
        print(args.out / "accuracy.txt")
        print(save_figure(figure, args.out / "accuracy"))


def _figure(groups: pd.DataFrame, option: str | None) -> Figure:
    if option is not None:
        return against_figure(groups, option.replace("-", "_"))
    return bars_figure(groups)
