"""How far a run is: a bar where somebody looks, a line an epoch where somebody will read."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from tqdm import tqdm

from trainers.say import say


class Progress:
    """What is shown on stderr while a run is trained; see `showing`."""

    def __init__(self, bar: "tqdm[Any]", name: str, epochs: int, total: int, images: int) -> None:
        self._bar, self._name, self._images = bar, name, images
        self._epochs, self._total = epochs, total
        self._begun = self._last = time.perf_counter()
        self._done = bar.n

    def stepped(self) -> None:
        """Move on by a step."""
        self._bar.update()

    def looked(self, loss: float) -> None:
        """Show the loss of a snapshot."""
        self._bar.set_postfix(loss=f"{loss:.3f}", refresh=False)

    def trained(self, step: int, loss: float) -> None:
        """Say, where there is no bar, that an epoch is over."""
        if not self._bar.disable:
            return
        now = time.perf_counter()
        total = self._total
        left = (now - self._begun) * (total - step) / (step - self._done)
        rate = self._images / (now - self._last)
        self._last = now
        say(
            f"{self._name}: epoch {step * self._epochs // total}/{self._epochs}, "
            f"step {step}/{total}, loss {loss:.3f}, {rate:.0f} images/s, "
            f"{timedelta(seconds=round(left))} left"
        )


@contextmanager
def showing(name: str, epochs: int, per_epoch: int, done: int, images: int) -> Iterator[Progress]:
    """Show the progress of a run from step `done` on.

    On a terminal and in a notebook it is a bar; elsewhere, as in the log of a batch job, a line an
    epoch: epoch, step, loss, images a second and the time that is left.

    Parameters
    ----------
    images : int
        In an epoch.
    """
    total = epochs * per_epoch
    hidden = not (sys.stderr.isatty() or in_notebook())
    with tqdm(total=total, initial=done, desc=name, unit="step", disable=hidden) as bar:
        yield Progress(bar, name, epochs, total, images)


def in_notebook() -> bool:
    """Return whether what goes to stderr is shown in a notebook, which is no terminal."""
    return type(sys.stderr).__module__.startswith("ipykernel")
