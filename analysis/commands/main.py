"""``python -m analysis``: which command is meant, and how its errors are told."""

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.checks.names import nearest
from analysis.commands.called import called, version_line
from analysis.commands.environment import bear_environment
from analysis.commands.outcome import outcome
from analysis.commands.run_parser import run_parser
from analysis.commands.sign import say_loading

LOADED = ("scipy", "xarray")
COMMANDS = ("accuracy", "example", "verify")  # beside measuring, each a module


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and draw runs, tabulate accuracies, or verify; return the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    bear_environment()
    if words[:1] == ["--version"]:
        print(version_line())
        return 0
    return outcome(called("analysis"), lambda: _run(words))


def _run(words: list[str]) -> int:
    first = words[0] if words else "--help"
    if first in COMMANDS:
        module = importlib.import_module(f"analysis.commands.{first}")
        return getattr(module, f"{first}_command")(words[1:]) or 0
    if (meant := nearest(first, COMMANDS)) and not Path(first).exists():
        raise ValueError(f"there is no run {first!r}; did you mean the command {meant[0]}?")
    # Parsed before what measures is loaded: help and refusals come at once.
    args = run_parser().parse_strictly(words)
    say_loading(*LOADED)
    from analysis.commands.measure import follow, measure
    from analysis.registry.named import registered_by_name

    with registered_by_name(args.measure):
        follow(args) if args.follow else measure(args)
    return 0
