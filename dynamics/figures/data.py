"""The data of the papers' theory figures, by number; `analysis.figures.theory` draws them."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from dynamics.experiment.sgd import descend
from dynamics.flows.base import bracket
from dynamics.flows.eigenmodes import EigenmodeFlow
from dynamics.flows.isoloss import EIGEN_LOSSES, EigenvalueFlow
from dynamics.flows.isotropic import IsotropicFlow, SymmetrisedFlow
from dynamics.flows.linear import LinearFlow
from dynamics.flows.singular_values import ScalarFlow
from dynamics.solvers.integrate import integrate
from dynamics.theorems.parabola import speed
from dynamics.theorems.phase_plane import phase_portrait
from dynamics.theorems.sweeps import trajectories

TIME = {"long_name": "gradient-flow time", "symbol": "$t$"}
STEP = 0.01  # the paper's learning rate alpha, of its figures along steps
# The published rate and steps of each loss of IsoLoss Fig. 2, of its eigenvalues.
TOY = {name: (0.1 if name.startswith("cosine") else 0.01, 1500) for name in EIGEN_LOSSES} | {
    name: (0.1, 100_000) for name in ("euclidean-no-predictor", "cosine-no-predictor")
}


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
    """Return Fig. 10: fields of (w, w_p) at w_a = 1, of w = w_p with w_a, and without predictor."""
    flow = ScalarFlow()  # lambda_s = 1, lambda_d = 1/2, alpha_p = beta = 1
    axis = np.linspace(-2, 2, 21)
    x, y = np.meshgrid(axis, axis)
    left = flow(0.0, x, y, np.ones_like(x))
    tied = flow(0.0, x, x, y)
    # Without predictor w_p = 1 stays as it is.
    free = flow(0.0, x, np.ones_like(x), y)
    fields = [("w", "w_p", left[0], left[1]), ("w", "w_a", tied[0], tied[2])]
    fields.append(("w", "w_a", free[0], free[2]))
    return [
        xr.Dataset(
            {"across": (("y", "x"), dx), "up": (("y", "x"), dy)},
            {"x": ("x", axis, {"symbol": f"${a}$"}), "y": ("y", axis, {"symbol": f"${b}$"})},
            {"ratio": float(flow.cross / flow.same), "panel": panel},
        )
        for panel, (a, b, dx, dy) in enumerate(fields)
    ]


def loss_trajectories(samples: int = 20) -> list[xr.DataArray]:
    """Return IsoLoss Fig. 2: what eight losses do to samples in a plane, and to ten eigenvalues.

    Four Euclidean panels of trajectories z = W x of the vectors that start furthest out (6
    features, 2 rows, 1500 steps of 0.01), and four of the eigenvalues of W Wᵀ (15 features, 10
    rows, by `TOY`); then the cosine ones. As published W(0) = randn/4, W_p = W Wᵀ, and the noise of
    0.1 is on the target's view alone.

    Published are SGD on 50 000 fresh samples a step; here is its mean, the flow at the time rate x
    step. W keeps its singular vectors in it, so that trajectories follow from the eigenvalues.
    The cosine losses' mean is over `DRAWS` vectors: without predictor nothing but the noise moves
    eigenvalues, and their small spread at the end is what these draws leave.
    """
    rng = np.random.default_rng(0)
    narrow, wide = (rng.standard_normal(shape) / 4 for shape in ((2, 6), (10, 15)))
    x = rng.standard_normal((500, 6))
    x = x[np.argsort(np.linalg.norm(x @ narrow.T, axis=1))[-samples:]]
    U, w, Vt = np.linalg.svd(narrow, full_matrices=False)
    paths, spectra = [], []
    for name, (rate, steps) in TOY.items():
        c = _toy(name, w**2, 0.01 * np.linspace(0, 1500, 301)).swap_dims(step="time")
        # NaN is a mode below the least of all numbers: 0 in a picture.
        z = np.einsum("rm,tm,ms->str", U, np.sqrt(c.fillna(0)), Vt @ x.T)
        coords = {"time": c["time"], "row": [1, 2]}
        paths.append(xr.DataArray(z, coords, ["sample", "time", "row"], attrs={"loss": name}))
        at = np.linspace(0, steps, 301)
        c = _toy(name, np.linalg.svd(wide, compute_uv=False) ** 2, rate * at)
        values = c.drop_vars("time").assign_coords(step=at)
        spectra.append(values.assign_attrs(loss=name, rate=rate, long_name="eigenvalue of $WW^T$"))
    half = len(paths) // 2
    return [*paths[:half], *spectra[:half], *paths[half:], *spectra[half:]]


def _toy(loss: str, c: np.ndarray, times: np.ndarray) -> xr.DataArray:
    flow = EigenvalueFlow(loss=loss, sigma2=0.1**2, online_sigma2=0.0, power=1.0)
    return integrate(flow, (c,), times, rtol=1e-6, atol=1e-9)["correlation_eigenvalue"]


def loss_rest_points() -> list[xr.DataArray]:
    """Return IsoLoss Fig. 5: two eigenvalues from three starts, Euclidean and cosine."""
    out = []
    for name in ("euclidean", "cosine"):
        runs = []
        for c in ((0.3, 0.1), (1.0, 0.4), (2.5, 1.2)):
            run = integrate(EigenvalueFlow(loss=name), (np.array(c),), np.linspace(0, 30, 121))
            runs.append(run["correlation_eigenvalue"].swap_dims(step="time"))
        out.append(xr.concat(runs, dim="start").assign_attrs(loss=name))
    return out


def relu_spectra(steps: int = 600) -> list[xr.DataArray]:
    """Return IsoLoss Fig. 6: eigenvalues of E[z zᵀ] for z = relu(W x), by SGD."""
    start = np.random.default_rng(0).standard_normal((10, 15)) / 4
    runs = (descend(name, start, steps, rate=0.05, relu=True) for name in EIGEN_LOSSES)
    return [run["correlation_eigenvalue"].assign_attrs(loss=run.attrs["loss"]) for run in runs]


FIGURES: dict[str, Callable[[], list[xr.Dataset]] | Callable[[], list[xr.DataArray]]] = {
    "3": phase_portraits,
    "4": parabola_speeds,
    "5": mode_trajectories,
    "7": target_correlations,
    "8": symmetry_norms,
    "9": commutators,
    "10": scalar_fields,
    "iso2": loss_trajectories,
    "iso5": loss_rest_points,
    "iso6": relu_spectra,
}
"""By the number in Tian, Chen and Ganguli (2021); ``iso`` in Halvagal, Laborieux, Zenke (2023)."""
