"""The background thread of a writer: data first, then the lengths that make them visible."""

import queue
import threading

from analysis.store.buffer import Block
from analysis.store.hierarchy import Store


class Publisher:
    """Write blocks and publish lengths, in the order they come, without holding up the caller.

    Parameters
    ----------
    store : Store
    durable : bool
        Wait for the disk at every publication.
    """

    def __init__(self, store: Store, durable: bool) -> None:
        self.error: BaseException | None = None
        """What went wrong; nothing is written after it."""
        self._store, self._durable = store, durable
        self._jobs: queue.Queue[tuple[list[Block], dict[str, int]] | None] = queue.Queue(maxsize=2)
        self._thread = threading.Thread(target=self._work, name="snapshots", daemon=True)
        self._thread.start()

    def put(self, blocks: list[Block], lengths: dict[str, int]) -> None:
        """Hand over; waits when the disk is two jobs behind."""
        self._jobs.put((blocks, lengths))

    def join(self) -> None:
        """Wait until everything handed over is published."""
        self._jobs.join()

    def stop(self) -> None:
        """Finish what was handed over, and end the thread. Stopping twice is fine."""
        if self._thread.is_alive():
            self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            blocks, lengths = job
            try:
                if self.error is None:
                    self._store.commit(blocks, lengths, durable=self._durable)
            except BaseException as error:  # kept for the caller, who must hear of it
                self.error = error
            finally:
                self._jobs.task_done()
        self._jobs.task_done()
