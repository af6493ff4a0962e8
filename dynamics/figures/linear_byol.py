"""The data of the theory figures of Tian, Chen and Ganguli (2021), arXiv:2102.06810."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from dynamics.flows.base import bracket
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.flows.isotropic import IsotropicFlow, SymmetrisedFlow
from dynamics.flows.linear import LinearFlow
from dynamics.flows.singular_values import ScalarFlow
from dynamics.solvers.integrate import integrate
from dynamics.theorems.parabola import speed
from dynamics.theorems.phase_plane import phase_portrait
from dynamics.theorems.sweeps import trajectories

TIME = {"long_name": "gradient-flow time", "symbol": "$t$"}
STEP = 0.01  # the paper's learning rate alpha, of its figures along steps


def phase_portraits() -> list[xr.Dataset]:
    """Return Fig. 3: the (p, s) plane without decay, with a little, and with too much."""
    return [phase_portrait(EigenmodeFlow(eta=eta)) for eta in (0.0, 0.01, 1.0)]


def parabola_speeds() -> list[xr.DataArray]:
    """Return Fig. 4: dp/dt on the parabola, without decay, with weak, and with strong decay."""
    p = np.linspace(-0.2, 1.0, 400)
    out = []
    for eta in (0.0, 0.1, 0.3):
        flow = EigenmodeFlow(eta=eta)
        attrs = {"eta": eta, "rest": [point.state[0] for point in flow.rest_points()]}
        coords = {"predictor_eigenvalue": p}
        out.append(xr.DataArray(speed(flow, p), coords, list(coords), attrs=attrs))
    return out


def mode_trajectories() -> list[xr.Dataset]:
    """Return Fig. 5: a sweep of eta, and one of beta, with kappa_j, p_j, s_j, tau_j over steps.

    alpha = 0.01, so that beta = 0.4 is an EMA momentum of 0.996, and eta = 0.04 the paper's
    weight decay of 4e-4; W_a(0) = 0.
    """
    times = np.linspace(0, 60, 601)
    flow, start = EigenmodeFlow(eta=0.04, beta=0.4), (0.25, 0.09, 0.0)
    sweeps = (("eta", (0.0, 0.01, 0.04, 0.1)), ("beta", (0.04, 0.1, 0.4, 4.0)))
    runs = [trajectories(flow, name, values, times, start) for name, values in sweeps]
    return [run.rename(time="step").assign_coords(step=times / STEP) for run in runs]


def target_correlations(seeds: int = 10) -> list[xr.DataArray]:
    """Return Fig. 7: the cosine of W_a with W over time, for several EMA rates and decays."""
    times = np.linspace(0, 30, 121)
    out = []
    for eta in (0.0, 0.01, 0.1):
        rows = []
        for beta in (0.04, 0.1, 0.4, 2.0):
            flow = LinearFlow(X=np.eye(10), Xp=0.03**2 * np.eye(10), eta=eta, beta=beta)
            series = []
            for seed in range(seeds):
                rng = np.random.default_rng(seed)
                W, Wp = (rng.standard_normal((10, 10)) / np.sqrt(10) for _ in range(2))
                run = integrate(flow, (W, Wp, np.zeros_like(W)), times)
                W, Wa = run["encoder"].values, run["target"].values
                inner = (W * Wa).sum((1, 2))
                norms = np.linalg.norm(W, axis=(1, 2)) * np.linalg.norm(Wa, axis=(1, 2))
                with np.errstate(invalid="ignore"):
                    series.append(inner / norms)
            rows.append(series)
        coords = {"beta": [0.04, 0.1, 0.4, 2.0], "seed": np.arange(seeds), "time": times}
        out.append(
            xr.DataArray(np.array(rows), coords, ["beta", "seed", "time"], attrs={"eta": eta})
        )
    return out


def symmetry_norms(seed: int = 0) -> list[xr.Dataset]:
    """Return Fig. 8: the norms of the symmetric and antisymmetric part of W_p over time."""
    rng = np.random.default_rng(seed)
    Wp = rng.standard_normal((10, 10)) / np.sqrt(10)
    times = np.linspace(0, 40, 161)
    out = []
    for eta in (0.001, 0.01, 0.05):
        runs = []
        for tau in (0.2, 0.5, 1.0):
            # F starts tied to W_pᵀ W_p: a balance C of 0.
            flow = IsotropicFlow(eta=eta, tau=tau)
            run = integrate(flow, (Wp, Wp.T @ Wp), times)
            P = run["predictor"].values
            A, B = (P + P.swapaxes(1, 2)) / 2, (P - P.swapaxes(1, 2)) / 2
            norms = {n: ("time", np.linalg.norm(M, axis=(1, 2))) for n, M in (("A", A), ("B", B))}
            runs.append(xr.Dataset(norms, {"time": ("time", times, TIME)}))
        dim = xr.DataArray([0.2, 0.5, 1.0], dims="tau", name="tau")
        out.append(xr.concat(runs, dim=dim).assign_attrs(eta=eta))
    return out


def commutators(seed: int = 0) -> list[xr.DataArray]:
    """Return Fig. 9: the norm of [F, W_p] over time under the symmetrised flow.

    From a small F and W_p, where K is negative for large tau and small decay.
    """
    rng = np.random.default_rng(seed)
    W = 0.1 * rng.standard_normal((10, 10)) / np.sqrt(10)
    M = rng.standard_normal((10, 10)) / np.sqrt(10)
    times = np.linspace(0, 60, 301)
    out = []
    for eta in (0.0, 0.02, 0.05):
        rows = []
        for tau in (0.2, 0.5, 1.0):
            run = integrate(SymmetrisedFlow(eta=eta, tau=tau), (W, 0.2 * M @ M.T), times)
            L = bracket(run["cross_correlation"].values, run["predictor"].values)
            rows.append(np.linalg.norm(L, axis=(1, 2)))
        coords = {"tau": [0.2, 0.5, 1.0], "time": ("time", times, TIME)}
        out.append(xr.DataArray(np.array(rows), coords, ["tau", "time"], attrs={"eta": eta}))
    return out


def scalar_fields() -> list[xr.Dataset]:
    r"""Return Fig. 10: fields of (w, w_p) at w_a = 1, of w = w_p with w_a, and without predictor.

    Each has what its picture needs beside the field: the lines on which it, or one part of it,
    stands still, and its rest points by their stability. With lambda_s = 1, lambda_d = 1/2 and
    alpha_p = beta = 1, derived: :math:`w_p w = w_a \lambda_d/\lambda_s`; a saddle at 0; tied, a
    stable point at 1/2 beside 0, where linearisation does not decide.
    """
    flow = ScalarFlow()
    axis, x = np.linspace(-2, 2, 21), np.linspace(-2, 2, 400)  # none at 0
    grid, up = np.meshgrid(axis, axis)
    one = np.ones_like(grid)
    held, tied, free = (flow(0.0, grid, *rest) for rest in ((up, one), (grid, up), (one, up)))
    ratio = float(flow.cross / flow.same)
    return [
        _field(
            "target held, $w_a = 1$",
            ("$w$", "$w_p$"),
            (axis, held[0], held[1]),
            {"both": (x, np.where(abs(x) > ratio / 2, ratio / x, np.nan))},
            [(0.0, 0.0, "saddle")],
        ),
        _field(
            "tied, $w_p = w$",
            ("$w$", "$w_a$"),
            (axis, tied[0], tied[2]),
            {"across": (x, x**2 / ratio), "up": (x, x)},
            [(0.0, 0.0, "neutral"), (ratio, ratio, "stable")],
        ),
        _field(
            "no predictor, $w_p = 1$",
            ("$w$", "$w_a$"),
            (axis, free[0], free[2]),
            {"across": (x, x / ratio), "up": (x, x)},
            [(0.0, 0.0, "stable")],
        ),
    ]


def _field(
    title: str,
    symbols: tuple[str, str],
    field: tuple[np.ndarray, np.ndarray, np.ndarray],
    still: Mapping[str, tuple[np.ndarray, np.ndarray]],
    rest: Sequence[tuple[float, float, str]],
) -> xr.Dataset:
    axis, across, up = field
    x, y = ("x", axis, {"symbol": symbols[0]}), ("y", axis, {"symbol": symbols[1]})
    places = zip(*rest, strict=True)
    return xr.Dataset(
        {
            "across": (("y", "x"), across),
            "up": (("y", "x"), up),
            "still_x": (("still", "point"), [line[0] for line in still.values()]),
            "still_y": (("still", "point"), [line[1] for line in still.values()]),
            **{f"rest_{name}": ("rest", list(next(places))) for name in ("x", "y", "stability")},
        },
        {"x": x, "y": y, "still": list(still)},
        {"title": title},
    )
