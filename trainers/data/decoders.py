"""Processes that decode blocks of images; they end with the one that started them."""

import contextlib
import itertools
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from trainers.data import blocks
from trainers.data.blocks import Task, Written, write_block, written


class Decoder:
    """A process that does one task at a time.

    It reads tasks from a pipe, which closes with this process, however it ends.
    """

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", blocks.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # a Ctrl-C is for this process to hear
        )

    def do(self, task: Task) -> Written:
        """Do a task, and wait for its end.

        Raises
        ------
        OSError
            The block could not be written, or the process has ended.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        line = ""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{task.to_line()}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line.endswith("\n"):
            code = self.process.wait()
            raise OSError(
                f"a process that decodes images ended (exit code {code}), perhaps for want of "
                "memory; pack again, with fewer --workers: what is packed stays"
            )
        return written(line)

    def end(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        with self.process:  # closes the pipes, and waits
            pass


def write_blocks(tasks: Iterator[Task], workers: int) -> Iterator[tuple[Task, Written]]:
    """Do tasks, `workers` at a time, and yield each with what came of it, as they end.

    One worker is this process.

    Raises
    ------
    OSError
        As `Decoder.do`; of the other tasks, those that were yielded are done.
    """
    if workers < 2:
        for task in tasks:
            yield task, write_block(task)
        return
    every: list[Decoder] = []
    running: dict[Future[Written], tuple[Decoder, Task]] = {}
    with ThreadPoolExecutor(workers) as threads:
        try:
            for _ in range(workers):
                every.append(Decoder())
            free = list(every)
            while True:
                for task in itertools.islice(tasks, len(free)):
                    decoder = free.pop()
                    running[threads.submit(decoder.do, task)] = decoder, task
                if not running:
                    break
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    decoder, task = running.pop(done)
                    free.append(decoder)
                    yield task, done.result()
        finally:
            for decoder in every:
                decoder.end()
