"""The first word of the command line, and what it stands for."""

import importlib
import sys
from collections.abc import Sequence

from analysis.checks.names import unknown
from analysis.checks.paths import refuse_in_the_way
from analysis.commands.called import called, version_line
from analysis.commands.environment import bear_environment
from analysis.commands.outcome import outcome
from analysis.commands.parser import Parser
from analysis.commands.sign import say_loading
from analysis.store.address import refuse_address
from dynamics.commands.parser import MEANINGS

# Each is a module of this folder with `add_options` and `run`, imported only where it is asked for;
# so is what it computes with, by `run`: help and refusals come at once.
COMMANDS = {
    "figure": "a theory figure of the papers",
    "phase": "the (p, s) plane: rest points, separatrix, basin",
    "compare": "the modes of a run, and the flow from its start",
    "basin": "which p(0) survive, against a parameter",
    "trajectories": "p, s, tau and kappa of a mode over time",
    "observations": "Table 4's ten and one, each computed anew",
}
WORDS = {  # what else they are called
    "portrait": "phase",
    "plane": "phase",
    "separatrix": "phase",
    "fig": "figure",
    "plot": "figure",
    "integrate": "trajectories",
    "simulate": "trajectories",
    "flow": "trajectories",
    "table4": "observations",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    bear_environment()
    name = called("dynamics")
    first = words[0] if words else "--help"
    if first in ("-h", "--help", "--help-all"):
        print(_usage(name))
        return 0
    if first == "--version":
        print(version_line())
        return 0
    # A flow that cannot be followed, or overflows, is a matter of its parameters.
    return outcome(name, lambda: _run(name, first, words[1:]), (RuntimeError, ArithmeticError))


def _run(name: str, first: str, rest: list[str]) -> int:
    if first in WORDS:
        raise ValueError(f"command {first!r} is not known; did you mean {WORDS[first]!r}?")
    if first not in COMMANDS:
        raise ValueError(unknown("command", first, COMMANDS))
    command = importlib.import_module(f"dynamics.commands.{first}")
    parser = Parser(f"{name} {first}", MEANINGS, description=f"{COMMANDS[first]}.")
    command.add_options(parser)
    args = parser.parse_strictly(rest)
    if out := getattr(args, "out", None):  # not after what takes long to compute
        refuse_address(out)
        refuse_in_the_way(out.parent)
    say_loading("scipy", "xarray")
    command.run(args)
    return 0


def _usage(name: str) -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {command:<{width}}  {text}" for command, text in COMMANDS.items()]
    return "\n".join(
        [
            f"usage: {name} COMMAND [options]",
            "",
            "The theory's figures, alone or with a run.",
            "",
            *lines,
            "",
            f"`{name} COMMAND --help` has the options of one.",
        ]
    )
