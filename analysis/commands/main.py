"""``python -m analysis``: which command is meant, and how its errors are told."""

import sys
from collections.abc import Sequence

from analysis.commands.environment import bear_environment
from analysis.commands.parser import NAME, measure_parser
from analysis.store.visible import visible


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and draw runs, or tabulate accuracies; return the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    bear_environment()
    try:
        if argv[:1] == ["accuracy"]:
            # matplotlib refuses to be imported where it is asked for a backend it does not know.
            from analysis.commands.accuracy import accuracy_command

            accuracy_command(argv[1:])
        else:
            from analysis.commands.measure import follow, measure

            args = measure_parser().parse_args(argv)
            follow(args) if args.follow else measure(args)
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError) as error:
        print(f"{NAME}: error: {visible(' '.join(str(error).split()))}", file=sys.stderr)
        return 2
    return 0
