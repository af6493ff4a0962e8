"""Writing a run while it happens: buffered, in the background, complete at every moment."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from numpy.typing import ArrayLike

from analysis.checks.fields import checked
from analysis.checks.paths import path_of
from analysis.store.address import refuse_address
from analysis.store.evaluations import canonical_json, data_name, evaluation_rows
from analysis.store.lock import DisplacedError, RunLock
from analysis.store.rows import check_variable_attrs, one_row
from analysis.store.schema import FEATURES, NETWORKS
from analysis.store.session import Session


class SnapshotWriter:
    """Append snapshots to a run that anyone may read meanwhile, and nobody else write.

    Rows are buffered to whole chunks and written by a background thread; a length is published only
    after its data. After a kill at any instruction, the store opens and holds complete rows only.

    Parameters
    ----------
    path : path
        The store to make, usually ``RUN/snapshots.zarr``.
    attrs : mapping, optional
        What the run is: plain JSON values, kept in the root's attributes.
    variable_attrs : mapping of str to mapping, optional
        Attributes of single variables beside their labels, for instance
        ``{"predictor": {"kind": "product"}}``; those of metrics by ``"metrics/loss"``. A metric
        that the schema does not have is declared so: ``{"metrics/entropy": {"units": "nats"}}``.
    resume_after : int, optional
        Continue an existing store after this step; later rows are dropped at once.
    flush_seconds : float
        The longest time a row waits in memory while further rows come in.
    durable : bool
        Also wait for the disk (fsync) at every publication: needed against power loss, not kills.
    lock : RunLock, optional
        Of the run, where the caller holds it; it stays held. Otherwise the writer holds the run,
        the store's folder or for ``RUN/snapshots.zarr`` RUN, until it is closed.

    Raises
    ------
    FileExistsError
        There is something at `path` and `resume_after` was not given.
    BlockingIOError
        Another writer has the store open.
    FileNotFoundError, ValueError
        `resume_after` was given and there is no such store, or it is damaged.
    ValueError
        Attributes are no plain JSON, or of a variable that is not in the schema; or another
        argument is of another kind, or out of its range.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        attrs: Mapping[str, Any] | None = None,
        variable_attrs: Mapping[str, Mapping[str, Any]] | None = None,
        resume_after: int | None = None,
        flush_seconds: float = 30.0,
        durable: bool = False,
        lock: RunLock | None = None,
    ) -> None:
        path_of("path", path)
        refuse_address(path)
        self.path = Path(path)
        canonical_json("attrs", {} if attrs is None else attrs)
        check_variable_attrs({} if variable_attrs is None else variable_attrs)
        checked("resume_after", resume_after, int | None)
        checked("flush_seconds", flush_seconds, float, {"least": 0})
        self._session = Session(
            self.path.absolute(),  # also when the working directory changes
            attrs=attrs,
            variable_attrs=variable_attrs,
            resume_after=resume_after,
            flush_seconds=flush_seconds,
            durable=durable,
            lock=lock,
        )

    @property
    def committed_step(self) -> int | None:
        """The last step that a reader can see, or None."""
        return self._session.committed_step

    def last_step(self, group: str = "") -> int | None:
        """Return the last step appended to a group (``"metrics"``, ``"evaluation"``), or None."""
        step = self._session.groups[group].last_step
        return step if step >= 0 else None

    def variables(self, group: str = "") -> frozenset[str]:
        """Return the names that a group holds: none before its first row."""
        return frozenset(self._session.groups[group].columns)

    def append(self, step: int, **values: ArrayLike) -> None:
        """Add one snapshot: `epoch`, `time` and any of the variables of `schema.SNAPSHOTS`.

        The first snapshot fixes which variables there are, with their shapes and dtypes. Values are
        copied before the call returns.

        Raises
        ------
        ValueError
            `step` does not rise, a name is not in the schema, or variables, shape or dtype differ
            from the first snapshot's.
        OSError
            Earlier rows could not be written, or the run was moved, replaced or removed.
        """
        self._session.extend(
            "", {name: one_row(name, v) for name, v in {"step": step, **values}.items()}
        )

    def append_metrics(self, step: ArrayLike, **columns: ArrayLike) -> None:
        """Add scalars of many steps at once: `step` and each column have one length."""
        self._session.extend("metrics", {"step": step, **columns})

    def append_evaluation(
        self,
        step: int,
        epoch: float,
        *,
        network: str = NETWORKS[0],
        features: str = FEATURES[0],
        options: Mapping[str, Any] | None = None,
        data: str | None = None,
        details: Mapping[str, Any] | None = None,
        **accuracies: float,
    ) -> None:
        """Add accuracies measured at `step` to the table of evaluations, a row each.

        Nothing is replaced: an evaluation made again is a row of its own, unless it came to the
        same in every column. Of rows with one protocol, network, features, options and data the
        last one counts.

        Parameters
        ----------
        step, epoch
            Of the network; not below those of the rows before.
        network, features : str
            Of `schema.NETWORKS`, `schema.FEATURES`.
        options : mapping, optional
            Every setting of the protocol; kept as JSON.
        data : str, optional
            What it was measured on; by default the fingerprint or name of the run's own data.
        details : mapping, optional
            What else is known: what the protocol chose, its other accuracies.
        **accuracies : float
            By name, ``knn_accuracy=0.5``: a share in [0, 1].

        Raises
        ------
        ValueError
            As `evaluation_rows`; or the step is below an earlier row's.
        OSError
            Earlier rows could not be written.
        """
        rows = evaluation_rows(
            step,
            epoch,
            accuracies,
            network=network,
            features=features,
            options=options,
            data=data_name(self._session.store.attrs) if data is None else data,
            details=details,
        )
        self._session.extend("evaluation", rows)

    def mark(self, **attrs: Any) -> None:
        """Add to what the store says of its run, plain JSON values; `flush` publishes it."""
        self._session.mark(attrs)

    def check(self) -> None:
        """Check that the run can be written, and is still where it was.

        Raises
        ------
        OSError
            Earlier rows could not be written, or the run was moved, replaced or removed.
        """
        self._session.check_alive()

    def flush(self) -> None:
        """Publish every row appended so far; returns when readers can see them."""
        self._session.flush()

    def close(self) -> None:
        """Publish the rest, mark the store closed, and let go of it.

        Closing twice is fine. A writer that an error or Ctrl-C left open, in a notebook say, holds
        its run until it is closed or the process ends; so does one interrupted in its closing.
        """
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            self.close()
        except OSError as last:
            # Never hide the error that ended the run, unless it is one of a run that was moved.
            moved = isinstance(last, DisplacedError) and isinstance(error, OSError | ValueError)
            if error is None or (moved and not isinstance(error, DisplacedError)):
                raise
