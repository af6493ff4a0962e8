"""One network that learns: online network, target, predictor, optimiser, and a step of them."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from trainers.config import Config
from trainers.networks import Network, build_encoder, build_projector
from trainers.predictors import DirectPredictor, LearnedPredictor
from trainers.targets import DetachedTarget, EMATarget


@dataclass(frozen=True)
class Step:
    """What one step leaves behind: features z, predictions q, targets t (batch, d) and the loss."""

    z: tuple[Tensor, Tensor]
    q: tuple[Tensor, Tensor]
    t: tuple[Tensor, Tensor]
    loss: Tensor
    grad_norm: Tensor


class Learner:
    """The state that training changes.

    Parameters
    ----------
    config : Config
    shape : tuple of int
        Shape of one input: ``(3, h, w)`` or ``(n,)``.
    device : torch.device

    Raises
    ------
    ValueError
        The encoder does not fit the data.
    """

    online: Network
    target: EMATarget | DetachedTarget
    predictor: LearnedPredictor | DirectPredictor

    def __init__(self, config: Config, shape: tuple[int, ...], device: torch.device) -> None:
        # Built on the CPU, so that one seed means one start on every device.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            encoder, features = build_encoder(str(config.encoder), int(config.width or 0), shape)
            projector, self.d = build_projector(
                features,
                int(config.projector_layers or 0),
                config.projector_hidden,
                config.projector_out,
            )
            predictor = config.method.predictor.build(self.d)
        self.online = Network(encoder, projector).to(device)
        self.predictor = predictor.to(device)
        self.target = config.method.target.build(self.online).to(device)
        self.loss = config.method.loss
        self.parts: dict[str, nn.Module] = {
            "online": self.online,
            "target": self.target,
            "predictor": self.predictor,
        }
        self.parameters = [
            weight
            for part in (self.online, self.predictor)
            for weight in part.parameters()
            if weight.requires_grad
        ]
        self.optimiser = torch.optim.SGD(
            self.parameters,
            lr=config.lr,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
        )

    def look(self, x1: Tensor, x2: Tensor) -> Step:
        """Run both views through every network in training mode; nothing is learned.

        The views pass separately, so that each has batch statistics of its own.
        """
        z = self.online(x1), self.online(x2)
        q = self.predictor(z[0]), self.predictor(z[1])
        t = self.target(x1, z[0]), self.target(x2, z[1])
        loss = self.loss(q[0], t[1], q[1], t[0])
        return Step(z, q, t, loss, torch.zeros(()))

    def learn(self, step: int, x1: Tensor, x2: Tensor) -> Step:
        """Take optimiser step number `step`: gradient, then target, then the rule for W_p."""
        seen = self.look(x1, x2)
        self.optimiser.zero_grad(set_to_none=True)
        seen.loss.backward()
        gradients = [weight.grad for weight in self.parameters if weight.grad is not None]
        norm = torch.stack(torch._foreach_norm(gradients)).norm()
        self.optimiser.step()
        self.target.update(self.online)
        z = seen.z[0].detach(), seen.z[1].detach()
        self.predictor.after_step(step, *z)
        q = seen.q[0].detach(), seen.q[1].detach()
        return Step(z, q, seen.t, seen.loss.detach(), norm)

    def state_dict(self) -> dict[str, Any]:
        """Return everything a further step depends on."""
        states = {name: part.state_dict() for name, part in self.parts.items()}
        return states | {"optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        self.optimiser.load_state_dict(state["optimiser"])
