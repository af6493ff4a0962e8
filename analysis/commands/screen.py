"""The help of a command on one screen: a line an option, in groups."""

import argparse
import re
import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from analysis.commands.values import VALUES

WIDE = 100  # no line is longer, however wide the terminal
COLUMN = 29  # where what an option does starts
DEFAULT = re.compile(r",? ?\(default: (.*)\)$")
Groups = Mapping[str, Sequence[argparse.Action]]


def help_screen(parser: argparse.ArgumentParser, groups: Groups, hidden: int) -> str:
    """Return usage, what the command does, its options by group, and how many are `hidden`.

    Where some are, an option has one line, cut where it is longer.
    """
    width = min(WIDE, shutil.get_terminal_size().columns)
    usage = parser.usage or " ".join(["%(prog)s", *_usage(groups)])
    head = [f"usage: {usage % {'prog': parser.prog}}"]
    if parser.description:
        head.append(textwrap.fill(parser.description, width))
    lines = []
    for title, actions in groups.items():
        if actions:
            lines.append(f"{title}:")
            lines += [_line(action, width, whole=not hidden) for action in actions]
    parts = ["\n".join(head), "\n".join(lines)]
    if hidden:
        parts.append(
            f"In brackets: the default. --help-all has {hidden} more, and all lines whole."
        )
    if parser.epilog:
        parts.append(textwrap.fill(parser.epilog, width))
    return "\n\n".join(parts) + "\n"


def _usage(groups: Groups) -> list[str]:
    actions = [action for group in groups.values() for action in group]
    words = [_shape(action) for action in actions if not action.option_strings]
    words += [_flags(a) for a in actions if a.option_strings and a.required]
    return [*words, "[options]"]


def _line(action: argparse.Action, width: int, whole: bool) -> str:
    text = (action.help or "") % {"default": action.default}
    head = f"  {_flags(action)}"
    # A flag that is too long moves its own text, and not everybody's.
    first = max(COLUMN, len(head) + 2)
    if not text:
        return head
    if not whole:
        default = " ".join(f"[{value}]" for value in DEFAULT.findall(text))
        room = width - first - len(default) - bool(default)
        short = textwrap.shorten(DEFAULT.sub("", text), room, placeholder="..")
        return f"{head.ljust(first)}{short} {default}".rstrip()
    return textwrap.fill(
        text,
        width,
        initial_indent=head.ljust(first),
        subsequent_indent=" " * COLUMN,
        break_on_hyphens=False,
    )


def _flags(action: argparse.Action) -> str:
    flags = ", ".join(action.option_strings)
    return " ".join(filter(None, [flags, _shape(action)]))


def _shape(action: argparse.Action) -> str:
    """Return what stands for an action's values: N, yes|no, RUN..."""
    if action.nargs == 0:
        return ""
    many = "..." if action.nargs in ("+", "*") else ""
    if action.metavar is not None:
        name = action.metavar if isinstance(action.metavar, str) else " ".join(action.metavar)
    elif action.choices is not None and len(_among(action.choices)) <= COLUMN:
        name = _among(action.choices)
    else:
        kind = getattr(action.type, "shape", None) or VALUES[str].shape
        name = VALUES[action.type].shape if action.type in VALUES else kind
    return f"[{name}{many}]" if action.nargs in ("*", "?") else name + many


def _among(choices: Iterable[object]) -> str:
    return "|".join(map(str, choices))
