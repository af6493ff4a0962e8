"""A run's directory: what may be replaced, and what its store says of it."""

import importlib.metadata
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from analysis.checks.paths import refuse_in_the_way
from analysis.store.address import refuse_address
from analysis.store.reader import STORE
from analysis.store.schema import FLOW, OWN_CODE
from analysis.store.strays import is_empty
from trainers import ranks
from trainers.config import Config
from trainers.data.load import label_of
from trainers.runs.checkpoint import FILE as CHECKPOINT
from trainers.runs.finished import ENCODER
from trainers.runs.flow import flow_parameters
from trainers.runs.own_code import code_of, described
from trainers.runs.versions import versions

BEGINNING = ".beginning"  # in a run until its first checkpoint
OWN = (STORE, CHECKPOINT, ENCODER, "classifier.pt", "figures", "report.html", BEGINNING)
"""All that the library writes into a run."""


def attrs(config: Config, device: torch.device, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the store says of its run; `data` is place and fingerprint of the data."""
    return {
        "method": config.resolved.name,
        "data": label_of(data["place"]),
        "data_place": data["place"],
        "fingerprint": json.dumps(data["fingerprint"]),
        "seed": config.seed,
        "config": config.to_json(),
        "config_resolved": config.resolved.to_json(),
        FLOW: json.dumps(flow_parameters(config)),
        **({OWN_CODE: described(code)} if (code := code_of(config)) else {}),
        **versions(device),
        "ranks": ranks.count(),
        "commit": _commit(),
        "zarr": importlib.metadata.version("zarr"),
    }


def variable_attrs(config: Config) -> dict[str, dict[str, Any]]:
    """Return what the store says of single variables."""
    method = config.method
    return {
        "predictor": {"kind": method.predictor.recorded_as},
        "running_correlation": {"rho": getattr(method.predictor, "rho", None)},
    }


def _commit() -> str:
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def check_free(run: Path, overwrite: bool) -> None:
    """Check that a new run may be made at `run`, which is no address.

    What a kill left of one that had no checkpoint yet is as good as nothing.

    Raises
    ------
    FileExistsError
        Something is there that is not a run, or a run that is not to be replaced.
    """
    refuse_address(run)
    if not run.is_file():  # which may hold what someone needs
        refuse_in_the_way(run)
    if not run.exists() or (run.is_dir() and is_empty(run)) or has_just_begun(run):
        return
    is_run = (run / STORE).is_dir() or (run / CHECKPOINT).is_file()
    if not is_run:
        raise FileExistsError(f"{run} exists and is not a run; give another --out")
    if not overwrite:
        raise FileExistsError(
            f"{run} holds a run; resume it, give another --out, or replace it with --overwrite"
        )


def has_just_begun(run: Path) -> bool:
    """Return whether there is a run that had no checkpoint yet when it ended."""
    return (run / BEGINNING).is_file() and not (run / CHECKPOINT).is_file()
