"""Saying so while it happens: a look at the run's own snapshots, once an epoch."""

import sys
from pathlib import Path

from tqdm import tqdm

from analysis.collapse import KINDS, collapse
from analysis.snapshots import open_snapshots

# `partial` is left to the analysis: healthy short runs of SimSiam and BYOL pass through it.
WARNED = KINDS.index("dimensional")


class Watch:
    """Print one line on stderr when a run's verdict becomes one to warn of, or a worse one.

    Parameters
    ----------
    run : path
        The directory of the run.
    """

    def __init__(self, run: Path) -> None:
        self.run = run
        self._said = WARNED - 1

    def look(self, epoch: int) -> None:
        """Judge the last snapshot in the store: two eigendecompositions, outside the step."""
        ds = open_snapshots(self.run)
        # The first, for growth; the one before the last, since when batches are looked at.
        few = ds.isel(step=sorted({0, max(ds.sizes["step"] - 2, 0), ds.sizes["step"] - 1}))
        try:
            verdict = collapse(few, open_snapshots(self.run, group="metrics"))
        except ValueError:  # too few rows to tell
            return
        if (level := KINDS.index(verdict.kind)) > self._said:
            tqdm.write(f"epoch {epoch}: {verdict.name}: {verdict.grounds}", file=sys.stderr)
        self._said = max(level, WARNED - 1)
