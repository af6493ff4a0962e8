"""``python -m trainers METHOD``: train a method; ``resume RUN`` continues a run."""

import json
import shlex
from pathlib import Path

from analysis.commands.parser import Parser
from analysis.commands.sign import say_loading
from analysis.commands.values import RUN
from analysis.store.names import safe_name
from trainers.commands.configure import configure

# What trains is imported after what was typed is understood: help and refusals come at once.


def train_command(parser: Parser, name: str, argv: list[str]) -> int:
    """Train a preset with the options that follow it, and draw the run."""
    config, parsed = configure(parser, name, argv)
    say_loading("torch")
    from trainers import ranks
    from trainers.data.load import label_of
    from trainers.training.loop import train

    name = config.resolved.name
    out = parsed.out or Path("runs") / safe_name(f"{name}-{label_of(config.data)}-{config.seed}")
    with ranks.joined():
        train(config, out, overwrite=parsed.overwrite)
        return _report(out) if ranks.writes() else 0


def resume_command(parser: Parser, argv: list[str]) -> int:
    """Continue a run that was stopped, or to more epochs, and draw it."""
    parser.add_argument("run", type=RUN, metavar="RUN", help="directory of a started run")
    parser.add_argument(
        "--epochs",
        type=int,
        metavar="N",
        help="go on to N epochs in all, of a finished run too; from where it stands schedules are "
        "those of N epochs (a cosine rises again)",
    )
    parsed = parser.parse_strictly(argv)
    say_loading("torch")
    from trainers import ranks
    from trainers.runs.finished import finished_at
    from trainers.training.loop import resume

    finished = finished_at(parsed.run)
    with ranks.joined():
        resume(parsed.run, epochs=parsed.epochs)
        again = finished and finished == finished_at(parsed.run)
        return 0 if again or not ranks.writes() else _report(parsed.run)


def _report(run: Path) -> int:
    from analysis.store.evaluations import course
    from analysis.store.reader import MissingGroupError, open_snapshots

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
    print(f"figure       {_drawn(run)}")
    timed = "time" in open_snapshots(run).coords  # what a flow is compared by
    print(next_commands(run, labelled=accuracy is not None, timed=timed))
    return 0


def _drawn(run: Path) -> Path:
    from analysis.store.atomic import reason

    try:
        # matplotlib is not for those who only train.
        from analysis.figures.run_overview import draw_run

        return draw_run(run)
    except KeyboardInterrupt:
        again = f"`eigenspace analyse {shlex.quote(str(run))}`"
        raise KeyboardInterrupt(f"interrupted; {run} is finished, and {again} draws it") from None
    except OSError as error:
        raise OSError(
            f"{reason(error)}; {run} is finished, only its figure is not drawn"
        ) from error


def next_commands(run: Path, *, labelled: bool = True, timed: bool = True) -> str:
    """Return what one may type now that a run has ended."""
    name = shlex.quote(str(run))
    commands = [f"eigenspace analyse {name}      measures, verdict and a report"]
    if timed:
        commands.append(f"eigenspace theory compare {name} --out theory.png      beside the flow")
    if labelled:
        commands.append(f"eigenspace evaluate {name}      a linear probe")
    return "next         " + f"\n{13 * ' '}".join(commands)
