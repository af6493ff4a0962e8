"""The first word of the command line, and what it stands for."""

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from analysis.commands.environment import bear_environment
from analysis.commands.signals import interruptible
from trainers.commands.parser import Parser
from trainers.options import choose

PROG = "python -m trainers"
USAGE = f"""usage: {PROG} METHOD [options]   train; METHOD --help has every option
       {PROG} demo               two short runs, and a figure of both
       {PROG} list [METHOD...]   what can be trained, and what it is made of
       {PROG} resume RUN         continue a run that was stopped
       {PROG} sweep METHOD...    seeds and any options, values between commas, resumable
       {PROG} evaluate RUN...    kNN, linear probe, fine-tuning; kept in the run
       {PROG} ranks RUN...       RankMe, LiDAR, alpha-ReQ and signs of collapse, by views
       {PROG} predict RUN FOLDER name images by the classifier that evaluate left
       {PROG} views --data ...   a picture of images and their two views
       {PROG} export RUN --out F a ResNet encoder, as torchvision loads it"""

# By name: a command's modules are imported only where it is asked for.
COMMANDS = {
    "demo": "demo:demo_command",
    "list": "listing:list_command",
    "resume": "train:resume_command",
    "sweep": "sweep:sweep_command",
    "evaluate": "evaluate:evaluate_command",
    "ranks": "ranks:ranks_command",
    "predict": "predict:predict_command",
    "views": "views:views_command",
    "export": "export:export_command",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    bear_environment()
    if not argv or argv[0] in ("-h", "--help"):
        print(_help())
        return 0
    if argv[0] == "--version":
        print(f"eigenspace {version('eigenspace')}")
        return 0
    command, rest = argv[0], argv[1:]
    parser = Parser(prog=f"{PROG} {command}", allow_abbrev=False)
    with interruptible() as interruption:
        try:
            return _answer(command, parser, rest)
        except KeyboardInterrupt as error:
            print(f"{parser.prog}: {str(error) or 'interrupted'}", file=sys.stderr)
            return interruption.code


def _answer(command: str, parser: Parser, argv: list[str]) -> int:
    try:
        if command in COMMANDS:
            return _run(command, parser, argv)
        return _train(command, parser, argv)
    except BrokenPipeError:  # `list | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except FloatingPointError as error:  # nobody's wrong input: the run diverged
        parser.exit(1, f"{parser.prog}: error: {error}\n")
    except (ValueError, OSError) as error:
        parser.error(str(error))


def _run(command: str, parser: Parser, argv: list[str]) -> int:
    module, _, function = COMMANDS[command].partition(":")
    found = importlib.import_module(f"trainers.commands.{module}")
    code: int = getattr(found, function)(parser, argv)
    return code


def _train(name: str, parser: Parser, argv: list[str]) -> int:
    from trainers.commands.train import train_command
    from trainers.presets.table import PRESETS

    choose("method", name, dict.fromkeys([*PRESETS, *COMMANDS]))
    return train_command(parser, name, argv)


def _help() -> str:
    from trainers.methods.method import METHODS
    from trainers.presets.table import PRESETS

    more = len(PRESETS) - len(METHODS)
    return f"{USAGE}\n\nmethods: {', '.join(METHODS)}, and {more} more by list"
