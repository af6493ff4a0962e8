"""A command of the command line in a process of its own, to be interrupted."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

# A server that has imported what training needs, and forks a process in milliseconds.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["trainers.training.loop", "trainers.commands.train"])


class Command:
    """A command that has begun; its output is in `log`."""

    def __init__(self, words: Sequence[str], log: Path) -> None:
        self.log = log
        ready, begun = processes.Pipe(duplex=False)
        self.process = processes.Process(target=_main, args=(list(words), log, begun))
        self.process.start()
        begun.close()
        assert ready.recv() == "begun"

    def signal(self, number: int) -> None:
        """Send a signal, if it is still there."""
        if self.process.is_alive():
            os.kill(self.process.pid, number)

    def end(self) -> tuple[int, str]:
        """Wait for its end, and return its exit code and what it said."""
        self.process.join()
        return self.process.exitcode, self.log.read_text()


def _main(words, log, begun) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C at all of them ends it without a trace
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    from analysis.commands.signals import interruptible
    from trainers.commands.main import main

    with interruptible() as around:  # before and behind the command: nothing is at stake there
        try:
            begun.send("begun")
            begun.close()
            code = main(words)
        except KeyboardInterrupt:
            print("interrupted")
            code = around.code
    sys.exit(code)
