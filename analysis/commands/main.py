"""``python -m analysis``: which command is meant, and how its errors are told."""

import sys
from collections.abc import Sequence

from analysis.commands.accuracy import accuracy_command
from analysis.commands.measure import follow, measure
from analysis.commands.parser import NAME, measure_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and draw runs, or tabulate accuracies; return the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        if argv[:1] == ["accuracy"]:
            accuracy_command(argv[1:])
        else:
            args = measure_parser().parse_args(argv)
            follow(args) if args.follow else measure(args)
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError) as error:
        print(f"{NAME}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0
