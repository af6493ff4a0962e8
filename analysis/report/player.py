"""W_p in the eigenbasis of F, snapshot by snapshot: pictures that the page plays."""

import base64
import io

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from analysis.figures.style import SIGNED
from analysis.store.labels import of_the

FRAMES = 30
DPI = 110


def player_frames(run: xr.Dataset, basis: str) -> list[dict[str, str]]:
    """Return a picture and its label for up to 30 snapshots, evenly chosen, the first one first.

    A picture is diagonal where W_p and F share their eigenvectors, and relative to its largest
    entry. Snapshots that are not finite are left out.

    Parameters
    ----------
    run : Dataset (step, row, col)
        Of `open_snapshots`, with `predictor` and `correlation`.
    basis : str
        What the axes call F.

    Returns
    -------
    list of dict
        ``png``, in base 64, and ``label``.
    """
    n = run.sizes["step"]
    chosen = np.unique(np.linspace(0, n - 1, min(FRAMES, n)).round().astype(int))
    figure, image = _screen(run.sizes["row"], basis)
    frames = []
    for i in chosen:
        one = run[["predictor", "correlation"]].isel(step=int(i)).compute()
        F, W = one["correlation"].values.astype(float), one["predictor"].values.astype(float)
        if not (np.isfinite(F).all() and np.isfinite(W).all()):
            continue
        U = np.linalg.eigh(F / 2 + F.T / 2)[1][:, ::-1]
        unit = float(np.abs(W).max()) or 1.0  # a square of 1e300 has no number
        shown = U.T @ (W / unit) @ U
        largest = float(np.abs(shown).max())
        image.set_data(shown / (largest or 1.0))
        label = f"step {int(run['step'][i])}, largest {largest * unit:.3g}"
        if "epoch" in run.coords:
            label = f"epoch {float(run['epoch'][i]):.2f}, {label}"
        frames.append({"png": as_png(figure, DPI), "label": label})
        figure.set_layout_engine("none")  # frames differ in their pixels alone
    return frames


def as_png(figure: Figure, dpi: int) -> str:
    """Return a figure as PNG in base 64, as a page holds it."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def _screen(d: int, basis: str) -> tuple[Figure, AxesImage]:
    figure = Figure(figsize=(6, 5.1), layout="constrained")
    ax = figure.subplots()
    blank = np.zeros((d, d))
    image = ax.imshow(blank, cmap=SIGNED, vmin=-1, vmax=1, interpolation="nearest")
    mode = f"mode {of_the(basis)}"
    ax.set(xlabel=mode, ylabel=mode, xticks=[], yticks=[])
    figure.colorbar(image, ax=ax, ticks=[-1, 0, 1], label=r"$u_i^\top W_p u_j$, relative")
    return figure, image
