"""``python -m trainers``: train a method, list the methods, resume a run."""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from analysis.snapshots import open_snapshots
from trainers.choices import choose
from trainers.config import Config
from trainers.loop import resume, train
from trainers.methods import LOSSES, METHODS, PREDICTORS, SOURCES, TARGETS, Method
from trainers.options import Parser, add_options, apply_options, flag

PROG = "python -m trainers"
SLOTS: dict[str, dict[str, Any]] = {"predictor": PREDICTORS, "target": TARGETS, "loss": LOSSES}
CONFIG_FIELDS = {field.name for field in dataclasses.fields(Config)}
HELP = f"""usage: {PROG} METHOD [options]   train; METHOD --help has every option
       {PROG} list               the methods, and what they are made of
       {PROG} resume RUN         continue a run that was stopped

methods: {", ".join(METHODS)}"""


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
        choose("method", command, dict.fromkeys([*METHODS, *COMMANDS]))
        return _train(parser, command, rest)
    except KeyboardInterrupt:
        print(f"{PROG}: interrupted; `{PROG} resume RUN` continues it", file=sys.stderr)
        return 130
    except (ValueError, OSError, FloatingPointError) as error:
        parser.error(str(error))


def _train(parser: Parser, name: str, argv: list[str]) -> int:
    method = _compose(name, argv)
    config = Config(method=method, name=name)
    add_options(parser, config)
    for slot, choices in SLOTS.items():
        part = getattr(method, slot)
        parser.add_argument(
            f"--{slot}", choices=choices, default=argparse.SUPPRESS, help=f"kind of {slot}"
        )
        add_options(parser, part, f"{slot}.")
    parser.add_argument(
        "--out", type=Path, help="the run's directory (default: runs/NAME-DATA-SEED)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a run that is there")
    parser.hints = _elsewhere(method)
    parsed = parser.parse_strictly(argv)
    parts = {slot: apply_options(getattr(method, slot), parsed, f"{slot}.") for slot in SLOTS}
    given = {key: value for key, value in vars(parsed).items() if key in CONFIG_FIELDS}
    config = Config(method=Method(**parts), **{"name": name} | given)
    out = parsed.out or Path("runs") / f"{config.name}-{Path(config.data).stem}-{config.seed}"
    return _report(train(config, out, overwrite=parsed.overwrite))


def _compose(name: str, argv: list[str]) -> Method:
    """Exchange the parts of a method that ``--predictor``, ``--target`` or ``--loss`` name."""
    choice = Parser(prog=f"{PROG} {name}", add_help=False, allow_abbrev=False)
    for slot, choices in SLOTS.items():
        choice.add_argument(f"--{slot}", choices=choices)
    chosen, _ = choice.parse_known_args(argv)
    parts = {slot: choices[kind] for slot, choices in SLOTS.items() if (kind := vars(chosen)[slot])}
    return dataclasses.replace(METHODS[name], **parts)


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
    parser.parse_strictly(argv)
    for name, method in METHODS.items():
        print(f"{name:<12} {SOURCES[name]}")
        for slot in SLOTS:
            print(f"{'':<12} {slot:<9} {getattr(method, slot)}")
    return 0


def _report(run: Path) -> int:
    # matplotlib is not for those who only train.
    from analysis.overview import draw_run

    try:
        accuracy = open_snapshots(run, "evaluation").knn_accuracy
        print(f"kNN accuracy {accuracy.values[-1]:.2%} (k={accuracy.attrs['k']}, last epoch)")
    except ValueError:
        print("kNN accuracy: none, the data have no labels")
    print(f"run          {run}")
    print(f"figure       {draw_run(run)}")
    return 0


COMMANDS: dict[str, Callable[[Parser, list[str]], int]] = {"list": _list, "resume": _resume}


if __name__ == "__main__":
    sys.exit(main())
