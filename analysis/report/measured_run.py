"""A run and all that was measured of it, once: what the command, figures and report share."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from analysis.figures.layers import layers_figure
from analysis.figures.run_history import history, history_caption
from analysis.figures.run_overview import overview
from analysis.figures.scale_law import scale_law_figure
from analysis.measures.scale_law import LAYERS, scale_law
from analysis.measures.summary import fitted_summary, summarise
from analysis.store.evaluations import course
from analysis.store.reader import MissingGroupError, open_snapshots
from analysis.store.schema import LAYERED
from analysis.store.tree import open_run
from analysis.verdicts.caveats import caveats
from analysis.verdicts.collapse import Verdict, collapse


@dataclass(frozen=True, eq=False)
class Measured:
    """A run, its summary, and the verdict on it."""

    name: str
    """What figures call it."""
    run: xr.Dataset
    """Of `open_snapshots`, lazy."""
    summary: xr.Dataset
    """Of `summarise`."""
    verdict: Verdict | None
    """Of `collapse`; None where nothing can be judged."""
    evaluation: xr.Dataset | None = None
    """The table of accuracies, if the run was evaluated."""
    scale_laws: tuple[xr.Dataset, ...] = ()
    """Of `scale_law`, for each layer of which its norms were recorded from the start."""

    @classmethod
    def of(cls, path: Path, name: str) -> "Measured":
        """Measure a run directory.

        Raises
        ------
        FileNotFoundError, ValueError
            There is no run, or it cannot be measured; the message names it.
        """
        run = open_snapshots(path)
        try:
            summary = summarise(run)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        try:
            verdict = collapse(run, _group(path, "metrics"))
        except ValueError:  # too few rows a snapshot, or none is finite
            verdict = None
        return cls(name, run, summary, verdict, _group(path, "evaluation"), _scale_laws(path))

    @cached_property
    def overview(self) -> Figure:
        """Its figure of spectra, alignment and asymmetry."""
        return overview(self.summary)

    @cached_property
    def history(self) -> Figure | None:
        """Its figure over training, None for a single snapshot."""
        return history(self.run, self.summary) if self.run.sizes["step"] > 1 else None

    @cached_property
    def history_caption(self) -> str:
        """What its panels show, "" without any."""
        return history_caption(self.run, self.summary) if self.run.sizes["step"] > 1 else ""

    @cached_property
    def layers(self) -> Figure | None:
        """The singular values of its layers, None where none were recorded over training."""
        there = LAYERED in self.run and self.run.sizes["step"] > 1
        return layers_figure(self.run) if there else None

    @cached_property
    def scale_law(self) -> Figure | None:
        """The norms of W_p and head against their laws, None where they were not recorded."""
        there = self.scale_laws and self.run.sizes["step"] > 1
        return scale_law_figure(self.scale_laws) if there else None

    @cached_property
    def caveats(self) -> list[str]:
        """What cannot be said of it, and why."""
        return caveats(self.summary)

    @cached_property
    def fitted(self) -> xr.Dataset | None:
        """The summary by the least-squares predictor, None where W_p is linear as it is."""
        return fitted_summary(self.run)

    @property
    def accuracy(self) -> xr.DataArray | None:
        """The kNN accuracies over training, None without any."""
        return None if self.evaluation is None else course(self.evaluation)


def _scale_laws(path: Path) -> tuple[xr.Dataset, ...]:
    run, laws = open_run(path), []
    for layer in LAYERS:
        try:
            laws.append(scale_law(run, layer))
        except ValueError:  # no norms of it, or not from the start, or not finite
            continue
    return tuple(laws)


def _group(path: Path, group: str) -> xr.Dataset | None:
    try:
        return open_snapshots(path, group)
    except MissingGroupError:  # a run of theory has none
        return None
