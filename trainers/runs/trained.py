"""A trained run: its latest checkpoint, and the config, data and networks that belong to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from trainers import ranks
from trainers.config import Config
from trainers.data.fingerprint import Fingerprint
from trainers.data.load import Data, ImageData, load_data, place_of
from trainers.device import pick_device
from trainers.networks.network import Network
from trainers.networks.precision import PRECISIONS
from trainers.optimisation.schedule import Schedule
from trainers.runs import checkpoint
from trainers.runs.agreement import check_same_data, check_same_options
from trainers.runs.extended import in_steps, stretches
from trainers.runs.form import check_like, config_of, count, member, wrong
from trainers.runs.network import load_network
from trainers.runs.own_code import code_of, said_changes, unknown_code
from trainers.say import say


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainedRun:
    """A checkpoint and what belongs to it: every number of one moment of one run."""

    path: Path
    state: Mapping[str, Any]
    """As `trainers.runs.checkpoint` keeps it."""
    config: Config
    device: torch.device
    data: Data
    changed: tuple[str, ...] = ()
    """What is said of a user's code that is not what the run was trained with."""

    @property
    def step(self) -> int:
        """Optimiser steps behind the checkpoint."""
        return int(self.state["step"])

    @property
    def epoch(self) -> float:
        """Passes over the data behind the checkpoint."""
        return self.step / steps_per_epoch(self.config, self.data)

    @property
    def time(self) -> float:
        """Gradient-flow time behind the checkpoint."""
        config, per_epoch = self.config, steps_per_epoch(self.config, self.data)
        schedule = Schedule(
            config.schedule,
            per_epoch * config.epochs,
            round(per_epoch * config.warmup),
            in_steps(stretches(self.path), per_epoch),
        )
        return schedule.elapsed(self.step) * config.time_per_step

    @property
    def images(self) -> ImageData:
        """The data, where they are images.

        Raises
        ------
        ValueError
            They are vectors.
        """
        if not isinstance(self.data, ImageData):
            raise ValueError(f"{self.path} was trained on {self.data.name}; images wanted")
        return self.data

    def network(self, which: str = "online") -> Network:
        """Return the online or the target network, on the device.

        Raises
        ------
        ValueError
            The run has no target network of its own.
        """
        file = self.path / checkpoint.FILE
        network = load_network(self.state, self.config, self.data.shape, which, file)
        return network.to(self.device)

    def predictor(self, d: int) -> Tensor:  # -> (d, d)
        """Return W_p as a snapshot at this step records it, for `d` features; on the CPU."""
        module = self.config.method.predictor.build(d)
        stored = self.state["learner"].get("predictor")
        check_like(self.path / checkpoint.FILE, "learner.predictor", stored, module.state_dict())
        module.load_state_dict(stored)
        return module.matrix().detach()


def open_trained(run: str | Path, device: str | None = None) -> TrainedRun:
    """Open the latest checkpoint of a run with the data that it was trained on.

    Parameters
    ----------
    run : path
    device : str, optional
        The run's own by default.

    Raises
    ------
    FileNotFoundError
        There is no checkpoint, or no data where they were.
    ValueError
        The checkpoint is damaged or of another run than the store beside it, or the data are not
        those that the run was trained on.
    """
    path = Path(run)
    state, file = checkpoint.load(path), path / checkpoint.FILE
    config = config_of(file, state)
    count(file, state, "step")
    member(file, state, "learner", dict)
    known: Mapping[str, Any] | None = member(file, state, "data", dict) if "data" in state else None
    check_same_options(path, file, state["config"])
    check_same_data(path, file, known)
    where = pick_device(device or config.device)
    place = member(file, known, "place", str) if known else None
    try:
        data = load(config, where, _found(config, place) if place else None)
    except ValueError as error:
        raise ValueError(f"{path} was trained on {place or config.data}: {error}") from error
    if known is None:
        told = "has no fingerprint of its data: whether they are those it was trained on is unknown"
        if ranks.writes():
            say(f"{path} {told}")
    elif different := data.fingerprint.differences(_fingerprint(file, known)):
        raise ValueError(
            f"{path} was trained on {known['place']}, which has changed since: {different}; put "
            "the data back as they were, or train anew"
        )
    changed = said_changes(path, config)
    if within := state["step"] % (per_epoch := steps_per_epoch(config, data)):
        epoch = state["step"] // per_epoch + 1
        raise wrong(file, f"is of step {state['step']}, {within} steps into epoch {epoch}")
    return TrainedRun(
        path=path, state=state, config=config, device=where, data=data, changed=changed
    )


def _fingerprint(file: Path, known: Mapping[str, Any]) -> Fingerprint:
    plain = member(file, known, "fingerprint", dict)
    try:
        return Fingerprint.from_plain(plain)
    except (KeyError, TypeError) as error:
        raise wrong(file, f"has no fingerprint of its data that can be read ({error})") from None


def announce(config: Config, data: Data) -> None:
    """Say on stderr, a line each, what the data are, and what is not as one might expect."""
    say(data.account)
    for line in unknown_code(code_of(config)):
        say(line)
    if config.precision != Config.precision:
        say(f"{config.precision}: {PRECISIONS[config.precision]}")


def describe_data(config: Config, data: Data) -> dict[str, Any]:
    """Return what a checkpoint says of the data: where they are, and their fingerprint."""
    return {"place": place_of(config.data), "fingerprint": data.fingerprint.to_plain()}


def _found(config: Config, place: str) -> str:
    # Data that moved with the working directory; the fingerprint says whether these are they.
    gone = Path(place).is_absolute() and not Path(place).exists()
    return config.data if gone and Path(config.data).expanduser().exists() else place


def load(config: Config, device: torch.device, place: str | None = None) -> Data:
    """Return the data of a run, from `place` if they were found there before."""
    return load_data(
        place or config.data,
        recipe=config.views,
        size=config.size,
        limit=config.limit,
        channels=config.channels,
        seed=config.seed,
        device=device,
    )


def steps_per_epoch(config: Config, data: Data) -> int:
    """Return the number of whole batches in the data.

    Raises
    ------
    ValueError
        There is none.
    """
    if config.batch_size > len(data):
        raise ValueError(
            f"batch-size is {config.batch_size}, and {data.name} has {len(data)} training images; "
            "lower it"
        )
    return len(data) // config.batch_size
