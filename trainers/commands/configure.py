"""From a preset and flags to the configuration of a run."""

import argparse
import dataclasses
import shlex
from pathlib import Path
from typing import Any

from trainers.commands.parser import Parser, add_options, apply_options
from trainers.config import Config
from trainers.methods.method import LOSSES, PREDICTORS, TARGETS, Method
from trainers.options import flag
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
    add_options(parser, Config(method=method, name=name, **preset.options))
    for slot, choices in SLOTS.items():
        parser.add_argument(
            f"--{slot}", choices=choices, default=argparse.SUPPRESS, help=f"kind of {slot}"
        )
        add_options(parser, getattr(method, slot), f"{slot}.")
    parser.add_argument(
        "--out", type=Path, help="the run's directory (default: runs/NAME-DATA-SEED)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a run that is there")
    parser.add_argument(
        "--as-published", action="store_true", help=f"on {preset.at or 'nothing: no figure'}"
    )
    parser.hints = _elsewhere(method)
    parsed = parser.parse_strictly(argv)
    parts = {slot: apply_options(getattr(method, slot), parsed, f"{slot}.") for slot in SLOTS}
    given = {key: value for key, value in vars(parsed).items() if key in CONFIG_FIELDS}
    return Config(method=Method(**parts), **{"name": name, **preset.options, **given}), parsed


def _compose(parser: Parser, preset: Preset, argv: list[str]) -> Method:
    """Exchange the parts of a method that ``--predictor``, ``--target`` or ``--loss`` name."""
    choice = Parser(prog=parser.prog, add_help=False, allow_abbrev=False)
    for slot, choices in SLOTS.items():
        choice.add_argument(f"--{slot}", choices=choices)
    chosen, _ = choice.parse_known_args(argv)
    parts = {slot: choices[kind] for slot, choices in SLOTS.items() if (kind := vars(chosen)[slot])}
    return dataclasses.replace(preset.method, **parts)


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
