"""Small real runs that ship with the library: for a first figure, notebooks and tests."""

import os
import shutil
import tempfile
import zipfile
from pathlib import Path

import xarray as xr

from analysis.checks.names import unknown
from analysis.checks.paths import make_folder, path_of
from analysis.store.reader import open_snapshots

FOLDER = "example_runs"
EXAMPLES = {
    "byol-linear": "CIFAR-10, a learned one-layer W_p with EMA; with encoder and classifier",
    "byol": "CIFAR-10, a learned two-layer W_p with EMA",
    "simsiam": "CIFAR-10, a learned two-layer W_p without EMA",
    "directpred": "CIFAR-10, W_p set from F",
    "collapsed": "CIFAR-10, a one-layer W_p without stop-gradient: it collapses",
    "linear": "Gaussian vectors, a linear network under the theory's own loss",
    "shapes": "embedded images, W_p set from F; with encoder and classifier, and data at hand",
}
"""What each is."""


def open_example(name: str, group: str | None = None) -> xr.Dataset:
    """Open an example as `open_snapshots` opens a run: where it is, without unpacking it.

    Parameters
    ----------
    name : str
        A key of `EXAMPLES`.
    group : {None, "metrics", "evaluation"}

    Raises
    ------
    ValueError
        There is no such example, or group.

    Examples
    --------
    >>> run = open_example("byol-linear")
    >>> dict(run["predictor"].sizes)["row"], run.attrs["method"]
    (32, 'byol-linear')
    """
    return open_snapshots(f"zip://{name}::{_archive(name)}", group)


def copy_example(name: str, folder: str | os.PathLike[str]) -> Path:
    """Unpack an example into a folder: to evaluate, predict by, measure and draw, not to resume.

    Parameters
    ----------
    name : str
        A key of `EXAMPLES`.
    folder : path
        Where ``folder/name`` is made.

    Returns
    -------
    Path
        Of the run's directory.

    Raises
    ------
    FileExistsError
        There is something of that name.
    ValueError
        There is no such example.
    OSError
        It cannot be written; nothing is left.
    """
    archive, run = _archive(name), path_of("folder", folder) / name
    if os.path.lexists(run):
        raise FileExistsError(f"{run} exists; name another folder, or remove it")
    make_folder(run.parent)
    aside = Path(tempfile.mkdtemp(prefix=".example-", dir=run.parent))
    try:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(aside)
        (aside / name).rename(run)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return run


def _archive(name: str) -> Path:
    if name not in EXAMPLES:
        raise ValueError(unknown("example", name, EXAMPLES))
    return Path(__file__).parent / FOLDER / f"{name}.zip"
