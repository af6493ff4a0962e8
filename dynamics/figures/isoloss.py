"""The data of the theory figures of Halvagal, Laborieux and Zenke (2023), arXiv:2212.04858."""

import numpy as np
import xarray as xr
from tqdm import tqdm

from dynamics.experiment.sgd import descend
from dynamics.figures.published_toy import attached_as_published
from dynamics.flows.isoloss import EIGEN_LOSSES, EigenvalueFlow
from dynamics.solvers.integrate import integrate

# The published rate and steps of each loss of IsoLoss Fig. 2, of its eigenvalues.
TOY = {name: (0.1 if name.startswith("cosine") else 0.01, 1500) for name in EIGEN_LOSSES} | {
    name: (0.1, 100_000) for name in ("euclidean-no-predictor", "cosine-no-predictor")
}
VARIANTS = {
    "cosine-attached": ("gradient", "as published"),
    "euclidean-no-predictor": ("as published", "noise on both views"),
}
# As the paper calls them.
SUFFIXES = {
    "": "",
    "-iso": ", IsoLoss",
    "-attached": ", no stop-gradient",
    "-no-predictor": ", no predictor",
}
TITLES = {
    name + suffix: name.capitalize() + words
    for name in ("euclidean", "cosine")
    for suffix, words in SUFFIXES.items()
}


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

    Two panels have a dim `variant` for where the published toy is not what it stands for. Cosine
    without stop-gradient: the published code is not the gradient, see `attached_as_published`.
    Euclidean without predictor: with noise on both views, as augmentations have it, it collapses.
    """
    rng = np.random.default_rng(0)
    narrow, wide = (rng.standard_normal(shape) / 4 for shape in ((2, 6), (10, 15)))
    x = rng.standard_normal((500, 6))
    x = x[np.argsort(np.linalg.norm(x @ narrow.T, axis=1))[-samples:]]
    U, w, Vt = np.linalg.svd(narrow, full_matrices=False)
    paths, spectra = [], []
    for name, (rate, steps) in tqdm(TOY.items(), "losses", disable=None, leave=False):
        c = _toy(name, w**2, 0.01 * np.linspace(0, 1500, 301)).swap_dims(step="time")
        # NaN is a mode below the least of all numbers: 0 in a picture.
        z = np.einsum("rm,tm,ms->str", U, np.sqrt(c.fillna(0)), Vt @ x.T)
        coords = {"time": c["time"], "row": [1, 2]}
        paths.append(xr.DataArray(z, coords, ["sample", "time", "row"], attrs=_named(name)))
        at = np.linspace(0, steps, 301)
        start = np.linalg.svd(wide, compute_uv=False) ** 2
        c = _toy(name, start, rate * at)
        values = c.drop_vars("time").assign_coords(step=at)
        if name in VARIANTS:
            other = (
                attached_as_published(start, steps, rate=rate)[:: steps // 300]
                if name == "cosine-attached"
                else _toy(name, start, rate * at, online=0.1**2).values
            )
            values = xr.concat([values, values.copy(data=other)], "variant")
            values = values.assign_coords(variant=list(VARIANTS[name]))
        label = {"rate": rate, "long_name": "eigenvalue of", "symbol": "$WW^T$"}
        spectra.append(values.assign_attrs(_named(name) | label))
    half = len(paths) // 2
    return [*paths[:half], *spectra[:half], *paths[half:], *spectra[half:]]


def _toy(loss: str, c: np.ndarray, times: np.ndarray, *, online: float = 0.0) -> xr.DataArray:
    flow = EigenvalueFlow(loss=loss, sigma2=0.1**2, online_sigma2=online, power=1.0)
    return integrate(flow, (c,), times, rtol=1e-6, atol=1e-9)["correlation_eigenvalue"]


def loss_rest_points() -> list[xr.DataArray]:
    """Return IsoLoss Fig. 5: two eigenvalues from three starts, Euclidean and cosine.

    As published, 1500 steps of 0.01 from W, 2 W and another, of 6 features and 2 rows, randn/4 and
    randn/2; noise and W_p as in Fig. 2.
    """
    W, other = np.random.default_rng(0).standard_normal((2, 2, 6)) / [[[4]], [[2]]]
    starts = [np.linalg.svd(w, compute_uv=False) ** 2 for w in (W, 2 * W, other)]
    out = []
    for name in ("euclidean", "cosine"):
        runs = []
        for c in starts:
            run = _toy(name, c, np.linspace(0, 15, 121))
            runs.append(run.swap_dims(step="time"))
        out.append(xr.concat(runs, dim="start").assign_attrs(_named(name)))
    return out


def relu_spectra(steps: int = 600) -> list[xr.DataArray]:
    """Return IsoLoss Fig. 6: eigenvalues of E[z zᵀ] for z = relu(W x), by SGD.

    Not at the published setting: here W_p = F^(1/2) of the batch, 600 steps of 0.05, noise on both
    views; published is W_p = W Wᵀ, which is not what a ReLU's features have. The published code
    takes the derivative of the ReLU before W_pᵀ in Euclidean losses; it belongs behind, as here.
    """
    start = np.random.default_rng(0).standard_normal((10, 15)) / 4
    runs = (descend(name, start, steps, rate=0.05, relu=True) for name in EIGEN_LOSSES)
    return [run["correlation_eigenvalue"].assign_attrs(_named(run.attrs["loss"])) for run in runs]


def _named(loss: str) -> dict[str, str]:
    return {"loss": loss, "title": TITLES[loss]}
