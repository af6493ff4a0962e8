"""``python -m trainers sweep``: presets, seeds and any option, and what is done is skipped."""

from collections import Counter
from pathlib import Path

from analysis.commands.called import called
from analysis.commands.parser import Parser
from trainers.commands.configure import configure
from trainers.config import Config
from trainers.options import choose
from trainers.presets.table import PRESETS
from trainers.training.sweep import DIVERGED, DONE, FAILED, RUNNING, Planned, plan, train_all


def sweep_command(parser: Parser, argv: list[str]) -> int:
    """Plan all runs, refuse what is wrong before anything is trained, train, say what failed."""
    parser.epilog = (
        "Any option of METHOD, with values between commas: --lr 0.03,0.1 --predictor.eps 0.1,0.3. "
        "Runs go to DIR/METHOD[-option=value]-SEED. The same command again skips what is done, "
        "resumes what was stopped and waits for what another process trains; what diverged is "
        "left. `analysis.open_runs(DIR)` opens all as one dataset."
    )
    parser.add_argument("names", nargs="+", metavar="METHOD", help="as `list` shows them")
    parser.add_argument("--seeds", default="0", help="between commas (default: 0)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the runs")
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="runs at a time, on shared cores (default: 1)",
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="train on a dask cluster: tcp://10.0.0.1:8786"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the runs, train nothing")
    parsed, rest = parser.parse_known_args(argv)
    for name in parsed.names:
        choose("method", name, PRESETS, f"`{called('trainers')} list` shows all {len(PRESETS)}")
    workers = 1 if parsed.workers is None else parsed.workers
    if workers < 1:
        raise ValueError(f"workers is {workers}; it must be at least 1")
    if parsed.scheduler is not None and parsed.workers is not None:
        raise ValueError("a scheduler has workers of its own; leave --workers or --scheduler out")

    def config(name: str, options: list[str]) -> Config:
        each = Parser(parser.prog, parser.meanings)
        return configure(each, name, options)[0]

    runs = plan(parsed.names, _seeds(parsed.seeds), _options(rest), parsed.out, config)
    for run in runs if parsed.dry_run else []:
        print(f"{run.state:<8} {run.out}")
    if parsed.dry_run:
        return 0
    states = Counter(run.state for run in runs)

    def tell(run: Planned) -> None:
        states[run.state] += 1
        _tell(run)

    try:
        if parsed.scheduler is None:
            ended = train_all(runs, workers, tell)
        else:
            from trainers.training.cluster import train_on_cluster

            ended = train_on_cluster(runs, parsed.scheduler, tell)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"interrupted: {states[DONE]} of {len(runs)} runs are done, and what was being trained "
            "is stopped; the same command goes on"
        ) from None
    count = Counter(run.state for run in ended)
    skipped = sum(run.state == DONE for run in runs)
    print(
        f"{len(runs)} runs: {count[DONE] - skipped} trained, {skipped} were done, "
        f"{count[FAILED]} failed, {count[DIVERGED]} diverged"
    )
    return 1 if count[FAILED] + count[DIVERGED] else 0


def _tell(run: Planned) -> None:
    if run.state == RUNNING:
        print(f"{run.state:<8} {run.out}: in another process, which is waited for", flush=True)
    elif run.state != DONE:
        print(f"{run.state:<8} {run.out}: {_last_line(run.log)} ({run.log})", flush=True)
    else:
        print(f"{run.state:<8} {run.out}", flush=True)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return lines[-1] if lines else "no output"


def _seeds(text: str) -> list[int]:
    try:
        return [int(seed) for seed in text.split(",")]
    except ValueError:
        raise ValueError(f"seeds is {text!r}; whole numbers between commas wanted") from None


def _options(words: list[str]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    pending = list(words)
    while pending:
        flag, equals, value = pending.pop(0).partition("=")
        if not flag.startswith("--"):
            raise ValueError(f"{flag!r} belongs to no option; methods come first")
        if flag == "--seed":
            raise ValueError("--seed is for one run; a sweep takes --seeds 0,1,2")
        if flag in ("--overwrite", "--as-published"):
            raise ValueError(f"{flag} is for one run; leave it out of a sweep")
        if not equals:
            if not pending or pending[0].startswith("--"):
                raise ValueError(f"{flag} has no value")
            value = pending.pop(0)
        if flag in options:
            raise ValueError(f"{flag} is given twice; put its values between commas")
        options[flag] = value.split(",")
    return options
