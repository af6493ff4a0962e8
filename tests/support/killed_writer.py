"""A writer in a process of its own, to be killed."""

import multiprocessing
import os
import resource
import signal
from pathlib import Path

import numpy as np

from analysis.store.reader import SnapshotWriter

NEVER = 10**9
FRESH = -2
# A server that has imported all that a writer needs, and forks one in milliseconds.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["analysis.store.reader"])


class Child:
    """A writer that has begun.

    Parameters
    ----------
    after : int
        The step after which it resumes, or `FRESH`.
    snapshots : int
        How many there are to be in the end.
    noise_from : int
        From this step on matrices are no longer constant, and do not compress.
    largest : int, optional
        Bytes that a file may have: beyond, the kernel refuses, as when the disk is full.
    """

    def __init__(
        self,
        path: Path,
        d: int,
        after: int,
        snapshots: int = NEVER,
        noise_from: int = NEVER,
        largest: int | None = None,
    ) -> None:
        self.stderr = path.parent / "stderr.txt"
        ready, begun = processes.Pipe(duplex=False)
        numbers = (d, after, snapshots, noise_from)
        self.process = processes.Process(
            target=_write, args=(path, self.stderr, begun, numbers, largest)
        )
        self.process.start()
        begun.close()
        try:
            assert ready.recv() == "ready"
        except EOFError as error:
            raise AssertionError(self.end()[1]) from error

    def kill(self) -> None:
        """Kill it, wherever it is."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    def end(self) -> tuple[int, str]:
        """Wait for its end, and return its exit code and what it said on stderr."""
        self.process.join()
        return self.process.exitcode, self.stderr.read_text()


def _write(path, stderr, begun, numbers, largest) -> None:
    d, after, snapshots, noise_from = numbers
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    rng = np.random.default_rng(0)
    resume = {"resume_after": after} if after >= -1 else {}
    with SnapshotWriter(path, flush_seconds=0.05, **resume) as writer:
        begun.send("ready")
        for step in range(max(after, -1) + 1, min(snapshots, 10**5)):
            matrix = np.full((d, d), step, np.float32)
            if step >= noise_from:
                matrix += rng.normal(size=matrix.shape).astype(np.float32)
            writer.append(
                step=step,
                epoch=step / 10,
                time=step / 100,
                predictor=matrix,
                correlation=-matrix,
                samples=step,
            )
            writer.append_metrics(step=[step], loss=[step])
