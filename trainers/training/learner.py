"""One network that learns: online network, target, predictor, optimiser, and a step of them."""

import copy
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from trainers import ranks
from trainers.config import Config
from trainers.methods.predictor_modules import IdentityPredictor, LearnedPredictor
from trainers.methods.set_predictor import ClosedForm
from trainers.methods.target_modules import EMATarget, OwnTarget
from trainers.networks.compiled import can_compile, compile_encoder
from trainers.networks.precision import computing, full
from trainers.networks.synced_norm import leave_alone
from trainers.networks.two_views import BATCH_NORMS, Pair
from trainers.optimisation.optimiser import Optimiser
from trainers.optimisation.schedule import Schedule
from trainers.randomness import seeded
from trainers.recording.step import Step, whole
from trainers.runs.network import build_network
from trainers.runs.own_parts import own_parts


class Learner:
    """The state that training changes.

    Parameters
    ----------
    config : Config
    shape : tuple of int
        Shape of one input: ``(3, h, w)`` or ``(n,)``.
    device : torch.device
    steps_per_epoch : int
        What schedules are laid out over.
    before : sequence of (int, int)
        As `Schedule` takes it.

    Raises
    ------
    ValueError
        The encoder does not fit the data, the warm-up not the run, or there is no head to record.
    """

    target: EMATarget | OwnTarget
    predictor: LearnedPredictor | ClosedForm | IdentityPredictor

    def __init__(
        self,
        config: Config,
        shape: tuple[int, ...],
        device: torch.device,
        steps_per_epoch: int = 1,
        before: Sequence[tuple[int, int]] = (),
    ) -> None:
        # Built on the CPU, so that one seed means one start on every device.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.online, self.d = build_network(config, shape)
            predictor = config.method.predictor.build(self.d)
        if config.record_head and self.online.head is None:
            raise ValueError(
                f"record-head: no linear layer ends {config.resolved.encoder} with "
                f"--projector-layers {config.resolved.projector_layers}; use 1 or more"
            )
        self.precision, self.accumulate = config.precision, config.accumulate
        self._seed = config.seed if own_parts(config) else None  # ours draw nothing
        self.alone = False
        """Whether no other process takes part in a look."""
        self.both, prepare = BATCH_NORMS[config.batch_norm]
        for network in (self.online, predictor):
            prepare(network)
        self.online = self.online.to(device)
        self.predictor = predictor.to(device)
        self.target = config.method.target.build(self.online).to(device)
        if config.compile and can_compile(device):
            for network in {self.online, self.target.network or self.online}:
                compile_encoder(network.encoder, device)
        self.loss = config.method.loss
        self.parts: dict[str, nn.Module] = {
            "online": self.online,
            "target": self.target,
            "predictor": self.predictor,
        }
        self.state = [
            values
            for part in (self.online, self.predictor)
            for values in (*part.parameters(), *part.buffers())
            if values.is_floating_point()
        ]
        """What a step changes: weights, batch statistics and what sets W_p."""
        self.schedule = Schedule(
            config.schedule,
            steps_per_epoch * config.epochs,
            round(steps_per_epoch * config.warmup),
            before,
        )
        self.optimiser = Optimiser(
            {
                "encoder": self.online.encoder,
                "projector": self.online.projector,
                "predictor": self.predictor,
            },
            config.rates,
            momentum=config.momentum,
            decoupled=config.decay == "decoupled",
            decay_biases=config.decay_biases,
            fixed=("predictor",) if config.fix_predictor_lr else (),
            trust=config.trust if config.optimiser == "lars" else None,
        )

    def split(self, x1: Tensor, x2: Tensor) -> list[Pair]:  # (batch, ...) x 2
        """Return the parts in which two views pass.

        Raises
        ------
        ValueError
            They would not be of one size.
        """
        if len(x1) % self.accumulate:
            raise ValueError(
                f"{len(x1)} images are a process's share, in {self.accumulate} parts (accumulate); "
                "a multiple wanted"
            )
        return [*zip(x1.chunk(self.accumulate), x2.chunk(self.accumulate), strict=True)]

    def look(self, x1: Tensor, x2: Tensor, step: int = 0) -> Step:
        """Run both views through every network in training mode; nothing is learned.

        Where several processes train, `x1` and `x2` are this one's share, and what is seen is all.
        """
        with computing(self.precision, x1.device):
            z = self.both(self.online, (x1, x2))
            q = self.both(self.predictor, z)
            t = self.target((x1, x2), z, self.both)
        z, q, t = full(z), full(q), full(t)
        if not self.alone:
            z, q, t = ((ranks.gathered(a), ranks.gathered(b)) for a, b in (z, q, t))
        return Step(z, q, t, self.loss.at(step)(z, q, t), torch.zeros(()))

    def learn(self, step: int, x1: Tensor, x2: Tensor) -> Step:
        """Take optimiser step number `step`: gradient, then target, then the rule for W_p.

        In parts, gradients add up, and what comes after them is of the whole batch.
        """
        self.optimiser.clear()
        parts = []
        with self.drawing(step):
            for part in self.split(x1, x2):
                seen = self.look(*part, step)
                (seen.loss / self.accumulate).backward()
                parts.append(seen.detached())
        ranks.add_gradients(self.optimiser.parameters)
        gradients = [w.grad for w in self.optimiser.parameters if w.grad is not None]
        norm = torch.stack(torch._foreach_norm(gradients)).norm()
        self.optimiser.step(self.schedule[step])
        self.target.update(self.online, self.schedule.progress(step))
        learned = whole(parts, norm)
        self.predictor.after_step(step, learned.z, learned.t)
        return learned

    def drawing(self, step: int) -> AbstractContextManager[None]:
        """Let what a user's parts draw from torch's generators be that of a step: their dropout."""
        if self._seed is None:
            return nullcontext()
        device = self.optimiser.parameters[0].device
        return seeded(self._seed, step, device, part=ranks.number())

    def by_itself(self) -> "Learner":
        """Return a copy in which no other process takes part; its batch statistics are its own."""
        copied = copy.deepcopy(self)
        copied.alone = True
        for part in copied.parts.values():
            leave_alone(part)
        return copied

    def state_dict(self) -> dict[str, Any]:
        """Return everything a further step depends on."""
        states = {name: part.state_dict() for name, part in self.parts.items()}
        return states | {"optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        self.optimiser.load_state_dict(state["optimiser"])
