"""Saying so while a run collapses: a look at its own snapshots, once an epoch."""

from pathlib import Path

import numpy as np

from analysis.store.reader import open_snapshots
from analysis.verdicts.collapse import LEVELS, collapse, collapse_course
from analysis.verdicts.lasting import looks_to_last
from trainers.say import say

# `partial` is left to the analysis: healthy short runs of SimSiam and BYOL pass through it.
WARNED = LEVELS.index("dimensional")


class CollapseNotice:
    """Print one line on stderr when a run's state becomes one to warn of, a worse one, or neither.

    Parameters
    ----------
    run : path
        The directory of the run.
    """

    def __init__(self, run: Path) -> None:
        self.run = run
        self._said = WARNED - 1

    def look(self, epoch: int) -> None:
        """Judge the last snapshots in the store, as many as make a state: outside the step."""
        ds = open_snapshots(self.run)
        n = ds.sizes["step"]
        looks = looks_to_last(n)
        # The first, for growth; the one before those looked at, since when batches are.
        few = ds.isel(step=sorted({0, *range(max(n - looks - 1, 0), n)}))
        # In memory: a graph of so few snapshots takes longer than what it computes.
        few = few.assign({k: few[k].load() for k in ("correlation", "mean", "samples") if k in few})
        metrics = open_snapshots(self.run, group="metrics")
        levels = collapse_course(few, metrics)["collapse"].values[-looks:]
        if not np.isfinite(levels).all():  # too few rows to tell, or numbers that are not finite
            return
        level = int(levels.min())
        over = levels.max() < WARNED <= self._said
        if level > self._said or over:
            name = "the collapse is over" if over else f"{LEVELS[level]} collapse"
            said = f"epoch {epoch}: {name}: {collapse(few, metrics).grounds}"
            say(said)
        self._said = WARNED - 1 if over else max(level, self._said)
