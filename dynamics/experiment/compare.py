"""Theory and data: what the flow makes of a run's start, on the run's own axis of time."""

import numpy as np
import xarray as xr

from analysis.checks.fields import shown
from analysis.checks.numbers import check_count
from analysis.linalg.labelled import check_run
from analysis.store.schema import Variable
from dynamics.experiment.assumptions import broken_assumptions, caveat
from dynamics.experiment.deviations import deviations
from dynamics.experiment.flow_parameters import FlowParameters
from dynamics.experiment.own_flow import Modes, own_flow
from dynamics.flows.base import Flow
from dynamics.flows.cosine import CosineFlow
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.flows.set_predictor import ClosedFormFlow
from dynamics.flows.singular_values import ScalarFlow
from dynamics.solvers.integrate import integrate

NAMES = ("predictor_eigenvalue", "correlation_eigenvalue")
LABELS = {
    NAMES[0]: Variable("Rayleigh quotient of the predictor", symbol=r"$p_j = u_j^\top W_p u_j$"),
    NAMES[1]: Variable(
        "Rayleigh quotient of the cross-view correlation", symbol=r"$s_j = u_j^\top F u_j$"
    ),
}
BASIS = {"basis": "cross_correlation", "numbered": "by the last snapshot"}


def compare(
    run: xr.Dataset,
    theory: Modes | xr.Dataset | None = None,
    *,
    start: int = 0,
    loss: str | None = None,
) -> xr.Dataset:
    r"""Follow the modes of a run, and those of the theory from the same start.

    Modes are the eigenvectors u_j of the last cross-view correlation, the theory's F, held fixed:
    :math:`p_j = u_j^\top W_p u_j`, :math:`s_j = u_j^\top F u_j` and, where the run has targets,
    :math:`\tau_j = u_j^\top F_a u_j / s_j`: Rayleigh quotients, eigenvalues only where a matrix
    has those eigenvectors, as F has at the end. What is predicted follows the run's own loss and
    rule, by `own_flow`; on what its flow does not describe it shows how far that carries.

    Parameters
    ----------
    run : Dataset (step, row, col)
        With `predictor`, `correlation`, `cross_correlation` and the coordinate `time`.
    theory : EigenmodeFlow, CosineFlow, ClosedFormFlow or Dataset, optional
        A Dataset is what `integrate` returned of a matrix flow, say `LinearFlow`, or what
        `run_descent` did, the steps of the run: its matrices are seen in the same u_j, and read at
        the run's times, linearly between its own. By default `own_flow`.
    start : int
        The snapshot that the flow starts from.
    loss : {"cosine", "euclidean"}, optional
        Of the flow, where it is not to be the run's own: the same rates, rule and k_j under another
        loss. Not with `theory`.

    Returns
    -------
    Dataset (source, step, mode)
        `predictor_eigenvalue` and `correlation_eigenvalue`, for `source` "measured" and
        "predicted"; `parabola`, the s that p has at rest, :math:`(\eta_p/\eta)\, p^2/\alpha_p`,
        NaN where W_p is set or the loss a cosine;
        `survives` (source, mode), whether s ends above a hundredth of its largest value over all
        modes; `error` (variable), the root mean square of predicted less measured over steps and
        modes, relative to that of measured, "p" and "s". Steps before `start` are NaN in what is
        predicted. ``attrs["flow"]`` is the flow, ``attrs["errors"]`` the errors in words, and
        ``attrs["not_in_the_flow"]`` says which of its assumptions the run breaks.

    Raises
    ------
    ValueError
        The run or the theory lacks a variable, or the run its optimiser; it is not finite; or
        `start` is not one of its snapshots; there is no such loss, or a `theory` has one already.
    """
    check_run(run)
    if loss is not None and theory is not None:
        raise ValueError(f"loss is {shown(loss)}, and the theory has its own; none beside a theory")
    needed = ("predictor", "correlation", "cross_correlation", "time")
    if missing := [name for name in needed if name not in run and name not in run.coords]:
        raise ValueError(f"the run lacks {missing}; it has {sorted(map(str, run.variables))}")
    check_count("start", start, least=0, most=run.sizes["step"] - 1)
    F = run["cross_correlation"].transpose("step", "row", "col").values.astype(float)
    F = (F + F.swapaxes(-2, -1)) / 2
    W = run["predictor"].transpose("step", "row", "col").values.astype(float)
    for name, M in (("cross_correlation", F), ("predictor", W)):
        if bad := np.flatnonzero(~np.isfinite(M).all((1, 2))).tolist():
            raise ValueError(
                f"{name} is not finite at snapshot {bad[0]} of {len(M)}; compare what is before, "
                "by run.isel(step=slice(0, ...))"
            )
    U = np.linalg.eigh(F[-1])[1][:, ::-1]
    p, s = (np.einsum("ij,tik,kj->tj", U, M, U) for M in (W, F))
    times = run["time"].values[start:]
    by, unknown = "", ""
    kept: float | None = None
    if isinstance(theory, xr.Dataset):
        found, of_cosine = FlowParameters.from_run(run), theory.attrs.get("loss") == "cosine"
        flow: Modes = found.cosine() if of_cosine else found.eigenmodes()
        known, predicted = theory.attrs.get("flow", ""), _seen(theory, U, times)
        by, unknown = (theory.attrs.get(name, "") for name in ("method", "not_known"))
    else:
        flow = theory or own_flow(run, loss)
        begin, tau = np.maximum(s[start], 0.0), _tau(run, U, s[start], start)
        known = str(flow)
        followed = integrate(*_start(flow, p[start], begin, tau), times)
        predicted = [followed[name].values for name in NAMES]
        if isinstance(flow, CosineFlow):
            kept = float(flow.predictor_decay)  # a norm that its steps do not keep
    cosine = isinstance(flow, CosineFlow) or (isinstance(flow, ClosedFormFlow) and flow.cosine)
    broken = broken_assumptions(run, "cosine" if cosine else "euclidean")
    from_start = run.isel(step=slice(start, None))
    broken += deviations(from_start, mean_field=cosine, predictor_decay=kept)
    broken += [unknown] if unknown else []
    ahead = np.full((start, p.shape[1]), np.nan)
    pairs = zip((p, s), predicted, strict=True)
    sources = [[seen, np.concatenate([ahead, values])] for seen, values in pairs]
    out = xr.Dataset(
        {
            name: (("source", "step", "mode"), np.stack(pair), LABELS[name].attrs | BASIS)
            for name, pair in zip(NAMES, sources, strict=True)
        },
        {
            **{name: run[name] for name in ("step", "epoch", "time") if name in run.coords},
            "source": ["measured", "predicted"],
            "mode": np.arange(1, p.shape[1] + 1),
        },
        {**run.attrs, "flow": known, "not_in_the_flow": caveat(broken)},
    )
    curve = _ratio(flow) * out["predictor_eigenvalue"] ** 2
    last, error = out["correlation_eigenvalue"].isel(step=-1), _error(out)
    return out.assign(
        error=error,
        parabola=curve.assign_attrs(long_name="s of that p at rest", **BASIS),
        survives=last > 0.01 * last.max("mode"),
    ).assign_attrs(errors=f"{by or type(flow).__name__}: {_said(error)}")


def _start(
    flow: Modes, p: np.ndarray, s: np.ndarray, tau: np.ndarray
) -> tuple[Flow, tuple[np.ndarray, ...]]:
    # What to integrate, and from where.
    if isinstance(flow, ClosedFormFlow):
        w = np.sqrt(s / flow.cross)
        return flow, (w, tau * w)[: len(flow.variables)]
    if flow.beta is None:
        return flow, (p, s)
    w = np.sqrt(s)
    if isinstance(flow, CosineFlow):
        return flow, (w, p, tau * w)
    return ScalarFlow.of(flow), (w, p, tau * w)  # no pole where tau = w_a/w has one


def _ratio(flow: Modes) -> float:
    # s over p² at rest.
    if not isinstance(flow, EigenmodeFlow):
        return float("nan")
    ratio = flow.predictor_decay / flow.eta if flow.eta else 1.0
    return float(ratio / flow.alpha_p)


def _error(out: xr.Dataset) -> xr.DataArray:
    errors = []
    for name in NAMES:
        seen, said = (out[name].sel(source=source) for source in out["source"].values)
        there = said.notnull()
        size = float((seen.where(there) ** 2).mean())
        errors.append(np.sqrt(float(((said - seen) ** 2).mean()) / size) if size else np.nan)
    return xr.DataArray(errors, {"variable": ["p", "s"]}, attrs={"long_name": "relative error"})


def _said(error: xr.DataArray) -> str:
    parts = [
        f"of {name} {e:.2g}" if np.isfinite(e) else f"of {name} not defined: it is 0"
        for name, e in zip(error["variable"].values, error.values, strict=True)
    ]
    return f"relative error {', '.join(parts)}"


def _seen(theory: xr.Dataset, U: np.ndarray, times: np.ndarray) -> list[np.ndarray]:
    if missing := [name for name in ("predictor", "cross_correlation") if name not in theory]:
        raise ValueError(f"theory lacks {missing}; integrate a flow of matrices, as LinearFlow")
    own = theory["time"].values
    out = []
    for name in ("predictor", "cross_correlation"):
        M = theory[name].transpose("step", "row", "col").values
        values = np.einsum("ij,tik,kj->jt", U, M, U)
        out.append(np.stack([np.interp(times, own, v, np.nan, np.nan) for v in values], axis=1))
    return out


def _tau(run: xr.Dataset, U: np.ndarray, s: np.ndarray, start: int) -> np.ndarray:
    # 1 where nothing else is known: a target begins as a copy.
    if "target_correlation" not in run:
        return np.ones(U.shape[1])
    target = run["target_correlation"].transpose("step", "row", "col").values[start]
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = np.einsum("ij,ik,kj->j", U, target.astype(float), U) / s
    return np.where(np.isfinite(tau), tau, 1.0)
