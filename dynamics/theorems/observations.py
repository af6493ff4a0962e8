"""The ten observations of Tian, Chen and Ganguli (2021), Table 4, and one, each computed anew."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dynamics.flows.base import bracket
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.flows.isotropic import SymmetrisedFlow
from dynamics.solvers.integrate import integrate
from dynamics.theorems.basin import basin_edges, critical_start, survives

Finding = tuple[bool, str]


@dataclass(frozen=True)
class Observation:
    """A statement of the paper, and what a sweep says of it."""

    number: int
    """1 to 10; 11 is the collapse of symmetric W_p without EMA (Tables 3 and 5)."""
    statement: str
    holds: bool
    evidence: str


def observe() -> list[Observation]:
    """Compute the table; some seconds."""
    return list(each_observation())


def each_observation() -> Iterator[Observation]:
    """Compute the table row by row."""
    for number, (statement, sweep) in enumerate(OBSERVATIONS.items(), 1):
        yield Observation(number, statement, *sweep())


def _basin() -> Finding:
    edges = [basin_edges(EigenmodeFlow(eta=0.05, alpha_p=a), 0.01)[0] for a in (1, 2, 4)]
    return edges[0] > edges[1] > edges[2], f"least p(0) at s(0) = 0.01: {_shown(edges)} for 1, 2, 4"


def _slow_growth() -> Finding:
    finals = []
    for alpha_p in (1, 4, 16):
        run = integrate(EigenmodeFlow(alpha_p=alpha_p), (0.1, 0.02), [0, 400])
        finals.append(float(run["correlation_eigenvalue"][-1, 0]))
    return finals[0] > finals[1] > finals[2], f"final s: {_shown(finals)} for alpha_p 1, 4, 16"


def _forgets() -> Finding:
    spread = []
    for eta in (0.0, 0.05):
        run = integrate(EigenmodeFlow(eta=eta), (np.full(3, 0.3), [0.1, 0.4, 0.8]), [0, 400])
        spread.append(float(np.ptp(run["correlation_eigenvalue"].values[-1])))
    return spread[1] < 1e-6 < spread[0], f"spread of final s: {_shown(spread)} for eta 0, 0.05"


def _decay_traps() -> Finding:
    edges = [EigenmodeFlow(eta=eta).rest_points()[1].state[0] for eta in (0.02, 0.05, 0.15)]
    return edges[0] < edges[1] < edges[2], f"p_-: {_shown(edges)} for eta 0.02, 0.05, 0.15"


def _only_collapse() -> Finding:
    critical = float(EigenmodeFlow().critical_decay)
    p, s = np.meshgrid(np.linspace(0.05, 1.5, 20), np.linspace(0.02, 1, 20))
    flows = (EigenmodeFlow(eta=f * critical) for f in (0.95, 1.05))
    alive = [float(survives(flow, p, s).mean()) for flow in flows]
    return alive[0] > 0 == alive[1], f"share alive: {_shown(alive)} at 0.95 and 1.05 eta*"


def _rate(**parameters: float) -> float:
    # The least kappa_j along a trajectory that starts small.
    flow = EigenmodeFlow(**parameters)
    state = (0.15, 0.05, 0.0)[: len(flow.variables)]
    run = integrate(flow, state, np.linspace(0, 60, 6001))
    parts = [run[name].values for name in flow.variables]
    return float(flow.mode_alignment_rate(*parts).min())


def _aligned_by_rate() -> Finding:
    least = [_rate(eta=0.01, alpha_p=a) for a in (1, 4, 16)]
    return least[0] < least[1] < least[2], f"least kappa: {_shown(least)} for alpha_p 1, 4, 16"


def _aligned_by_decay() -> Finding:
    least = [_rate(eta=eta) for eta in (0.0, 0.02, 0.05)]
    return least[0] < least[1] < least[2], f"least kappa: {_shown(least)} for eta 0, 0.02, 0.05"


def _curriculum() -> Finding:
    least = [_rate(eta=0.01, beta=beta) for beta in (0.02, 0.4, 10)]
    return least[0] > least[1] > least[2], f"least kappa: {_shown(least)} for beta 0.02, 0.4, 10"


def _slow_ema() -> Finding:
    goal = 0.9 * EigenmodeFlow(eta=0.05).rest_points()[2].state[0]
    times = []
    for beta in (0.04, 0.4, 4.0):
        flow = EigenmodeFlow(eta=0.05, beta=beta)
        found = integrate(
            flow, (0.2, 0.04, 1.0), [0, 400], events={"up": lambda t, p, s, tau: p - goal}
        )
        times.append(found.attrs["events"]["up"][0])
    return times[0] > times[1] > times[2], f"time to 0.9 p_+: {_shown(times)} for beta .04, .4, 4"


def _small_tau_traps() -> Finding:
    least = [critical_start(EigenmodeFlow(eta=0.05, beta=beta)) for beta in (0.04, 0.1, 1.0)]
    return least[0] > least[1] > least[2], f"least p(0): {_shown(least)} for beta .04, .1, 1"


def _symmetric_collapse() -> Finding:
    # Without EMA and with little decay K is indefinite: misalignment grows. Does F then die?
    rng = np.random.default_rng(0)
    W = 0.1 * rng.standard_normal((10, 10)) / np.sqrt(10)
    M = rng.standard_normal((10, 10)) / np.sqrt(10)
    run = integrate(SymmetrisedFlow(eta=0.01), (W, 0.2 * M @ M.T), np.linspace(0, 400, 2001))
    F, P = run["cross_correlation"].values, run["predictor"].values
    size = np.linalg.norm(bracket(F, P), axis=(1, 2))
    alive = int((np.linalg.eigvalsh(F[-1]) > 0.1).sum())
    growth = float(size.max() / size[0])
    return alive <= 5, f"|[F, W_p]| grows {growth:.1f}-fold, then decays; {alive} of 10 modes live"


def _shown(values: list[float]) -> str:
    return ", ".join(f"{value:.3g}" for value in values)


OBSERVATIONS: dict[str, Callable[[], Finding]] = {
    "a larger alpha_p shrinks the basin of collapse": _basin,
    "too large an alpha_p keeps s from growing": _slow_growth,
    "decay makes s forget its start": _forgets,
    "a larger decay moves p_- to the right": _decay_traps,
    "above eta* = tau^2/(4k) there is only collapse": _only_collapse,
    "a larger alpha_p keeps modes aligned": _aligned_by_rate,
    "a larger decay keeps modes aligned": _aligned_by_decay,
    "EMA is a curriculum: it keeps modes aligned": _curriculum,
    "a very slow EMA trains slowly": _slow_ema,
    "a small tau traps more modes": _small_tau_traps,
    "symmetric W_p without EMA collapses (Tables 3 and 5)": _symmetric_collapse,
}
