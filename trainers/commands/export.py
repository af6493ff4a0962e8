"""``python -m trainers export RUN --out F``: an encoder, as torchvision names its weights."""

from pathlib import Path

from analysis.commands.parser import Parser
from analysis.commands.sign import say_loading
from analysis.commands.values import RUN
from analysis.store.schema import NETWORKS


def export_command(parser: Parser, argv: list[str]) -> int:
    """Write a ResNet encoder for torchvision, and say how to load it."""
    parser.add_argument("run", type=RUN, metavar="RUN", help="directory of a run")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="to write")
    parser.add_argument("--network", choices=NETWORKS, default=NETWORKS[0])
    parsed = parser.parse_strictly(argv)
    say_loading("torch")
    from trainers.runs.export import export

    print(export(parsed.run, parsed.out, network=parsed.network))
    return 0
