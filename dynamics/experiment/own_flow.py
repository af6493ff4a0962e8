"""The flow of modes that a run follows: by its loss, its predictor's rule, target and rates."""

import numpy as np
import xarray as xr

from analysis.checks.fields import shown
from analysis.checks.numbers import check_numbers
from analysis.linalg.labelled import check_run
from dynamics.experiment.flow_parameters import FlowParameters
from dynamics.experiment.stored_flow import stored_flow
from dynamics.flows.cosine import CosineFlow
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.flows.set_predictor import ClosedFormFlow, rule_of

Modes = EigenmodeFlow | CosineFlow | ClosedFormFlow


def own_flow(run: xr.Dataset, loss: str | None = None) -> Modes:
    r"""Return the flow of a run's modes, the eigenvectors u_j of its last cross-view F.

    A Euclidean loss is `EigenmodeFlow`, exact for linear networks on isotropic data whose modes are
    aligned from the start; a cosine `CosineFlow`, a mean field; a W_p that is set, under either,
    `ClosedFormFlow`.

    Parameters
    ----------
    run : Dataset (step, row, col)
        With `correlation` and `cross_correlation`, and what `FlowParameters.from_run` reads.
    loss : {"cosine", "euclidean"}, optional
        Where it is not to be the run's own: the same rates, rule and k_j under another loss.

    Returns
    -------
    EigenmodeFlow, CosineFlow or ClosedFormFlow
        With the :math:`k_j = u_j^\top F_{same} u_j / s_j` of each mode that the run ends with, the
        largest s_j first; that of the traces for a mode without a positive s_j. 1 at least.

    Raises
    ------
    ValueError
        There is no such loss, the run ends with a correlation that is not finite, or as for
        `FlowParameters.from_run`.
    """
    check_run(run, "correlation", "cross_correlation")
    if loss not in (None, "cosine", "euclidean"):
        raise ValueError(f"loss is {shown(loss)}; cosine or euclidean wanted")
    found, known, sigma2 = FlowParameters.from_run(run), stored_flow(run), _noise(run)
    rule, own = rule_of(known.get("predictor", {})), known.get("loss", {})
    cosine = (loss or own.get("kind")) == "cosine"
    if rule is None:
        return found.cosine(sigma2) if cosine else found.eigenmodes(sigma2)
    rest = {"eta": found.eta, "beta": found.beta, "iso": own.get("iso", False)}
    return ClosedFormFlow(rule=rule, same=1 + sigma2, cosine=cosine, **rest)


def _noise(run: xr.Dataset) -> np.ndarray:
    # sigma2 of each mode, (mode,)
    last = run[["correlation", "cross_correlation"]].isel(step=-1).compute()
    same, F = (
        check_numbers(f"the run's last {name}", M.transpose("row", "col").values)
        for name, M in last.items()
    )
    s, U = np.linalg.eigh((F + F.T) / 2)
    s, U = s[::-1], U[:, ::-1]
    values = np.einsum("ij,ik,kj->j", U, same, U)
    of_all = values.sum() / s.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.maximum(np.where(s > 0, values / s, of_all) - 1, 0.0)
