"""From the device to the store: scalars and snapshots, gathered where the network is."""

import time
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from analysis.store.reader import SnapshotWriter
from trainers.methods.predictor_modules import IdentityPredictor, LearnedPredictor
from trainers.methods.set_predictor import ClosedForm
from trainers.methods.target_modules import EMATarget, OwnTarget
from trainers.networks.network import Network
from trainers.optimisation.optimiser import Optimiser
from trainers.optimisation.schedule import Schedule
from trainers.recording.moments import Moments
from trainers.recording.step import Step
from trainers.runs.divergence import Diverged

SCALARS = ("loss", "tau", "feature_std", "grad_norm")
FINITE = {  # or the run has diverged; in a row of the ring `SCALARS` come first
    "loss": "the loss",
    "grad_norm": "the norm of the gradient",
    "features": "the norm of features, predictions and targets",
    "weights": "the largest weight or batch statistic",
}
ROW = (*SCALARS, "features", "weights")
RING = 256  # steps of scalars kept on the device before they are fetched at once


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
        Snapshots hold the linear layer that ends the online network.
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
        self._ring = torch.zeros(RING, len(ROW), device=device)
        self._steps: list[int] = []
        self._clock = time.perf_counter()

    @torch.no_grad()
    def observe(self, step: int, seen: Step) -> None:
        """Take in a step; nothing leaves the device."""
        self.moments.add(seen)
        learner = self.learner
        z = torch.nn.functional.normalize(seen.z[0].float(), dim=1)
        tau = learner.target.tau(learner.online)
        features = torch.stack(torch._foreach_norm([*seen.z, *seen.q, *seen.t])).norm()
        # The largest and not the norm, whose square would overflow long before a weight does.
        weights = torch.stack(torch._foreach_norm(learner.state, torch.inf)).max()
        scalars = [seen.loss, tau, z.std(0).mean(), seen.grad_norm, features, weights]
        self._ring[len(self._steps)] = torch.stack(scalars)
        self._steps.append(step)
        if len(self._steps) == RING:
            self.fetch()

    def fetch(self) -> None:
        """Bring the scalars to the host and hand them to the writer.

        Raises
        ------
        Diverged
            One of `FINITE` is not; rows up to that step, it included, were handed over.
        """
        if not self._steps:
            return
        rows = self._ring[: len(self._steps)].cpu().numpy()
        finite = {name: np.isfinite(rows[:, ROW.index(name)]) for name in FINITE}
        whole = np.all([*finite.values()], axis=0)
        broken = None if whole.all() else int(np.argmin(whole))
        if broken is not None:
            rows, self._steps = rows[: broken + 1], self._steps[: broken + 1]
        columns = dict(zip(ROW, rows.T, strict=True))
        now = time.perf_counter()
        speed = self._images * len(self._steps) / (now - self._clock)
        steps, self._steps, self._clock = self._steps, [], now
        self.writer.append_metrics(
            step=steps,
            **{name: columns[name] for name in SCALARS},
            learning_rate=[self._lr * self.learner.schedule[step] for step in steps],
            images_per_second=[speed] * len(steps),
        )
        self.loss = float(columns["loss"][-1])
        if broken is not None:
            name = next(name for name in FINITE if not finite[name][broken])
            raise Diverged(steps[-1], f"{FINITE[name]} is {columns[name][-1]}")

    @torch.no_grad()
    def snapshot(self, step: int, epoch: float, flow_time: float) -> None:
        """Write W_p and the head as they are, and the moments since the last snapshot.

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
        self.writer.append(step=step, epoch=epoch, time=flow_time, **host, **self.moments.take())

    def state_dict(self) -> dict[str, Any]:
        """Return the moments since the last snapshot: a checkpoint need not fall on one."""
        return {"sums": self.moments.sums, "pairs": self.moments.pairs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        for name, total in state["sums"].items():
            self.moments.sums[name].copy_(total)
        self.moments.pairs = state["pairs"]
