"""``python -m analysis verify RUN...``: whether every bit of runs is as it was written."""

from collections.abc import Sequence

from analysis.commands.called import called
from analysis.commands.parser import Parser
from analysis.commands.values import RUN


def verify_command(argv: Sequence[str]) -> int:
    """Read all of the runs, print a line for each damage; return 1 if there is any."""
    parser = Parser(
        f"{called('analysis')} verify",
        description="Read every chunk, the metadata and the checkpoints of runs, and compare them "
        "with their checksums. Prints what is damaged; exit code 1 if anything is.",
    )
    parser.add_argument("runs", nargs="+", type=RUN, metavar="RUN", help="run, or folder of runs")
    args = parser.parse_strictly(argv)
    from analysis.store.integrity import verify
    from analysis.store.runs import run_paths

    damaged = False
    for run in run_paths(args.runs):
        lines = verify(run)
        damaged |= bool(lines)
        print("\n".join(lines) if lines else f"{run} is whole")
    return int(damaged)
