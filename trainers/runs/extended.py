"""Runs that were given other epochs on the way: over how many each step was laid out."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.store.reader import STORE
from analysis.store.root import read_root
from analysis.store.schema import EXTENDED
from trainers.config import Config
from trainers.runs.checkpoint import FILE


@dataclass(frozen=True)
class Stretch:
    """Steps that were trained when the run was to have other epochs than it has now."""

    epochs: int
    until: int
    """The last optimiser step of it."""


def stretches(run: Path) -> tuple[Stretch, ...]:
    """Return the stretches before the present one, nothing of a run that was not extended."""
    attrs = read_root(run / STORE)["attributes"] if (run / STORE).is_dir() else {}
    return tuple(Stretch(**each) for each in json.loads(attrs.get(EXTENDED, "[]")))


def in_steps(before: Sequence[Stretch], per_epoch: int) -> list[tuple[int, int]]:
    """Return steps in all and last step of each stretch, as `Schedule` takes them."""
    return [(each.epochs * per_epoch, each.until) for each in before]


def as_continued(run: Path, config: Config, before: Sequence[Stretch]) -> Config:
    """Return the config of a checkpoint with the epochs that its run has now.

    An extension is written to the store first: a kill leaves a checkpoint that does not know it.

    Raises
    ------
    ValueError
        The checkpoint is of a run with other epochs, and the store knows of no extension.
    """
    attrs = read_root(run / STORE)["attributes"] if (run / STORE).is_dir() else {}
    epochs = json.loads(attrs["config"])["epochs"] if "config" in attrs else config.epochs
    if epochs != config.epochs and not before:
        raise ValueError(
            f"{run}: {FILE} is of a run of {config.epochs} epochs, the store of one of {epochs} "
            "that was never extended; restore one"
        )
    return dataclasses.replace(config, epochs=epochs)


def extend(
    run: Path,
    config: Config,
    before: Sequence[Stretch],
    epochs: int,
    *,
    step: int,
    per_epoch: int,
) -> tuple[Config, tuple[Stretch, ...]]:
    """Return the config of a run that goes on from `step` to `epochs`, and what was before.

    Raises
    ------
    ValueError
        So many epochs are done already.
    """
    if epochs == config.epochs:
        return config, tuple(before)
    longer = dataclasses.replace(config, epochs=epochs)
    if epochs * per_epoch <= step:
        raise ValueError(
            f"{run} has {step / per_epoch:g} of {config.epochs} epochs behind it, and epochs is "
            f"{epochs}: give more than is done"
        )
    kept = tuple(each for each in before if each.until < step)
    # From a checkpoint that is older than an extension the steps to come were of the one before.
    here = next((each.epochs for each in before if each.until >= step), config.epochs)
    return longer, (*kept, Stretch(here, step))


def described(config: Config, before: Sequence[Stretch]) -> dict[str, Any]:
    """Return what the store of an extended run says of its epochs."""
    return {
        "config": config.to_json(),
        "config_resolved": config.resolved.to_json(),
        EXTENDED: json.dumps([dataclasses.asdict(each) for each in before]),
    }
