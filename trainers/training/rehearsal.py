"""A step before the first one, of which nothing stays: only where parts are the user's own."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.linalg import LinAlgError  # type: ignore[attr-defined]

from analysis.checks.fields import shown
from trainers.config import Config
from trainers.data.load import Data
from trainers.data.shared_views import shared_views
from trainers.recording.step import whole
from trainers.runs.own_parts import own_parts
from trainers.training.learner import Learner
from trainers.training.steps import batches

WANTED = {
    "predictor": ("matrix", "after_step", "running_correlation"),
    "target": ("network", "update", "tau"),
}
"""What modules have that a rule and a target build."""


def rehearse(config: Config, data: Data, learner: Learner, done: int = 0) -> None:
    """Take a copy of `learner` through the step after `done`, and forget it.

    It is the step's own batch: of a smaller one a rule might not be able to set W_p. What is not
    finite or cannot be decomposed is no fault of the code, and is left to the training.

    Raises
    ------
    ValueError
        What a part of the user's makes is not what is wanted of it.
    Exception
        Whatever a part raises.
    """
    first = next(batches(config, data, done), None)
    own = own_parts(config)
    if first is None or not own:
        return
    step, samples = first
    device = next(learner.online.parameters()).device
    with unmoved_randomness(device), suppress(FloatingPointError, LinAlgError):
        copied = learner.by_itself()
        for part, wanted in WANTED.items():
            _check_part(f"{part} {own.get(part)!r}", copied.parts[part], wanted)
        copied.predictor.register_forward_hook(_like(f"predictor {own.get('predictor')!r}"))
        parts = []
        for views in copied.split(*shared_views(data, step, samples)):
            seen = copied.look(*views, step)
            _check_loss(f"loss {own.get('loss')!r}", seen.loss)
            seen.loss.backward()
            parts.append(seen.detached())
        copied.target.update(copied.online, copied.schedule.progress(step))
        copied.target.tau(copied.online)
        seen = whole(parts, seen.grad_norm)
        z, t = seen.z, seen.t
        copied.predictor.after_step(step, z, t)
        if (due := _due(config.method.predictor, step)) > step:
            copied.predictor.after_step(due, z, t)
        if copied.predictor.matrix().shape != (copied.d, copied.d):
            raise ValueError(
                f"predictor {own.get('predictor')!r}: matrix() has shape "
                f"{tuple(copied.predictor.matrix().shape)}; {(copied.d,) * 2} wanted"
            )


def _due(rule: Any, step: int) -> int:
    """Return the step, from `step` on, at which a rule sets W_p."""
    every = getattr(rule, "every", 1)
    first: int = getattr(rule, "first", None) or every
    return max(first, step + (first - step) % every)


def _check_part(called: str, module: nn.Module, wanted: Sequence[str]) -> None:
    if lacks := [name for name in wanted if not hasattr(module, name)]:
        kind = type(module).__name__
        raise ValueError(f"{called} builds a {kind} without {' and '.join(lacks)}")


def _like(called: str) -> Callable[..., None]:
    """Return a hook that lets pass what has the shape of what came."""

    def check(module: nn.Module, args: tuple[Tensor, ...], made: Tensor) -> None:
        if made.shape != args[0].shape:
            came, went = tuple(args[0].shape), tuple(made.shape)
            raise ValueError(f"{called} makes {went} of features {came}; the same shape wanted")

    return check


def _check_loss(called: str, loss: Any) -> None:
    if not isinstance(loss, Tensor) or loss.ndim or not loss.is_floating_point():
        is_tensor = isinstance(loss, Tensor)
        told = f"shape {tuple(loss.shape)} {loss.dtype}" if is_tensor else shown(loss)
        raise ValueError(f"{called} makes {told}; a tensor of one number wanted")
    if not loss.requires_grad:
        raise ValueError(f"{called} has no gradient; was something detached, or made a number?")


@contextmanager
def unmoved_randomness(device: torch.device) -> Iterator[None]:
    """Put the generators of torch, NumPy and Python back to where they were."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 (others use it)
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
