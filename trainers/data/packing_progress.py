"""How far a packing is: a bar where somebody looks, a line a tenth where somebody will read."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from tqdm import tqdm

from trainers.say import say


class Progress:
    """What is shown on stderr while images are packed; see `showing`."""

    def __init__(self, bar: "tqdm[Any]", name: str, total: int) -> None:
        self._bar, self._name, self._total = bar, name, total
        self._begun, self._done, self._new = time.perf_counter(), 0, 0

    def kept(self, images: int) -> None:
        """Count images that were packed before."""
        self._done += images
        self._bar.update(images)

    def packed(self, images: int) -> None:
        """Count images that were packed now, and say so where there is no bar."""
        tenth = 10 * self._done // self._total
        self._done += images
        self._new += images
        self._bar.update(images)
        if self._bar.disable and 10 * self._done // self._total > tenth:
            rate = self._new / (time.perf_counter() - self._begun)
            left = timedelta(seconds=round((self._total - self._done) / rate))
            say(
                f"{self._name}: {self._done} of {self._total} images, {rate:.0f} images/s, {left} "
                "left"
            )


@contextmanager
def showing(name: str, total: int) -> Iterator[Progress]:
    """Show how many of `total` images are packed; where no terminal is, a line a tenth of them."""
    with tqdm(total=total, desc=f"packing {name}", unit="image", disable=None) as bar:
        yield Progress(bar, name, total)
