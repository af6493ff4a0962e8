"""The command line of ``python -m analysis RUN...``."""

from pathlib import Path

from analysis.commands.called import called
from analysis.commands.parser import Parser
from analysis.commands.values import RUN
from analysis.verdicts.verdict import LEVELS

MEANINGS = {
    "watch": "--follow",
    "live": "--follow",
    "names": "runs are named by their folders",
    "labels": "runs are named by their folders",
}


def run_parser() -> Parser:
    """Return the parser of the command that measures."""
    name = called("analysis")
    parser = Parser(
        name,
        MEANINGS,
        usage=f"{name} RUN... [--out DIR] [--follow]\n       {name} accuracy RUN... [--out DIR]\n"
        f"       {name} verify RUN...",
        description="Measure runs and draw them: a table, RUN/figures/overview.png and .pdf, "
        "RUN/report.html, and for several runs a comparison.",
        epilog="In the table, of the same-view correlation E[z z^T]: excess alignment is weighted "
        "by its eigenvalues over the modes that have one, 0 is chance and 1 a shared eigenbasis; "
        "off-diagonal is the energy of W_p outside its eigenbasis, 0 is aligned; entropy rank is "
        f"of its eigenvalues. Collapse is {', '.join(LEVELS)} or diverged, and the step since "
        "when; the error rate, how often it is found in white noise. A dash is what is not "
        "defined: lines below the table say why.",
    )
    parser.add_argument("runs", nargs="+", type=RUN, metavar="RUN", help="directory of a run")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where the comparison goes (default: ./figures, for two runs or more)",
    )
    parser.add_argument(
        "--follow", action="store_true", help="draw anew while the runs are being written"
    )
    parser.add_argument(
        "--measure",
        action="append",
        default=[],
        metavar="MODULE:NAME",
        help="a Measure of your own, in table, figures and report too; several times if wanted",
    )
    return parser
