"""``eigenspace example [NAME] [FOLDER]``: which runs ship, and one of them as a folder."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from analysis.commands.called import called
from analysis.commands.parser import Parser
from analysis.commands.sign import say_loading


def example_command(argv: Sequence[str]) -> int:
    """List the examples, or unpack one, and say what may be done with it."""
    parser = Parser(
        f"{called('analysis')} example",
        description="List the runs that ship with the library; with a NAME, unpack that one.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="of an example (default: list all)")
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("runs"),
        metavar="FOLDER",
        help="(default: runs)",
    )
    args = parser.parse_strictly(argv)
    say_loading("xarray")
    from analysis.store.examples import EXAMPLES, copy_example

    if args.name is None:
        width = max(map(len, EXAMPLES))
        print("\n".join(f"{name:<{width}}  {what}" for name, what in EXAMPLES.items()))
        return 0
    print(f"run          {copy_example(args.name, args.folder)}")
    print(f"next         eigenspace analyse {shlex.quote(str(args.folder / args.name))}")
    return 0
