"""``python -m trainers`` in processes that need no second to start."""

import multiprocessing
import os
import signal
import sys
from pathlib import Path

# A server that has imported what a training needs, and forks one in milliseconds.
server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["trainers.training.loop", "trainers.evaluation.evaluate"])


class Command:
    """A command that has begun.

    Parameters
    ----------
    arguments : strings
    said : path
        Where its output goes.
    barrier : Barrier, optional
        Of `server`: passed before the command is run.
    """

    def __init__(self, arguments, said: Path, barrier=None) -> None:
        self.said = said
        words = [str(word) for word in arguments]
        self.process = server.Process(target=_run, args=(words, said, barrier))
        self.process.start()

    @property
    def is_over(self) -> bool:
        return self.process.exitcode is not None

    def kill(self) -> None:
        """Kill it, wherever it is."""
        self.process.kill()
        self.process.join()

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its exit code and all it said."""
        self.process.join()
        said = self.said.read_text()
        assert "Traceback" not in said, said
        return self.process.exitcode, said


def _run(arguments, said, barrier) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C at all of them ends it without a trace
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    import torch

    import analysis.figures.run_overview
    from trainers.commands.main import main

    torch.set_num_threads(1)
    analysis.figures.run_overview.draw_run = lambda run: run  # takes longer than the run
    if barrier is not None:
        barrier.wait()
    sys.exit(main(arguments))
