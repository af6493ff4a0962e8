"""From the settings of an optimiser to the parameters of a flow, and back."""

from dataclasses import dataclass

import xarray as xr

from analysis.checks.fields import checked
from analysis.checks.numbers import check_numbers
from analysis.linalg.labelled import check_run
from analysis.store.schema import FLOW
from dynamics.experiment.stored_flow import stored_flow
from dynamics.flows.base import Numbers, check_parameters
from dynamics.flows.cosine import CosineFlow
from dynamics.flows.eigenmodes import EigenmodeFlow


@dataclass(frozen=True, kw_only=True)
class FlowParameters:
    r"""What SGD with momentum does in gradient-flow time.

    For a loss c times the theory's J, rates a and a_p of encoder and predictor, momentum mu, weight
    decays w and w_p, and EMA momentum gamma:

    .. math::
        dt = \frac{c a}{1 - \mu}, \quad \alpha_p = \frac{a_p}{a}, \quad \eta = \frac{w}{c}, \quad
        \eta_p = \frac{\alpha_p w_p}{c}, \quad \beta = \frac{1 - \gamma}{dt}

    An optimiser multiplies a decay by its rate, the flow of Lemma 1 does not: raising the
    predictor's rate alone separates the decays, and the parabola becomes s = p². For the paper's
    flow w_p is to be w / alpha_p. Its own mapping, eta = w / a, is 33 times too large at a = 0.03.
    Decoupled decay, W multiplied by 1 - d each step, is eta = d / dt in both.

    References
    ----------
    Derived, and checked against SGD; Tian, Chen, Ganguli (2021), arXiv:2102.06810, has others.
    """

    dt: float
    """Flow time of an optimiser step."""
    alpha_p: float
    eta: float
    eta_p: float
    beta: float | None = None
    """None: the target is the online network (SimSiam). 0: it stands still."""

    def __post_init__(self) -> None:
        check_parameters(self, ("dt", "alpha_p"), ("eta", "eta_p", "beta"))

    @classmethod
    def from_optimiser(
        cls,
        *,
        lr: float,
        momentum: float = 0.0,
        decay: float = 0.0,
        predictor_lr: float | None = None,
        predictor_decay: float | None = None,
        ema: float | None = None,
        factor: float = 1.0,
        decoupled: bool = False,
    ) -> "FlowParameters":
        """Return the flow of an optimiser; what the predictor has of its own defaults to the rest.

        Raises
        ------
        ValueError
            A rate or the factor is not above 0, a decay negative, the momentum not in [0, 1), or
            that of the EMA not in [0, 1]; or one is not finite.
        """
        rate = lr if predictor_lr is None else predictor_lr
        own = decay if predictor_decay is None else predictor_decay
        for name, value in (("lr", lr), ("predictor_lr", rate), ("factor", factor)):
            check_numbers(name, value, above=0)
        for name, value in (("decay", decay), ("predictor_decay", own)):
            check_numbers(name, value, least=0)
        checked("momentum", momentum, float)
        checked("decoupled", decoupled, bool)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum is {momentum}; in [0, 1) wanted")
        if ema is not None:
            check_numbers("ema", ema, least=0, most=1)
        dt, alpha_p = factor * lr / (1 - momentum), rate / lr
        return cls(
            dt=dt,
            alpha_p=alpha_p,
            eta=decay / dt if decoupled else decay / factor,
            eta_p=own / dt if decoupled else alpha_p * own / factor,
            beta=None if ema is None else (1 - ema) / dt,
        )

    @classmethod
    def from_run(cls, run: xr.Dataset) -> "FlowParameters":
        """Return the flow of a stored run, by what its store says of the optimiser.

        The encoder's rate and decay stand for W. Of scheduled settings the first value is meant.

        Raises
        ------
        ValueError
            The store says nothing of it, or a number is out of its range.
        """
        check_run(run)
        known = stored_flow(run)
        optimiser = dict(known.get("optimiser", {}))
        if not optimiser:
            raise ValueError(
                f"the run has no {FLOW}, and no config in its attrs that names its rates; give "
                "FlowParameters by hand"
            )
        optimiser.pop("schedule", None)
        ema = known.get("target", {}).get("ema")  # of a stranger's loop it may not be known
        factor = known.get("loss", {}).get("factor", 1.0)
        return cls.from_optimiser(**optimiser, ema=ema, factor=factor)

    def to_optimiser(self, *, momentum: float = 0.0, factor: float = 1.0) -> dict[str, float]:
        """Return the coupled SGD settings of this flow: the inverse of `from_optimiser`.

        Keys are those of its arguments; ``ema`` is left out without an EMA.

        Raises
        ------
        ValueError
            `momentum` is not in [0, 1), or `factor` not above 0.
        """
        check_numbers("factor", factor, above=0)
        checked("momentum", momentum, float)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum is {momentum}; in [0, 1) wanted")
        lr = self.dt * (1 - momentum) / factor
        settings = {
            "lr": lr,
            "momentum": momentum,
            "decay": self.eta * factor,
            "predictor_lr": self.alpha_p * lr,
            "predictor_decay": self.eta_p * factor / self.alpha_p,
            "factor": factor,
        }
        return settings if self.beta is None else settings | {"ema": 1 - self.beta * self.dt}

    def cosine(self, sigma2: Numbers = 0.0) -> CosineFlow:
        """Return the flow of the modes of a learned W_p under a cosine loss."""
        return CosineFlow(
            alpha_p=self.alpha_p, sigma2=sigma2, eta=self.eta, eta_p=self.eta_p, beta=self.beta
        )

    def eigenmodes(self, sigma2: Numbers = 0.0, tau: float = 1.0) -> EigenmodeFlow:
        """Return the flow of the eigen-modes."""
        return EigenmodeFlow(
            alpha_p=self.alpha_p,
            sigma2=sigma2,
            eta=self.eta,
            eta_p=self.eta_p,
            tau=tau,
            beta=self.beta,
        )
