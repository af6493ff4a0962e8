"""Processes that end with the one that started them, as far as that can be helped."""

import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path


class Ended(Exception):
    """Nothing is started any more."""


class Children:
    """The processes of a sweep; any thread may start one.

    Parameters
    ----------
    folder : path, optional
        Their working directory, if not this process's.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._running: set[subprocess.Popen[bytes]] = set()
        self._starting = threading.Lock()
        self._over = threading.Event()

    def run(self, command: Sequence[str], log: Path, env: Mapping[str, str]) -> int:
        """Run a command to its end, its output behind what the log holds; return its exit code.

        Raises
        ------
        Ended
            `end` was called, before it began or since.
        """
        with log.open("ab") as out:
            with self._starting:
                if self._over.is_set():
                    raise Ended
                child = subprocess.Popen(command, stdout=out, stderr=out, env=env, cwd=self._folder)
                self._running.add(child)
            code = child.wait()
        self._running.discard(child)
        self.pause(0)
        return code

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises
        ------
        Ended
            `end` was called meanwhile.
        """
        if self._over.wait(seconds):
            raise Ended

    def end(self) -> None:
        """Ask those that run to stop, as a scheduler does, and start no other."""
        with self._starting:
            self._over.set()
            for child in list(self._running):
                child.terminate()
