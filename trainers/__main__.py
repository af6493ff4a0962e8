"""``python -m trainers``: train a method, list the methods, resume a run."""

import argparse
import dataclasses
import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis.store.evaluations import course
from analysis.store.reader import MissingGroupError, open_snapshots
from trainers.commands.evaluate import evaluate_command, export_command, predict_command
from trainers.commands.parser import Parser, add_options, apply_options
from trainers.commands.ranks import ranks_command
from trainers.commands.sweep import sweep_command
from trainers.commands.views import views_command
from trainers.config import Config
from trainers.data.load import label_of
from trainers.methods.method import LOSSES, METHODS, PREDICTORS, TARGETS, Method
from trainers.options import choose, flag
from trainers.presets.preset import Preset
from trainers.presets.table import PRESETS
from trainers.training.loop import resume, train

PROG = "python -m trainers"
SLOTS: dict[str, dict[str, Any]] = {"predictor": PREDICTORS, "target": TARGETS, "loss": LOSSES}
CONFIG_FIELDS = {field.name for field in dataclasses.fields(Config)}
HELP = f"""usage: {PROG} METHOD [options]   train; METHOD --help has every option
       {PROG} list [METHOD...]   what can be trained, and what it is made of
       {PROG} resume RUN         continue a run that was stopped
       {PROG} sweep METHOD...    seeds and any options, values between commas, resumable
       {PROG} evaluate RUN...    kNN, linear probe, fine-tuning; kept in the run
       {PROG} ranks RUN...       RankMe, LiDAR, alpha-ReQ and signs of collapse, by views
       {PROG} predict RUN FOLDER name images by the classifier that evaluate left
       {PROG} views --data ...   a picture of images and their two views
       {PROG} export RUN --out F a ResNet encoder, as torchvision loads it

methods: {", ".join(METHODS)}, and {len(PRESETS) - len(METHODS)} more by list"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    if not argv or argv[0] in ("-h", "--help"):
        print(HELP)
        return 0
    command, rest = argv[0], argv[1:]
    parser = Parser(prog=f"{PROG} {command}", allow_abbrev=False)
    try:
        if command in COMMANDS:
            return COMMANDS[command](parser, rest)
        choose("method", command, dict.fromkeys([*PRESETS, *COMMANDS]))
        return _train(parser, command, rest)
    except KeyboardInterrupt:
        print(f"{PROG}: interrupted; `{PROG} resume RUN` continues it", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `list | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except FloatingPointError as error:  # nobody's wrong input: the run diverged
        parser.exit(1, f"{parser.prog}: error: {error}\n")
    except (ValueError, OSError) as error:
        parser.error(str(error))


def _train(parser: Parser, name: str, argv: list[str]) -> int:
    config, parsed = configure(parser, name, argv)
    name = config.resolved.name
    out = parsed.out or Path("runs") / f"{name}-{label_of(config.data)}-{config.seed}"
    return _report(train(config, out, overwrite=parsed.overwrite))


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
    method = _compose(preset, name, argv)
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


def _compose(preset: Preset, name: str, argv: list[str]) -> Method:
    """Exchange the parts of a method that ``--predictor``, ``--target`` or ``--loss`` name."""
    choice = Parser(prog=f"{PROG} {name}", add_help=False, allow_abbrev=False)
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


def _resume(parser: Parser, argv: list[str]) -> int:
    parser.add_argument("run", type=Path, metavar="RUN", help="directory of a started run")
    return _report(resume(parser.parse_strictly(argv).run))


def _list(parser: Parser, argv: list[str]) -> int:
    parser.add_argument("methods", nargs="*", metavar="METHOD", help="show all of these")
    names = parser.parse_strictly(argv).methods
    for name in names:
        choose("method", name, PRESETS)
        _describe(name)
    if not names:
        width = max(map(len, PRESETS))
        for name, preset in PRESETS.items():
            print(f"{name:<{width}}  {preset.what} [{preset.source}] {preset.published}".rstrip())
        print(
            f"\nNumbers: top-1 of a linear probe, as published. `{PROG} list METHOD` has the rest."
        )
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


def _report(run: Path) -> int:
    # matplotlib is not for those who only train.
    from analysis.figures.run_overview import draw_run

    try:
        accuracy = course(open_snapshots(run, "evaluation"))
    except MissingGroupError:
        accuracy = None
    if accuracy is None:
        print("kNN accuracy: none, the data have no labels")
    else:
        k = json.loads(accuracy["options"].values[-1])["k"]
        print(f"kNN accuracy {accuracy.values[-1]:.2%} (k={k}, last epoch)")
    print(f"run          {run}")
    print(f"figure       {draw_run(run)}")
    return 0


COMMANDS: dict[str, Callable[[Parser, list[str]], int]] = {
    "list": _list,
    "resume": _resume,
    "evaluate": evaluate_command,
    "predict": predict_command,
    "export": export_command,
    "views": views_command,
    "ranks": ranks_command,
    "sweep": lambda parser, argv: sweep_command(parser, argv, configure),
}


if __name__ == "__main__":
    sys.exit(main())
