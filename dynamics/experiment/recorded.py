"""Spectra that were recorded and that the Euclidean flow leaves open: what the cosine flow says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from analysis.measures.power_law import fit_power_law
from analysis.store.examples import open_example
from dynamics.experiment.compare import NAMES, compare
from dynamics.experiment.flow_parameters import FlowParameters
from dynamics.flows.cosine import CosineFlow
from dynamics.flows.tied import TiedCosineFlow
from dynamics.solvers.integrate import integrate

LIVES = 1e-3  # s over the largest: the count of the records
Finding = tuple[bool, str]


@dataclass(frozen=True)
class Explanation:
    """An observation of recorded spectra, and what the cosine flow says of it."""

    statement: str
    explained: bool
    evidence: str


def each_explanation() -> Iterator[Explanation]:
    """Compute the table row by row: runs that ship, and starts drawn at random."""
    for statement, sweep in RECORDED.items():
        yield Explanation(statement, *sweep())


def exponent(p: np.ndarray, s: np.ndarray) -> float:
    """Return a of p ~ s^a over the modes (mode) of positive p that live."""
    modes = (xr.DataArray(values, dims="mode") for values in (p, s))
    return fit_power_law(*modes, floor=LIVES * float(s.max())).exponent


def _flattens() -> Finding:
    measured, cosine, euclidean = _exponents("byol-linear", 20)
    near = abs(cosine[-1] - measured[-1]) < 0.1 < abs(euclidean[-1] - measured[-1])
    return near, _of_exponents(measured, cosine, euclidean)


def _two_layers() -> Finding:
    measured, cosine, euclidean = _exponents("byol", 20)
    near = abs(cosine[-1] - measured[-1]) < 0.1
    return near, _of_exponents(measured, cosine, euclidean)


def _tied() -> Finding:
    # From balance, on the way to one p and one s of all modes.
    s = np.geomspace(0.05, 1.0, 32)
    kept = []
    for flow, p in ((CosineFlow(), np.sqrt(s)), (TiedCosineFlow(), s)):
        end = integrate(flow, (p, s), [0.0, 4.0]).isel(step=-1)
        kept.append(exponent(*(end[name].values for name in NAMES)))
    words = f"from balance a stays {kept[0]:.2f} of one layer, {kept[1]:.2f} of two tied ones; "
    return kept[0] > 0.5 + 1e-3, words + "recorded 0.59 to 0.67"


def _anti_aligned() -> Finding:
    run = open_example("simsiam").load().isel(step=slice(60, None))
    both = compare(run)
    p, s = (both[name].sel(source="measured").values[:, 0] for name in NAMES)
    start = (both[name].sel(source="measured").values[0] for name in NAMES)
    flow, lasts = FlowParameters.from_run(run).cosine(), float(np.ptp(run["time"].values))
    way = integrate(flow, tuple(start), [0.0, 20.0], events={"up": lambda t, p, s: p[0]})
    up = way.attrs["events"]["up"][0]
    words = f"p_1 = {p[0]:.2f} (s_1 = {s[0]:.1f}) at epoch {float(run['epoch'][0]):.0f} comes to "
    words += f"{p[-1]:.2f} in a time of {lasts:.0f}; the flow has it above 0 after {up:.2f}"
    return up > lasts, words


def _stays() -> Finding:
    rng = np.random.default_rng(0)
    p, s = 0.1 * rng.standard_normal(128), np.geomspace(1, 1e-3, 128)
    counts = []
    for eta in (0.0, 0.001):
        run = integrate(CosineFlow(eta=eta), (p, s), [0, 10, 100, 500])
        counts.append([_count(s) for s in run[NAMES[1]].values])
    end = _count(CosineFlow().rest(p, s)[1])
    words = " and ".join(", ".join(map(str, row)) for row in counts)
    return counts[0][-1] == counts[1][
        -1
    ] == end, f"{words} at t = 0, 10, 100, 500 (decay 0, 0.001), at rest {end}"


def _comes_early() -> Finding:
    run = open_example("byol-linear").load()
    s = compare(run, start=0)[NAMES[1]]
    at = [0, 5, 10, 20, 79]
    counts = [[_count(s.sel(source=x).values[i]) for i in at] for x in ("measured", "predicted")]
    epochs = ", ".join(f"{x:.2g}" for x in run["epoch"].values[at])
    words = "; flow ".join(", ".join(map(str, row)) for row in counts)
    return counts[1][2] <= counts[0][2], f"modes at epoch {epochs}: {words}"


def _exponents(name: str, start: int) -> list[list[float]]:
    run = open_example(name).load()
    of = {loss: compare(run, start=start, loss=loss) for loss in ("cosine", "euclidean")}
    ways = [("cosine", "measured"), ("cosine", "predicted"), ("euclidean", "predicted")]
    return [
        [
            exponent(*(of[loss][name].sel(source=source).values[i] for name in NAMES))
            for i in (start, (start + run.sizes["step"]) // 2, -1)
        ]
        for loss, source in ways
    ]


def _of_exponents(measured: list[float], cosine: list[float], euclidean: list[float]) -> str:
    course = ", ".join(f"{x:.2f}" for x in measured)
    return f"a = {course} (epochs 0.7, 4.9, 20); at the end cosine {cosine[-1]:.2f}, Euclidean " + (
        f"{euclidean[-1]:.2f}"
    )


def _count(s: np.ndarray) -> int:
    return int((s > LIVES * np.nanmax(s)).sum())  # NaN is a mode below all numbers


RECORDED: dict[str, Callable[[], Finding]] = {
    "p ~ s^a has a below 1/2, and falls (one layer)": _flattens,
    "p ~ s^a has a below 1/2, and falls (two layers)": _two_layers,
    "a is above 1/2 where two layers are tied": _tied,
    "one leading mode is anti-aligned, p_1 < 0 (two layers)": _anti_aligned,
    "the number of living modes stays": _stays,
    "it falls within the first epoch": _comes_early,
}
