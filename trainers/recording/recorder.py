"""Recording anyone's training: hooks see what passes the predictor, whatever calls it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor, nn

from analysis.checks.numbers import check_count
from analysis.store.schema import COORDINATES
from trainers import ranks
from trainers.recording.flow import Flow, recorded_flow
from trainers.recording.flow_time import FlowTime
from trainers.recording.layers import Layer, layer_weights
from trainers.recording.moments import feature_std
from trainers.recording.passes import Passes
from trainers.recording.predictor_matrix import predictor_matrix
from trainers.recording.record import EMPTY, Record, check_place, stands_at
from trainers.recording.views import Batch, by_batch
from trainers.say import say

RESERVED = COORDINATES.keys() | {"learning_rate", "feature_std"}


class Recorder:
    r"""Write the snapshots of a training loop of your own.

    Hooks on the predictor see its input z and output q; their moments are summed on the device they
    are on. Every `every` steps a snapshot of W_p and of the means since the last one goes to
    ``RUN/snapshots.zarr``, which all of `analysis` reads. Nothing waits for the device in between.
    Under ``torch.distributed`` every process makes one: sums go over all, rank 0 writes.

    Parameters
    ----------
    run : path
        The run's directory, made at the first step.
    predictor : Module
        From d features to d. W_p is its weight, or the product of its linear layers where it is a
        chain of them (biases, batch norm and ReLU left out), or else the least-squares fit
        :math:`E[q z^\top] E[z z^\top]^{+}`; the store says which.
    optimizer : torch.optim.Optimizer, optional
        For the learning rate, and for gradient-flow time where it is SGD.
    every : int
        Steps between snapshots; the first and the last step have one, too.
    views : int
        Passes through the predictor for each sample: 2 for the two views of an image. Several
        batches, of an accumulated gradient, may go before one `step`.
    stacked : bool
        All views pass in one call, one behind the other along the batch.
    targets : Module, optional
        Whose outputs are the targets, in the order of the views: the projector of a target network.
    matrix : function of the predictor, optional
        Returns W_p (d, d) as a tensor, in place of the rule above.
    loss_factor : float
        c of a loss that is c times the theory's J; see `trainers.Cosine`. For the time.
    steps_per_epoch : int, optional
        For the coordinate `epoch`.
    layers : sequence of Module, (str, Module) or (str, Tensor)
        Whose weights' singular values are kept, by their names: ``[encoder]`` is all its matrices.
    flow : mapping, optional
        What the store says to the theory, for `dynamics.compare`, beside what the optimizer tells:
        ``{"loss": {"kind": "cosine"}, "target": {"ema": 0.996}}``.
    attrs : mapping, optional
        What the store says of the run; ``method`` and ``data`` name it in figures.
    resume : bool
        Continue the run that is there: from `load_state_dict`, or else after its last snapshot.

    Raises
    ------
    FileExistsError, FileNotFoundError, ValueError
        There is a run already, or none to resume; a value is out of its range.

    Examples
    --------
    >>> import tempfile
    >>> from analysis import open_snapshots
    >>> encoder, predictor = torch.nn.Linear(6, 4), torch.nn.Linear(4, 4)
    >>> sgd = torch.optim.SGD([*encoder.parameters(), *predictor.parameters()], lr=0.1)
    >>> run = tempfile.mkdtemp() + "/mine"
    >>> with Recorder(run, predictor, optimizer=sgd, every=2) as recorder:
    ...     for _ in range(4):
    ...         z1, z2 = encoder(torch.randn(32, 6)), encoder(torch.randn(32, 6))
    ...         pairs = (predictor(z1), z2), (predictor(z2), z1)
    ...         loss = sum((q - t.detach()).square().mean() for q, t in pairs)
    ...         sgd.zero_grad(); loss.backward(); sgd.step()
    ...         recorder.step(loss=loss)
    >>> snapshots = open_snapshots(run)
    >>> snapshots.step.values, snapshots.time.values.round(6)
    (array([1, 2, 4]), array([0.1, 0.2, 0.4]))
    """

    def __init__(
        self,
        run: str | Path,
        predictor: nn.Module,
        *,
        optimizer: torch.optim.Optimizer | None = None,
        every: int = 10,
        views: int = 2,
        stacked: bool = False,
        targets: nn.Module | None = None,
        matrix: Callable[[nn.Module], Tensor] | None = None,
        loss_factor: float = 1.0,
        steps_per_epoch: int | None = None,
        layers: Iterable[Layer] = (),
        flow: Flow | None = None,
        attrs: Mapping[str, Any] | None = None,
        resume: bool = False,
    ) -> None:
        self.run = Path(run)
        if not isinstance(predictor, nn.Module):
            raise ValueError(f"predictor is {type(predictor).__name__}; a torch module wanted")
        check_count("every", every)
        check_count("views", views)
        check_count("steps_per_epoch", 1 if steps_per_epoch is None else steps_per_epoch)
        if ranks.writes():
            check_place(self.run, resume)
        self.steps = 0  # recorded so far
        self._every, self._views, self._stacked = every, views, stacked
        self._per_epoch, self._resume = steps_per_epoch, resume
        self._kind, self._matrix = predictor_matrix(predictor, matrix)
        self._weights = layer_weights(layers)
        self._time = FlowTime(optimizer, predictor, loss_factor)
        self._attrs = recorded_flow(self._time, predictor, flow) | dict(attrs or {})
        self._passes = Passes(predictor, "the predictor")
        self._targets = targets and Passes(targets, "the module of targets", any_mode=True)
        self._record: Record | None = None  # made at the first step, which shows d
        self._state: Mapping[str, Any] | None = None
        self._snapshots_to, self._closed = 0, False

    def step(
        self,
        *,
        loss: Tensor | float | None = None,
        targets: Sequence[Tensor] | None = None,
        **metrics: Tensor | float,
    ) -> None:
        """Take in one step of the optimiser: all that passed the predictor since the last call.

        Parameters
        ----------
        loss, **metrics : number or tensor of one
            Kept at every step, in the group `metrics`; the same names at every step.
        targets : sequence of tensor (batch, d), optional
            One for each pass, where no module was given to hook.

        Raises
        ------
        ValueError
            The predictor did not run as often as there are views, or shapes do not fit.
        FloatingPointError
            Loss or features are not finite; ``attrs["diverged_at"]`` of the store says since when.
        OSError
            The run could not be written.
        """
        if self._closed:
            raise ValueError(f"the recorder of {self.run} is closed; resume=True continues the run")
        for name in metrics.keys() & RESERVED:
            raise ValueError(f"metric {name!r} is recorded anyway; give yours another name")
        passes = self._passes.take()
        if self._targets and targets is None:
            targets = [output for _, output in self._targets.take()]
        batches = by_batch(passes, targets, self._views, stacked=self._stacked)
        record = self._record or self._begin(batches[0], [*metrics])
        if (d := batches[0].z[0].shape[-1]) != record.d:
            raise ValueError(f"the run has {record.d} features, and now {d} passed the predictor")
        self.steps += 1
        self._time.step()
        own: dict[str, Tensor | float] = {"feature_std": feature_std(batches[0].z[0])}
        given = {"loss": loss, "learning_rate": self._time.rate}
        own |= {name: value for name, value in given.items() if value is not None}
        record.add(self.steps, batches, own | metrics)
        if self.steps == 1 or self.steps % self._every == 0:
            self._snapshot(record)

    def _begin(self, batch: Batch, metrics: Sequence[str]) -> Record:
        state = stands_at(self.run, self._state, self._resume, [*self._weights])
        self.steps = self._snapshots_to = state["step"]
        self._time.passed = state["time"]
        both = ["cross_correlation"] + ["target_correlation"] * (batch.t is not None)
        names = ["correlation", "prediction_correlation"] + both * (self._views > 1)
        z = batch.z[0]
        self._record = record = Record(
            self.run,
            z.shape[-1],
            z.device,
            moments=names,
            attrs=self._attrs,
            kind=self._kind,
            metrics=metrics,
            resume_after=self.steps if self._resume else None,
            weights=self._weights,
        )
        if "moments" in state:
            record.moments.load_state_dict(state["moments"])
        if ranks.writes():
            say(f"{self.run}: {record.d} features, W_p is the {self._kind} of the predictor")
        return record

    def _snapshot(self, record: Record) -> None:
        coordinates = {"time": self._time.passed} if self._time.known else {}
        if self._per_epoch is not None:
            coordinates["epoch"] = self.steps / self._per_epoch
        record.snapshot(self.steps, coordinates, self._matrix)
        self._snapshots_to = self.steps

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint of yours keeps; the store then holds all up to this step."""
        if (record := self._record) is None:
            return dict(self._state or EMPTY)
        if not self._closed:
            record.flush()
        moments = record.moments.state_dict()
        return {"step": self.steps, "time": self._time.passed, "moments": moments}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state` was taken: before the first step, with ``resume=True``.

        Raises
        ------
        ValueError
            Steps were recorded already, or ``resume`` was not said.
        """
        if self._record is not None or not self._resume:
            raise ValueError("load_state_dict comes before the first step, and wants resume=True")
        self._state = dict(state)

    def close(self, *, complete: bool = True) -> None:
        """Write the last snapshot if `complete`, let go of the store and take the hooks away."""
        closed, self._closed = self._closed, True
        for hook in (self._passes, self._targets):
            if hook:
                hook.remove()
        if closed or self._record is None:
            return
        try:
            if complete and self.steps > self._snapshots_to:
                self._snapshot(self._record)
        finally:
            self._record.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close(complete=error is None)
