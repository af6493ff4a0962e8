"""Many runs by one command: planned and checked whole, each a process of its own, resumable."""

import itertools
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

import torch

from analysis.checks.paths import make_folder, refuse_in_the_way
from analysis.store.address import refuse_address
from analysis.store.leftovers import refuse_link
from analysis.store.lock import is_held
from analysis.store.names import safe_name
from analysis.store.reader import open_snapshots
from analysis.store.strays import is_empty
from trainers.config import Config
from trainers.data.load import place_of
from trainers.runs import checkpoint
from trainers.runs.directory import check_free, has_just_begun
from trainers.runs.divergence import said_of
from trainers.runs.finished import finished_at
from trainers.training.children import Children

Values = Mapping[str, Sequence[str]]
LOGS = "logs"
NEW, STARTED, RUNNING = "new", "started", "running"
DONE, FAILED, DIVERGED = "done", "failed", "diverged"
LOOK = 0.5  # seconds between two looks at a run that another process trains


@dataclass(frozen=True)
class Planned:
    """One run of a sweep."""

    name: str
    options: tuple[str, ...]
    """As typed after the name, the seed among them."""
    out: Path
    config: Config
    place: str
    """Where its data lie, seen from any working directory."""
    state: str = NEW
    """What is at `out`: `new` if nothing, `started`, `running` if another process holds it, `done`,
    `diverged`, or `failed` when tried."""

    @property
    def log(self) -> Path:
        """Where the run's output goes."""
        return self.out.parent / LOGS / f"{self.out.name}.log"

    def command(self) -> list[str]:
        """Return the command line that begins or continues it."""
        program = [sys.executable, "-m", "trainers"]
        if self.state == STARTED:
            return [*program, "resume", str(self.out)]
        return [*program, self.name, *self.options, "--out", str(self.out)]


def expand(options: Values) -> Iterator[dict[str, str]]:
    """Yield every combination of the values, the last option changing fastest."""
    for values in itertools.product(*options.values()):
        yield dict(zip(options, values, strict=True))


def plan(
    names: Sequence[str],
    seeds: Sequence[int],
    options: Values,
    out: Path,
    configure: Callable[[str, list[str]], Config],
) -> list[Planned]:
    """Plan a run for each name, combination of options and seed, at ``OUT/NAME[-opt=value]-SEED``.

    Parameters
    ----------
    options : mapping of flag to values, as typed
    configure : function of (name, options)
        Returns the config of one run, or refuses.

    Raises
    ------
    FileExistsError
        Something else is at the place of a run: nothing is trained.
    NotADirectoryError
        A file is where a folder is to be made.
    ValueError
        Two runs would go to one place; a link is where a log goes; `out` is an address; or as
        `configure`.
    """
    refuse_address(out)
    refuse_link(out / LOGS)
    refuse_in_the_way(out / LOGS)
    planned: dict[Path, Planned] = {}
    for name, chosen, seed in itertools.product(names, expand(options), seeds):
        varied = [f"{k.lstrip('-')}={v}" for k, v in chosen.items() if len(options[k]) > 1]
        fraction = re.sub(r"(?<=\d)/(?=\d)", "over", "-".join([name, *varied, str(seed)]))
        folder = safe_name(fraction)
        argv = [word for pair in chosen.items() for word in pair] + ["--seed", str(seed)]
        config = configure(name, argv)
        run = Planned(name, tuple(argv), out / folder, config, place_of(config.data))
        if run.out in planned:
            raise ValueError(f"{folder} is planned twice; give every name, seed and value once")
        refuse_link(run.log)
        planned[run.out] = replace(run, state=found(run))
    return list(planned.values())


def found(run: Planned) -> str:
    """Return the state of what is at the place of a run.

    Raises
    ------
    FileExistsError
        It is no run, or one without a checkpoint, of another configuration or of other data.
    """
    held = is_held(run.out)
    if not run.out.exists() or is_empty(run.out):
        return RUNNING if held else NEW
    started = (run.out / checkpoint.FILE).is_file()
    if not (started or held or has_just_begun(run.out)):
        check_free(run.out, overwrite=False)
    if not started:
        return RUNNING if held else NEW
    attrs = open_snapshots(run.out).attrs
    there = Config.from_json(attrs["config"])
    if replace(there, device=run.config.device).resolved != run.config.resolved:
        raise FileExistsError(f"{run.out} holds a run of other options; give another --out")
    if run.place != attrs.get("data_place", run.place):
        raise FileExistsError(
            f"{run.out} was trained on {attrs['data_place']}, not on {run.place}; give another "
            "--out"
        )
    if held:
        return RUNNING
    if said_of(run.out):
        return DIVERGED
    return STARTED if finished_at(run.out) is None else DONE


def train_all(
    runs: Sequence[Planned], workers: int, told: Callable[[Planned], None]
) -> list[Planned]:
    """Train what is not done, `workers` at a time; what fails does not end the rest.

    A run that another process holds, as what a killed sweep left training, is waited for, and then
    judged by what it came to. An interruption ends every process that was started here.

    Parameters
    ----------
    told : function of a run
        Called with each run as it ends, its state `done`, `diverged` or `failed`, and when it is
        `running` elsewhere.
    """
    slots: SimpleQueue[int] = SimpleQueue()
    for slot in range(workers):
        slots.put(slot)
    children = Children()

    def one(run: Planned) -> Planned:
        if run.state in (DONE, DIVERGED):  # the same options would diverge again
            return run
        slot = slots.get()
        try:
            ended = replace(run, state=train_one(run, children, environment(slot, workers), told))
        finally:
            slots.put(slot)
        told(ended)
        return ended

    with ThreadPoolExecutor(workers) as pool:
        try:
            return list(pool.map(one, runs))
        except BaseException:
            children.end()
            pool.shutdown(cancel_futures=True)
            raise


def train_one(
    run: Planned, children: Children, env: Mapping[str, str], told: Callable[[Planned], None]
) -> str:
    """Train a run, or wait for who does; return the state that it came to."""
    state = state_at(run)  # another sweep may have been here since it was planned
    while state in (NEW, STARTED, RUNNING):
        if state == RUNNING:
            told(replace(run, state=RUNNING))
            while is_held(run.out):
                children.pause(LOOK)
        else:
            command = replace(run, state=state).command()
            make_folder(run.log.parent)
            with run.log.open("a") as log:
                log.write(f"$ {shlex.join(command)}\n")
            children.run(command, run.log, env)
            if (ended := state_at(run)) != RUNNING:  # or another process was faster
                return ended if ended in (DONE, DIVERGED) else FAILED
        state = state_at(run)
    return state


def state_at(run: Planned) -> str:
    """Return the state of what is at the place of a run, `failed` if it is not this run."""
    try:
        return found(run)
    except (ValueError, OSError):  # what is there now is not this run, or cannot be read
        return FAILED


def environment(slot: int, workers: int, gpus: int | None = None) -> dict[str, str]:
    """Return the environment of a run: its share of the cores, and of the GPUs one in turn."""
    env = dict(os.environ)
    if workers > 1:
        env.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
        gpus = torch.cuda.device_count() if gpus is None else gpus
        if gpus > 1 and "CUDA_VISIBLE_DEVICES" not in env:
            env["CUDA_VISIBLE_DEVICES"] = str(slot % gpus)
    return env
