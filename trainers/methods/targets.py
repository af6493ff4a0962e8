"""Where targets come from: a slow copy of the online network, or the network itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.checks.fields import check_fields
from trainers.options import option

if TYPE_CHECKING:
    from trainers.methods.target_modules import EMATarget, OwnTarget
    from trainers.networks.network import Network


@dataclass(frozen=True)
class EMA:
    r"""A target network that follows the online one, BYOL's.

    .. math:: W_a \leftarrow m \, W_a + (1 - m) \, W

    after every optimiser step, over parameters only unless `buffers` adds the BN statistics: the
    target runs on batch statistics either way. It starts as a copy. With m = 0 it gives the run of
    `StopGradient`, at the price of its forward passes. With `final`, m rises along half a cosine:
    :math:`m_k = m_K - (m_K - m_0) (1 + \cos(\pi k / K)) / 2` at step k of K.

    References
    ----------
    Grill et al. (2020), arXiv:2006.07733, Eq. 1 and section 3.3.
    """

    momentum: float = option(
        0.996, "weight of the old target parameters, in [0, 1]", least=0, most=1
    )
    final: float | None = option(
        None, "momentum at the end, on a cosine (default: constant)", least=0, most=1
    )
    buffers: bool = option(False, "average BN statistics too")

    def __post_init__(self) -> None:
        check_fields(self, "target")

    def momentum_at(self, progress: float) -> float:
        """Return m where `progress` in (0, 1] of the run's steps are done."""
        if self.final is None:
            return self.momentum
        return self.final - (self.final - self.momentum) * (1 + math.cos(math.pi * progress)) / 2

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        return {"stop_gradient": True, "ema": self.momentum, "scheduled": self.final is not None}

    def build(self, online: Network) -> EMATarget:
        """Make the target network of `online`."""
        from trainers.methods.target_modules import EMATarget

        return EMATarget(online, self.momentum_at, buffers=self.buffers)


@dataclass(frozen=True)
class StopGradient:
    """The online network's own output behind a stop-gradient, SimSiam's: one forward pass less.

    References
    ----------
    Chen, He (2020), arXiv:2011.10566, section 3.
    """

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        return {"stop_gradient": True, "ema": None, "scheduled": False}

    def build(self, online: Network) -> OwnTarget:
        """Make the target of `online`."""
        from trainers.methods.target_modules import OwnTarget

        return OwnTarget(detach=True)


@dataclass(frozen=True)
class Attached:
    """The online network's own output, gradient and all: no stop-gradient, the theory's collapse.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Theorem 2.
    """

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        return {"stop_gradient": False, "ema": None, "scheduled": False}

    def build(self, online: Network) -> OwnTarget:
        """Make the target of `online`."""
        from trainers.methods.target_modules import OwnTarget

        return OwnTarget(detach=False)
