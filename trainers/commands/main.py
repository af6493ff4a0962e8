"""The first word of the command line, and what it stands for."""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from analysis.commands.called import called, version_line
from analysis.commands.environment import bear_environment
from analysis.commands.outcome import outcome
from analysis.commands.parser import Parser
from analysis.commands.sign import say_loading
from trainers.commands.peers import MEANINGS, METHODS_ELSEWHERE, other_word
from trainers.named import failure
from trainers.options import choose


class Command(NamedTuple):
    """What a word stands for; its module is imported only where it is asked for."""

    function: str
    usage: str
    what: str
    loads: str = ""
    """What takes seconds to load, of a command whose options are those of what computes."""


COMMANDS = {
    "demo": Command("demo:demo_command", "", "two short runs, and a figure of both"),
    "list": Command(
        "listing:list_command", "[METHOD...]", "what can be trained, and what it is made of"
    ),
    "resume": Command("train:resume_command", "RUN", "continue a run that was stopped"),
    "sweep": Command(
        "sweep:sweep_command",
        "METHOD...",
        "seeds and any options, values between commas, resumable",
        "torch",
    ),
    "evaluate": Command(
        "evaluate:evaluate_command",
        "RUN...",
        "kNN, linear probe, fine-tuning; kept in the run",
        "torch",
    ),
    "ranks": Command(
        "ranks:ranks_command",
        "RUN...",
        "RankMe, LiDAR, alpha-ReQ and signs of collapse, by views",
        "torch",
    ),
    "predict": Command(
        "predict:predict_command", "RUN FOLDER", "name images by the classifier that evaluate left"
    ),
    "pack": Command(
        "pack:pack_command", "FOLDER OUT", "decode a folder of images once, to train from the disk"
    ),
    "views": Command(
        "views:views_command",
        "--data ...",
        "a picture of images and their two views",
        "torch",
    ),
    "export": Command(
        "export:export_command", "RUN --out F", "a ResNet encoder, as torchvision loads it"
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    bear_environment()
    if not argv or argv[0] in ("-h", "--help", "--help-all"):
        return outcome(called("trainers"), _help)
    if argv[0] == "--version":
        print(version_line())
        return 0
    # `train METHOD` is METHOD: what the console script says, both understand.
    words = argv[1:] if argv[0] == "train" and len(argv) > 1 else argv
    name = f"{called('trainers')} {' '.join(argv[: len(argv) - len(words) + 1])}"
    return outcome(name, lambda: _telling(lambda: _run(name, words[0], words[1:])))


def _telling(command: Callable[[], int]) -> int:
    """Run a command in which what fails in a user's code is wrong input, and told in one line."""
    try:
        return command()
    except Exception as error:
        own = not isinstance(error, ValueError | OSError | FloatingPointError)
        if own and (told := failure(error)):
            raise ValueError(told) from error
        raise


def _run(name: str, command: str, argv: list[str]) -> int:
    if command in COMMANDS:
        parser = Parser(name, MEANINGS, description=f"{COMMANDS[command].what}.")
        if COMMANDS[command].loads:
            say_loading(COMMANDS[command].loads)
        module, _, function = COMMANDS[command].function.partition(":")
        found = importlib.import_module(f"trainers.commands.{module}")
        code: int = getattr(found, function)(parser, argv)
        return code
    _check_method(command)
    from trainers.commands.train import train_command

    return train_command(Parser(name, MEANINGS), command, argv)


def _check_method(name: str) -> None:
    from trainers.presets.table import PRESETS

    every = f"`{called('trainers')} list` shows all {len(PRESETS)}"
    if name in PRESETS:
        return
    if name == "train":
        raise ValueError(f"train what? {every}")
    hint = other_word(name)
    if name.lower().replace("_", "-") in METHODS_ELSEWHERE:
        hint = "methods here have a predictor and no negatives"
    if hint:
        raise ValueError(f"method {name!r} is not known; {hint}; {every}")
    choose("method", name, dict.fromkeys([*PRESETS, *COMMANDS, "train"]), every)


def usage() -> list[str]:
    """Return a line of usage for each command."""
    name = called("trainers")
    words = {"METHOD [options]": "train; METHOD --help has its options"}
    words |= {f"{word} {one.usage}".rstrip(): one.what for word, one in COMMANDS.items()}
    width = max(map(len, words))
    return [f"{name} {word:<{width}}  {what}" for word, what in words.items()]


def _help() -> int:
    from trainers.methods.method import METHODS
    from trainers.presets.table import PRESETS

    lines = f"\n{7 * ' '}".join(usage())
    more = len(PRESETS) - len(METHODS)
    print(f"usage: {lines}\n\nmethods: {', '.join(METHODS)}, and {more} more by list")
    return 0
