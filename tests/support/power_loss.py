"""A disk that may lose what nobody waited for: every operation on files, and states after a loss.

Renames, new folders and removals are entries of a folder: until that folder was waited for
(fsync), each of them may be on the disk or not, whatever came before or after it. What a file holds
may be lost until the file itself was waited for: it is there then, and empty, or cut off.
"""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.store import atomic


class Disk:
    """What is done to the files of a folder while it is used.

    Attributes
    ----------
    operations : list of (kind, path, content, waited)
        `set`, `folder`, `gone` and `sync`, in their order; of `set` the content of the file, and
        whether it was waited for before it got its name.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder.resolve()
        self.operations: list[tuple[str, Path, bytes, bool]] = []
        self._waited: set[Path] = set()
        replace, unlink, mkdir, rmdir = os.replace, os.unlink, os.mkdir, os.rmdir
        fsync = atomic.fsync

        def replacing(a: Any, b: Any, **options: Any) -> None:
            source, target = self._real(a), self._real(b)
            content, waited = Path(a).read_bytes(), source in self._waited
            replace(a, b, **options)
            self._note("set", target, content, waited)

        def unlinking(path: Any, **options: Any) -> None:
            real = self._real(path)
            unlink(path, **options)
            if not real.name.endswith(".partial"):
                self._note("gone", real)

        def making(path: Any, *args: Any, **options: Any) -> None:
            mkdir(path, *args, **options)
            self._note("folder", self._real(path))

        def removing(path: Any, **options: Any) -> None:
            real = self._real(path)
            rmdir(path, **options)
            self._note("gone", real)

        def waiting(path: Any) -> None:
            fsync(path)
            real = Path(os.path.realpath(path))
            if real.is_dir():
                self._note("sync", real)
            else:
                self._waited.add(real)

        for name, function in {
            "replace": replacing,
            "unlink": unlinking,
            "remove": unlinking,
            "mkdir": making,
            "rmdir": removing,
        }.items():
            monkeypatch.setattr(os, name, function)
        monkeypatch.setattr(atomic, "fsync", waiting)

    def _real(self, path: Any) -> Path:
        # The writer names its folder by a descriptor of it.
        return Path(os.path.realpath(os.path.dirname(path)), os.path.basename(path))

    def _note(self, kind: str, path: Path, content: bytes = b"", waited: bool = False) -> None:
        if self.folder in (path, *path.parents):
            self.operations.append((kind, path, content, waited))

    def states(self, rng: random.Random, number: int) -> Iterator[tuple[int, dict[Path, Any]]]:
        """Yield `number` moments and what the disk may hold after a loss then: None is a folder."""
        for _ in range(number):
            moment = rng.randrange(1, len(self.operations) + 1)
            yield moment, self.after_loss(moment, rng)

    def after_loss(self, moment: int, rng: random.Random) -> dict[Path, Any]:
        """Return what the disk holds if the power goes after so many operations."""
        done = self.operations[:moment]
        last = {path: i for i, (kind, path, _, _) in enumerate(done) if kind == "sync"}
        share = rng.choice([0.0, 0.5, 0.5, 0.5, 1.0])  # of what was not waited for
        held: dict[Path, Any] = {}
        for i, (kind, path, content, waited) in enumerate(done):
            safe = i < last.get(path.parent, -1)
            if kind == "sync" or not (safe or rng.random() < share):
                continue
            if kind == "gone":
                held.pop(path, None)
            elif kind == "folder":
                held[path] = None
            else:
                kept = content if waited else content[: rng.choice([0, len(content) // 2, None])]
                held[path] = kept
        return held

    def restore(self, held: dict[Path, Any], to: Path) -> Path:
        """Write such a state into a folder; what lies in folders that are not there is lost."""
        shutil.rmtree(to, ignore_errors=True)
        to.mkdir()
        for path in sorted(held):
            place = to / path.relative_to(self.folder)
            if place.parent.is_dir():
                place.mkdir() if held[path] is None else place.write_bytes(held[path])
        return to
