"""From a preset and flags to the configuration of a run."""

import argparse
import dataclasses
import shlex
import typing
from pathlib import Path
from typing import Any

from analysis.commands.parser import Parser
from trainers.commands.groups import GROUPS, group_of, is_often
from trainers.commands.parser import add_options, apply_options
from trainers.config import Config
from trainers.methods.method import LOSSES, PREDICTORS, TARGETS, Method
from trainers.named import failed, find, is_named
from trainers.options import check_frozen, choose, flag
from trainers.presets.preset import Preset
from trainers.presets.table import PRESETS

SLOTS: dict[str, dict[str, Any]] = {"predictor": PREDICTORS, "target": TARGETS, "loss": LOSSES}
CONFIG_FIELDS = {field.name for field in dataclasses.fields(Config)}


def configure(parser: Parser, name: str, argv: list[str]) -> tuple[Config, argparse.Namespace]:
    """Return the config that a preset and flags make, and the flags that were given.

    Raises
    ------
    ValueError
        An option is out of its range, or contradicts another one.
    """
    preset = PRESETS[name]
    if "--as-published" in argv:
        if not preset.at:
            raise ValueError(f"{name} has no published figure; leave --as-published out")
        argv = [*shlex.split(preset.at), *argv]
    method = _compose(parser, preset, argv)
    parser.usage = "%(prog)s [options]"
    parser.description = f"{name}: {preset.what} [{preset.source}]"
    _add_config(parser, Config(method=method, name=name, **preset.options), preset)
    _add_method(parser, method)
    parser.hints = _elsewhere(method)
    parsed = parser.parse_strictly(argv)
    parts = {slot: apply_options(getattr(method, slot), parsed, f"{slot}.") for slot in SLOTS}
    given = {key: value for key, value in vars(parsed).items() if key in CONFIG_FIELDS}
    return Config(method=Method(**parts), **{"name": name, **preset.options, **given}), parsed


def _add_config(parser: Parser, config: Config, preset: Preset) -> None:
    by_group: dict[str, list[str]] = {title: [] for title in GROUPS}
    for field in dataclasses.fields(config):
        by_group.setdefault(group_of(field.name), []).append(field.name)
    for title, fields in by_group.items():
        group = parser.add_argument_group(title)
        if title == "run":
            out = "the run's directory (default: runs/NAME-DATA-SEED)"
            group.add_argument("--out", type=Path, metavar="DIR", help=out)
            group.add_argument(
                "--overwrite", action="store_true", help="replace a run that is there"
            )
            on = f"on {preset.at or 'nothing: no figure'}"
            group.add_argument("--as-published", action="store_true", help=on)
        add_options(group, config, only=fields)
    parser.rare = [field for field in CONFIG_FIELDS if not is_often(field)]


def _add_method(parser: Parser, method: Method) -> None:
    group = parser.add_argument_group("method")
    for slot, choices in SLOTS.items():
        part = getattr(method, slot)
        kinds = (kind for kind, one in choices.items() if type(one) is type(part))
        mine = next(kinds, type(part).__name__)
        group.add_argument(
            f"--{slot}",
            default=argparse.SUPPRESS,
            metavar="KIND",
            help=f"{', '.join(choices)}, or yours, module:name (default: {mine})",
        )
        add_options(group, part, f"{slot}.")


def _compose(parser: Parser, preset: Preset, argv: list[str]) -> Method:
    """Exchange the parts of a method that ``--predictor``, ``--target`` or ``--loss`` name."""
    choice = Parser(parser.prog, helps=False)
    for slot in SLOTS:
        choice.add_argument(f"--{slot}")
    chosen, _ = choice.parse_known_args(argv)
    given = {slot: text for slot, text in vars(chosen).items() if text is not None}
    parts = {slot: _part(slot, text) for slot, text in given.items()}
    return dataclasses.replace(preset.method, **parts)


def _part(slot: str, text: str) -> Any:
    """Return a part of a method: one of ours, or ``package.module:name``."""
    if not is_named(text):
        return choose(slot, text, SLOTS[slot])
    found = find(slot, text)
    check_frozen(f"{slot} {text!r}", found)
    try:
        part = found() if isinstance(found, type) else found
    except Exception as error:  # whatever a stranger's class does
        raise failed(
            f"{slot} {text!r} cannot be made without arguments",
            error,
            "; give each of its fields a default",
        ) from error
    try:
        typing.get_type_hints(type(part))
    except Exception as error:  # of names that are not there
        raise failed(f"{slot} {text!r}: of what kinds its fields are is unknown", error) from error
    return part


def _elsewhere(method: Method) -> dict[str, str]:
    """Say of each option that this method does not have which part would have it."""
    hints = {}
    for slot, choices in SLOTS.items():
        mine = {field.name for field in dataclasses.fields(getattr(method, slot))}
        for kind, part in choices.items():
            for field in dataclasses.fields(part):
                if field.name not in mine:
                    have = type(getattr(method, slot)).__name__.lower()
                    hints[flag(f"{slot}.", field.name)] = (
                        f"belongs to --{slot} {kind}; this method has --{slot} {have}"
                    )
    return hints
