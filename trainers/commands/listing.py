"""``python -m trainers list``: what can be trained, and what it is made of."""

from analysis.commands.parser import Parser
from trainers.commands.configure import SLOTS
from trainers.options import choose, flag
from trainers.presets.table import PRESETS


def list_command(parser: Parser, argv: list[str]) -> int:
    """Print a line of every preset, or the parts and options of some."""
    parser.add_argument("methods", nargs="*", metavar="METHOD", help="show all of these")
    names = parser.parse_strictly(argv).methods
    for name in names:
        choose("method", name, PRESETS, f"`{parser.prog}` shows all {len(PRESETS)}")
        _describe(name)
    if not names:
        width = max(map(len, PRESETS))
        for name, preset in PRESETS.items():
            print(f"{name:<{width}}  {preset.what} [{preset.source}] {preset.published}".rstrip())
        more = f"`{parser.prog} METHOD` has the rest."
        print(f"\nNumbers: top-1 of a linear probe, as published. {more}")
    return 0


def _describe(name: str) -> None:
    preset = PRESETS[name]
    print(f"{name}: {preset.what}")
    parts = {slot: f"{getattr(preset.method, slot)}" for slot in SLOTS}
    options = " ".join(f"--{flag('', k)[2:]} {v}" for k, v in preset.options.items())
    rows = {**parts, "options": options, "source": preset.source}
    rows |= {"published": preset.published, "on": preset.at}
    for key, value in rows.items():
        if value:
            print(f"    {key:<10} {value}")
