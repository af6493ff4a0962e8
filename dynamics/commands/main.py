"""The first word of the command line, and what it stands for."""

import importlib
import sys
from collections.abc import Sequence

from analysis.commands.environment import bear_environment
from dynamics.commands.parser import NAME, Parser

# Each is a module of this folder with `add_options` and `run`, imported only where it is asked for.
COMMANDS = {
    "figure": "a theory figure of the papers",
    "phase": "the (p, s) plane: rest points, separatrix, basin",
    "compare": "the modes of a run, and the flow from its start",
    "basin": "which p(0) survive, against a parameter",
    "trajectories": "p, s, tau and kappa of a mode over time",
    "observations": "Table 4's ten and one, each computed anew",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    bear_environment()
    parser = Parser(prog=NAME, description="The theory's figures, alone or with a run.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        one = commands.add_parser(name, help=text)
        if words[:1] == [name]:
            command = importlib.import_module(f"dynamics.commands.{name}")
            command.add_options(one)
            one.set_defaults(run=command.run)
    args = parser.parse_args(words)
    try:
        args.run(args)
    except (OSError, ValueError, RuntimeError, ArithmeticError) as error:
        print(f"{NAME}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0
