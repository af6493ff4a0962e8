"""How noisy the gradients of a run were, in a measure that its norms do not change."""

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from analysis.checks.fields import checked
from dynamics.experiment.flow_parameters import FlowParameters
from dynamics.experiment.stored_flow import stored_flow
from dynamics.flows.base import check_parameters

NEEDED, BUFFER = ("predictor_grad_norm", "grad_norm"), "predictor_buffer_norm"


@dataclass(frozen=True, kw_only=True)
class GradientNoise:
    r"""The squared noise of the gradients of J under a cosine, times the squared norms.

    .. math:: \nu_p = \|W_p\|^2 \operatorname{E} \|\xi_p\|^2, \quad
        \nu = \operatorname{tr} F \operatorname{E} \|\xi\|^2, \qquad g = \bar g + \xi

    of W_p and of the encoder. A cosine's gradient falls as one over the norm, so that these stay
    where norms grow. They go as one over the batch size.

    Parameters
    ----------
    predictor, encoder : float
        nu_p and nu, 0 or more.

    Raises
    ------
    ValueError
        One is negative or not finite.

    Examples
    --------
    >>> from dynamics import FlowParameters
    >>> parameters = FlowParameters.from_optimiser(lr=0.03, momentum=0.9, factor=4, decay=4e-4)
    >>> round(GradientNoise(predictor=0.0045, encoder=0.009).rest_norm(parameters), 2)
    5.2
    """

    predictor: float = 0.0
    encoder: float = 0.0

    def __post_init__(self) -> None:
        check_parameters(self, (), ("predictor", "encoder"))

    @classmethod
    def from_run(cls, run: xr.DataTree) -> "GradientNoise":
        r"""Return that of a run's second half, where the gradient of the start has gone.

        What is left of the mean gradient, as W is driven about, is taken out by the momentum's
        buffer v: about rest it has :math:`\|v\|^2 = \|\xi\|^2 / (1 - \mu^2)`, whatever the mean
        does. The share of noise in the predictor's gradient that this says is the encoder's too.

        Parameters
        ----------
        run : DataTree
            As `open_run` returns it: of trainers, with a learned W_p of one layer.

        Raises
        ------
        ValueError
            The run has no norms of gradients, or none after its first snapshot.
        """
        checked("run", run, xr.DataTree)
        snapshots = run.to_dataset()
        metrics = run.children.get("metrics", xr.DataTree()).to_dataset(inherit=False)
        if missing := [name for name in NEEDED if name not in metrics]:
            raise ValueError(
                f"the run lacks {', '.join(missing)}: runs of trainers with a learned W_p of one "
                "layer have them"
            )
        at, steps = snapshots["step"].values, metrics["metrics_step"].values
        late = steps > (at[0] + at[-1]) / 2
        if not late.any():
            raise ValueError(f"norms of gradients end at step {steps[-1]}, snapshots at {at[-1]}")
        known = stored_flow(snapshots)
        factor = known.get("loss", {}).get("factor", 1.0)
        own, whole = (metrics[name].values[late].astype(float) / factor for name in NEEDED)
        W, F = (
            snapshots[name].transpose("step", "row", "col").values.astype(float)
            for name in ("predictor", "cross_correlation")
        )
        sizes = (W**2).sum((1, 2)), np.trace(F, axis1=1, axis2=2)
        of_p, of_w = (np.interp(steps[late], at, size) for size in sizes)
        rest, share = np.maximum(whole**2 - own**2, 0.0), 1.0
        if BUFFER in metrics and own.any():
            buffer = metrics[BUFFER].values[late].astype(float) / factor
            momentum = known.get("optimiser", {}).get("momentum", 0.0)
            share = min(1.0, (1 - momentum**2) * float((buffer**2).mean() / (own**2).mean()))
        squares = float((of_p * own**2).mean()), float((of_w * rest).mean())
        return cls(predictor=share * squares[0], encoder=share * squares[1])

    def rest_norm(self, parameters: FlowParameters) -> float:
        r"""Return the :math:`\|W_p\|^2` at which steps add what decay takes away.

        .. math:: \frac{d \|W_p\|^2}{dt} = -2 \eta_p \|W_p\|^2 + \alpha_p^2\, dt \left(
            \operatorname{E} \|\xi_p\|^2 + \frac{1 + \mu}{1 - \mu} \|\bar g_p\|^2 \right)
            \quad\Rightarrow\quad \|W_p\|^2 = \alpha_p \sqrt{dt\, \nu_p / (2 \eta_p)}

        where dt, the flow time of a step, has the momentum mu in it. It follows from
        `norm_recursion`: with <W_p, g> = 0 a step adds
        :math:`\alpha^2 \tfrac{1 + \mu}{1 - \mu} \operatorname{E} \|v\|^2`, and the buffer v has
        :math:`\|\xi\|^2 / (1 - \mu^2) + \|\bar g\|^2 / (1 - \mu)^2` of noise and of a gradient that
        lasts. At rest the mean gradient is 0, and without decay there is none: infinite.
        """
        decay, grown = parameters.eta_p, parameters.dt * self.predictor
        if not decay:
            return math.inf if grown else 0.0
        return parameters.alpha_p * math.sqrt(grown / (2 * decay))
