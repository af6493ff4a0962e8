"""``python -m trainers pack FOLDER OUT``: images decoded once, to train from the disk."""

import shlex
from pathlib import Path

from analysis.commands.parser import Parser
from analysis.commands.sign import say_loading


def pack_command(parser: Parser, argv: list[str]) -> int:
    """Pack a folder of images, and say how to train from it."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of images, as --data takes it")
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to pack into")
    parser.add_argument(
        "--size", type=int, metavar="N", help="side of the images in pixels (default: 64)"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="processes that decode (default: one a core)"
    )
    parsed = parser.parse_strictly(argv)
    say_loading("torch")
    from trainers.data.load import load_data
    from trainers.data.packing import pack

    out = pack(parsed.folder, parsed.out, parsed.size, workers=parsed.workers)
    print(load_data(str(out)).account)
    print(f"next         eigenspace train byol --data {shlex.quote(str(out))}")
    return 0
