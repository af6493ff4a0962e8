"""The parser of every command: errors in one line, suggestions by meaning, help on one screen."""

import argparse
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from analysis.checks.fields import shown
from analysis.checks.names import nearest, unknown
from analysis.commands.screen import help_screen
from analysis.commands.values import VALUES
from analysis.store.visible import visible

# What users of other tools type, and what stands for it here: a flag, or a sentence. A line whose
# flags a command does not have is not said.
MEANINGS = dict.fromkeys(
    ("o", "output", "output-dir", "output-file", "outdir", "out-dir", "save", "save-dir"), "--out"
) | {
    "figure-dir": "--out",
    "f": "--overwrite",
    "force": "--overwrite",
    "v": "there is one level of output",
    "verbose": "there is one level of output",
    "q": "there is one level of output; 2> /dev/null leaves progress out",
    "quiet": "there is one level of output; 2> /dev/null leaves progress out",
    "show": "nothing is shown in a window: figures are files",
    "dpi": "figures are PNG and PDF: the PDF has no resolution",
}
HELP = ((("-h", "--help"), False), (("--help-all",), True))
FLAG = re.compile(r"--[a-z][a-z0-9.-]*")
OTHERS = re.compile(r"`[^`]*`")  # what is quoted is a line of another command


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one line, says what was probably meant, and shows few options.

    Parameters
    ----------
    prog : str
        As it is called.
    meanings : mapping, optional
        Words of other tools beyond `MEANINGS`, without dashes: a flag of ours, or a sentence.
    helps : bool
        Whether there are ``--help`` and ``--help-all``.
    options
        Of `argparse.ArgumentParser`.
    """

    def __init__(
        self,
        prog: str,
        meanings: Mapping[str, str] | None = None,
        *,
        helps: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(prog=prog, allow_abbrev=False, add_help=False, **options)
        self.meanings = {**MEANINGS, **(meanings or {})}
        self.hints: Mapping[str, str] = {}  # flags of other choices, and where they belong
        self.rare: Collection[str] = ()  # what only --help-all shows, by destination
        self._negative_number_matcher = re.compile(r"^-\.?(\d|inf)")  # -1e-3 too is no flag
        for flags, everything in HELP if helps else ():
            self.add_argument(*flags, action=_Help, everything=everything)

    def parse_strictly(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse, and name the first argument that nobody knows."""
        for argument in arguments:
            # Before argparse misses what is required: `-o F` for `--out F`.
            if argument == "--":
                break
            if self._is_stray(argument):
                self.refuse(argument)
        parsed, stray = self.parse_known_args(arguments)
        if stray:
            self.refuse(stray[0])
        return parsed

    def refuse(self, argument: str) -> NoReturn:
        """Refuse an unknown argument, saying what was probably meant."""
        hint = self._meant(argument.partition("=")[0]) or "--help lists the options"
        self.error(f"unknown argument {shown(argument)}; {hint}")

    def error(self, message: str) -> NoReturn:
        """Print one line on stderr and leave with exit code 2."""
        self.exit(2, f"{self.prog}: error: {visible(' '.join(message.split()))}\n")

    def format_help(self, everything: bool = True) -> str:
        """Return usage and options, by group: those of a screen, or `everything`."""
        positional, options, *groups = self._action_groups
        kept = {
            str(group.title): [
                action
                for action in group._group_actions
                if not isinstance(action, _Help) and (everything or action.dest not in self.rare)
            ]
            for group in (positional, options, *groups)
        }
        return help_screen(self, kept, len(self._actions) - 2 - sum(map(len, kept.values())))

    @property
    def flags(self) -> list[str]:
        """Every flag that there is."""
        return [flag for action in self._actions for flag in action.option_strings]

    def _is_stray(self, argument: str) -> bool:
        flag = argument.partition("=")[0]
        number = self._negative_number_matcher.match(argument)
        return argument[:1] == "-" and flag not in (*self.flags, "-") and not number

    def _meant(self, name: str) -> str:
        if name in self.hints:
            return f"it {self.hints[name]}"
        # As peers write it: --max_epochs, -lr, ++optimizer.lr.
        word = name.lstrip("-+").lower().replace("_", "-")
        known = {flag.lstrip("-"): flag for flag in self.flags}
        last = word.rpartition(".")[2]
        for one in dict.fromkeys((word, last)):
            if one in known:
                return f"did you mean {known[one]}?"
            if one in self.meanings and (said := self._said(self.meanings[one])):
                return said
        if close := nearest(word, [*known, *self.meanings]):
            if close[0] in known:
                return f"did you mean {known[close[0]]}?"
            return self._said(self.meanings[close[0]])
        return ""

    def _said(self, meaning: str) -> str:
        """Return a meaning, if its flags are there; of a flag of another choice, where it is."""
        flags = FLAG.findall(OTHERS.sub("", meaning))
        if any(flag not in self.flags and flag not in self.hints for flag in flags):
            return ""
        if not meaning.startswith("--"):
            return meaning
        elsewhere = self.hints.get(flags[0], "") if flags[0] not in self.flags else ""
        return f"{flags[0]} {elsewhere}" if elsewhere else f"did you mean {meaning}?"

    def _get_value(self, action: argparse.Action, text: str) -> Any:
        read = VALUES.get(action.type, action.type)
        try:
            return read(text) if callable(read) else text
        except argparse.ArgumentTypeError as error:
            self.error(f"{_name(action)} is {error}")
        except (TypeError, ValueError):
            wanted = getattr(read, "wanted", "something else")
            self.error(f"{_name(action)} is {shown(text)}; {wanted} wanted")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            self.error(unknown(_name(action), str(value), list(map(str, action.choices))))


class _Help(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, everything: bool) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS)
        self.everything = everything

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        assert isinstance(parser, Parser)
        print(parser.format_help(self.everything), end="")
        parser.exit()


def _name(action: argparse.Action) -> str:
    return action.option_strings[-1] if action.option_strings else str(action.metavar)
