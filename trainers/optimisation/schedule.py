"""The learning rate over a run, and the gradient-flow time that it adds up to."""

import math
from collections.abc import Sequence

from analysis.checks.fields import checked
from trainers.options import choose


def constant(progress: float) -> float:
    """Return 1."""
    return 1.0


def cosine(progress: float) -> float:
    """Return (1 + cos(pi progress)) / 2: from 1 at the start to 0 at the end."""
    return (1 + math.cos(math.pi * progress)) / 2


SCHEDULES = {"constant": constant, "cosine": cosine}


class Schedule:
    r"""The multiple of the learning rate at each step k = 1, 2, ... of a run.

    .. math:: \eta_k = \min(k / w, 1) \, f\bigl(\max(k - 1 - w, 0) / (K - w)\bigr)

    with w the steps of the warm-up, K those of the run and f of `SCHEDULES`. A run that was
    extended goes on from the step that it had reached as one of the new K; what was done stays.

    Parameters
    ----------
    name : str
    steps : int
        K.
    warmup : int
        w, less than K.
    before : sequence of (int, int)
        Of an extended run: the K that it was to have, and the last step for which that held.

    Raises
    ------
    ValueError
        There is no such schedule, or the warm-up leaves nothing of the run.
    """

    def __init__(
        self, name: str, steps: int, warmup: int = 0, before: Sequence[tuple[int, int]] = ()
    ) -> None:
        import numpy as np  # the names of the schedules do not take it

        choose("schedule", name, SCHEDULES)
        steps = checked("steps", steps, int, {"least": 1})
        warmup = checked("warmup", warmup, int, {"least": 0})
        if not 0 <= warmup < steps:
            raise ValueError(f"warm-up takes {warmup} of the run's {steps} steps; shorten it")
        shape = SCHEDULES[name]
        self.steps = steps
        self.laid_out = [*before, (steps, steps)]
        """K of each stretch of the run, and its last step."""

        def rate(k: int, total: int) -> float:
            if not warmup:
                return shape((k - 1) / total)
            return min(k / warmup, 1.0) * shape(max(k - 1 - warmup, 0) / (total - warmup))

        self._totals = [
            total
            for (total, until), (_, begun) in zip(
                self.laid_out, [(0, 0), *self.laid_out[:-1]], strict=True
            )
            for _ in range(begun, until)
        ]
        self.rates = np.array([rate(k, total) for k, total in enumerate(self._totals, 1)])
        self._elapsed = np.concatenate([[0.0], np.cumsum(self.rates)])

    def __getitem__(self, step: int) -> float:
        """Return the multiple at `step`, counted from 1."""
        return float(self.rates[step - 1])

    def elapsed(self, step: int) -> float:
        """Return the sum of the multiples to `step`, it included: steps at the full rate."""
        return float(self._elapsed[step])

    def progress(self, step: int) -> float:
        """Return which share of the run is done after `step`, in (0, 1]."""
        return step / self._totals[step - 1]
