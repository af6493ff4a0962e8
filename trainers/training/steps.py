"""The steps of a run: which images are in each, and which get a snapshot."""

from collections.abc import Iterable, Iterator

import numpy as np
from torch import Tensor

from trainers.config import Config
from trainers.data.load import Data
from trainers.randomness import permutation
from trainers.runs.trained import steps_per_epoch

COUNT = 400  # snapshots of a run by default


def batches(config: Config, data: Data, done: int) -> Iterator[tuple[int, Tensor]]:
    """Yield step number and sample numbers of every batch after `done` steps, to the last epoch."""
    per_epoch = steps_per_epoch(config, data)
    for epoch in range(done // per_epoch, config.epochs):
        order = permutation(config.seed, epoch, len(data))
        for i in range(per_epoch):
            step = epoch * per_epoch + i + 1
            if step > done:
                yield step, order[i * config.batch_size : (i + 1) * config.batch_size]


def due_steps(laid_out: Iterable[tuple[int, int]], every: int | None) -> set[int]:
    """Return the steps of a run that get a snapshot, by `snapshot_steps` of each stretch of it.

    Parameters
    ----------
    laid_out : iterable of (int, int)
        Steps in all that a stretch was laid out over, and its last step: one, of a run that was
        never extended.
    """
    due: set[int] = set()
    begun = 0
    for total, until in laid_out:
        due |= {step for step in snapshot_steps(total, every) if begun < step <= until}
        begun = until
    return due


def snapshot_steps(total: int, every: int | None) -> set[int]:
    """Return the steps that get a snapshot: the last one, and every `every`-th.

    By default some 400, at :math:`T (i/400)^2`: closest at first, where eigenspaces turn fastest.
    """
    if every is not None:
        return {*range(every, total + 1, every), total}
    return {int(t) for t in np.ceil(total * (np.arange(1, COUNT + 1) / COUNT) ** 2)}
