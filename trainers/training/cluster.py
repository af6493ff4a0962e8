"""The runs of a sweep on a dask cluster: any worker may be lost, and no run is."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from analysis.checks.one_line import one_line
from analysis.checks.paths import make_folder
from trainers.config import Config
from trainers.say import say
from trainers.training.children import Children
from trainers.training.sweep import (
    DIVERGED,
    DONE,
    FAILED,
    LOGS,
    RUNNING,
    Planned,
    state_at,
    train_one,
)

ADDRESS = re.compile(r"(\w+://)?[^/\s]+:\d+(/\S*)?")
WAIT = 10  # seconds for a scheduler to answer
SWEEPS: dict[str, Children] = {}
"""In a worker: the processes of each sweep that has sent it a run."""


def train_on_cluster(
    runs: Sequence[Planned], scheduler: str, told: Callable[[Planned], None]
) -> list[Planned]:
    """Train what is not done, a run for each thread of a cluster's workers.

    A run is a process beside its worker, in this working directory, and goes to its folder here:
    all machines are to share both. A run whose worker is lost is sent to another one, which resumes
    it, or waits for its process where that lives on. An interruption ends them all.

    Parameters
    ----------
    runs : sequence of Planned
    scheduler : str
        Address, as ``tcp://10.0.0.1:8786``.
    told : function of a run
        As `train_all` calls it.

    Raises
    ------
    ValueError
        `scheduler` is no address, ``distributed`` is not installed, or a worker has another
        environment.
    OSError
        There is no scheduler, it went away, or a worker does not see the folder.
    """
    ended = {run.out: run for run in runs}
    due = [run for run in runs if run.state not in (DONE, DIVERGED)]
    if not due:
        return [*runs]
    sweep, here = uuid4().hex, str(Path.cwd())
    with _client(scheduler) as (client, as_completed), _sign(due[0].out.parent, sweep) as sign:
        if not client.scheduler_info()["workers"]:
            say(f"{scheduler} has no workers yet, and is waited for")
        futures = {
            client.submit(
                work,
                *(run.name, run.options, str(run.out.absolute()), run.config.to_json(), run.place),
                *(sweep, here, str(sign)),
                pure=False,
                key=f"{run.out.name}-{sweep}",
            ): run
            for run in due
        }
        # All that a worker tells meanwhile is that another process holds a run.
        waited = {str(run.out.absolute()): run for run in due}
        client.subscribe_topic(sweep, lambda event: told(replace(waited[event[1]], state=RUNNING)))
        try:
            for future in as_completed(futures, loop=client.loop):
                run = futures[future]
                ended[run.out] = replace(run, state=state_of(future, run, scheduler))
                told(ended[run.out])
        except BaseException:
            _end(client, [*futures], sweep)
            raise
    return [*ended.values()]


def work(
    name: str,
    options: tuple[str, ...],
    out: str,
    config: str,
    place: str,
    sweep: str,
    here: str,
    sign: str,
) -> str:
    """Train a run, in a worker; return the state that it came to."""
    if not (Path(sign).is_file() and Path(here).is_dir()):
        raise FileNotFoundError(
            f"{socket.gethostname()} does not see {Path(sign).parent.parent} or {here} as they are "
            "where the sweep was begun; folders that all machines share wanted"
        )
    if here not in sys.path:  # parts of one's own are found there, as by who began the sweep
        sys.path.append(here)
    run = Planned(name, options, Path(out), Config.from_json(config), place)
    env = dict(os.environ)
    from distributed import get_worker

    worker = get_worker()
    share = max(1, (os.cpu_count() or 1) // worker.state.nthreads)
    env.setdefault("OMP_NUM_THREADS", str(share))
    children = SWEEPS.setdefault(sweep, Children(Path(here)))
    return train_one(run, children, env, lambda _: worker.log_event(sweep, out))


def end(sweep: str) -> None:
    """End what a worker trains of a sweep, and let it begin no other."""
    SWEEPS.setdefault(sweep, Children()).end()


@contextmanager
def _client(scheduler: str) -> Iterator[tuple[Any, Callable[..., Any]]]:
    if not ADDRESS.fullmatch(scheduler):
        raise ValueError(f"scheduler is {scheduler!r}; an address as tcp://10.0.0.1:8786 wanted")
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ValueError(
            "scheduler wants distributed, which is not installed; pip install 'eigenspace[cluster]'"
        ) from None
    try:
        client = Client(scheduler, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError, OverflowError) as error:
        raise OSError(
            f"no dask scheduler answers at {scheduler!r} ({one_line(error)}); an address as "
            "tcp://10.0.0.1:8786 wanted"
        ) from error
    with client:
        yield client, as_completed


@contextmanager
def _sign(folder: Path, sweep: str) -> Iterator[Path]:
    """Put up a file that tells workers that this is the sweep's folder."""
    make_folder(folder / LOGS)
    file = (folder / LOGS / f".{sweep}").absolute()
    file.touch()
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def state_of(future: Any, run: Planned, scheduler: str) -> str:
    """Return the state that a task came to.

    Raises
    ------
    ValueError, OSError
        No other run would come to anything either: see `train_on_cluster`.
    """
    if future.status == "finished":
        state: str = future.result()
        return state
    if future.status != "error":
        raise OSError(f"the scheduler at {scheduler} went away; the same command goes on")
    error = future.exception()
    kind = type(error).__name__
    if kind == "KilledWorker":  # by this run, as it seems: other workers are spared
        with run.log.open("a") as log:
            log.write(f"given up: {one_line(error)}\n")
        state = state_at(run)
        return state if state in (DONE, DIVERGED) else FAILED
    if isinstance(error, OSError):
        raise error
    raise ValueError(
        f"a worker of {scheduler} fails ({kind}: {one_line(error)}); the same environment wanted"
    ) from error


def _end(client: Any, futures: list[Any], sweep: str) -> None:
    if client.status == "running":
        client.cancel(futures)
        client.run(end, sweep, on_error="ignore")
