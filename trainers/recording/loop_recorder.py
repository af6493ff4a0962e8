"""From the device to the store: scalars and snapshots, gathered where the network is."""

import math
import time
from typing import Any, Protocol

import torch
from torch import Tensor

from analysis.store.reader import SnapshotWriter
from trainers.methods.predictor_modules import IdentityPredictor, LearnedPredictor
from trainers.methods.set_predictor import ClosedForm
from trainers.methods.target_modules import EMATarget, OwnTarget
from trainers.networks.network import Network
from trainers.optimisation.optimiser import Optimiser
from trainers.optimisation.schedule import Schedule
from trainers.recording.layer_norms import layer_norms
from trainers.recording.moments import Moments, feature_std
from trainers.recording.ring import Ring
from trainers.recording.step import Step
from trainers.runs.divergence import Diverged

SCALARS = ("loss", "tau", "feature_std", "grad_norm")
FINITE = {  # or the run has diverged
    "loss": "the loss",
    "grad_norm": "the norm of the gradient",
    "features": "the norm of features, predictions and targets",
    "weights": "the largest weight or batch statistic",
}
ROW = (*SCALARS, "features", "weights")


class Recorded(Protocol):
    """What learns, as far as its record needs it."""

    d: int
    """Size of the features."""
    online: Network
    target: EMATarget | OwnTarget
    predictor: LearnedPredictor | ClosedForm | IdentityPredictor
    state: list[Tensor]
    """What a step changes: all of it is looked at."""
    schedule: Schedule
    optimiser: Optimiser


class LoopRecorder:
    """Write a learner's snapshots and metrics.

    Parameters
    ----------
    writer : SnapshotWriter
    learner : Recorded
    device : torch.device
    images_per_step : int
        For the speed.
    head : bool
        Snapshots hold the linear layer that ends the online network, and metrics its norms.
    """

    def __init__(
        self,
        writer: SnapshotWriter,
        learner: Recorded,
        device: torch.device,
        images_per_step: int,
        *,
        head: bool = False,
    ) -> None:
        self.writer = writer
        self.learner = learner
        self.moments = Moments(learner.d, device)
        self.loss = float("nan")  # of the last step that was fetched
        self._images = images_per_step
        self._head = learner.online.head if head else None
        self._lr = learner.optimiser.sgd.param_groups[0]["rate"]
        held = writer.variables("metrics")
        self._layers = self._with_scale_laws()
        # A store that was begun without some of them goes on without.
        self._own = [name for name in self._norms() if not held or name in held]
        self._ring = Ring(device)
        self._clock = time.perf_counter()

    @torch.no_grad()
    def observe(self, step: int, seen: Step) -> None:
        """Take in a step; nothing leaves the device."""
        self.moments.add(seen.z, seen.q, seen.t)
        learner = self.learner
        tau = learner.target.tau(learner.online)
        features = torch.stack(torch._foreach_norm([*seen.z, *seen.q, *seen.t])).norm()
        # The largest and not the norm, whose square would overflow long before a weight does.
        weights = torch.stack(torch._foreach_norm(learner.state, torch.inf)).max()
        scalars = (seen.loss, tau, feature_std(seen.z[0]), seen.grad_norm, features, weights)
        row = dict(zip(ROW, scalars, strict=True))
        if self._own:
            row |= self._norms()
        self._ring.put(step, row)
        if self._ring.full:
            self.fetch()

    def _with_scale_laws(self) -> dict[str, Tensor]:
        # A learned predictor of one layer is W_p itself. LARS has other steps than these laws.
        predictor, layers = self.learner.predictor, {}
        if not isinstance(self.learner.optimiser.sgd, torch.optim.SGD):
            return {}
        if isinstance(predictor, LearnedPredictor) and len(predictor.weights) == 1:
            layers["predictor"] = predictor.weights[0]
        return layers if self._head is None else layers | {"head": self._head.weight}

    def _norms(self) -> dict[str, Tensor | float]:
        return layer_norms(self.learner.optimiser.sgd, self._layers)

    def fetch(self) -> None:
        """Bring the scalars to the host and hand them to the writer.

        Raises
        ------
        Diverged
            One of `FINITE` is not; rows up to that step, it included, were handed over.
        """
        if not self._ring.steps:
            return
        steps, columns, broken = self._ring.take(FINITE)
        now = time.perf_counter()
        speed, self._clock = self._images * len(steps) / (now - self._clock), now
        self.writer.append_metrics(
            step=steps,
            **{name: columns[name] for name in (*SCALARS, *self._own)},
            learning_rate=[self._lr * self.learner.schedule[step] for step in steps],
            images_per_second=[speed] * len(steps),
        )
        self.loss = float(columns["loss"][-1])
        if broken:
            raise Diverged(steps[-1], f"{FINITE[broken]} is {columns[broken][-1]}")

    @torch.no_grad()
    def snapshot(self, step: int, epoch: float, flow_time: float) -> None:
        """Write W_p and the head as they are, and the moments since the last snapshot.

        A time that is NaN is left out.

        Raises
        ------
        Diverged
            As `fetch`; nothing of this snapshot was written.
        """
        self.fetch()
        predictor = self.learner.predictor
        matrices = {"predictor": predictor.matrix()}
        if predictor.running_correlation is not None:
            matrices["running_correlation"] = predictor.running_correlation
        if self._head is not None:
            matrices["head"] = self._head.weight
            if self._head.bias is not None:
                matrices["head_bias"] = self._head.bias
        host = {name: matrix.float().cpu().numpy() for name, matrix in matrices.items()}
        clock = {} if math.isnan(flow_time) else {"time": flow_time}
        self.writer.append(step=step, epoch=epoch, **clock, **host, **self.moments.take())

    def state_dict(self) -> dict[str, Any]:
        """Return the moments since the last snapshot: a checkpoint need not fall on one."""
        return {"sums": self.moments.sums, "pairs": self.moments.rows["cross_correlation"]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        rows = {name: 2 * state["pairs"] for name in state["sums"]}
        rows["cross_correlation"] = state["pairs"]
        self.moments.load_state_dict({"sums": state["sums"], "rows": rows})
