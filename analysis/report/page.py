"""One self-contained page of a run, or of several: verdict, table, figures, eigenspace, config."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import xarray as xr
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from analysis.figures.isoloss import spectra_caption, spectra_figure
from analysis.figures.layers import LAYERS_CAPTION
from analysis.figures.over_training import plot_verdicts
from analysis.figures.run_overview import comparison, overview, overview_caption
from analysis.figures.scale_law import scale_law_caption
from analysis.figures.style import STYLE
from analysis.report.measured_run import Measured
from analysis.report.player import as_png, player_frames
from analysis.store.address import refuse_address
from analysis.store.atomic import write_whole
from analysis.store.labels import basis_name, of_the
from analysis.store.schema import FLOW
from analysis.store.visible import visible
from analysis.verdicts.caveats import divergence
from analysis.verdicts.collapse import collapse_course
from analysis.verdicts.verdict import NOT_FINITE

DPI = 130
VERDICTS = "How far each had collapsed, over training; grey where it cannot be judged."
FITTED = (
    "The same of the linear predictor that is nearest to the predictor, batch norm and ReLU "
    "included, by least squares; above, W_p is the product of its two layers."
)
# W_p, s_1; z^T, |z|^2
INDEX, POWER = re.compile(r"\b([A-Za-z])_([A-Za-z0-9])\b"), re.compile(r"\^([A-Za-z0-9])")


@dataclass(frozen=True)
class Picture:
    """A figure as a page holds it."""

    png: str
    caption: str


@dataclass(frozen=True)
class Section:
    """What the page says of a run; all of it is text, and none of it markup."""

    name: str
    kind: str
    verdict: str
    caveats: Sequence[str]
    figures: Sequence[Picture]
    basis: str
    frames: Sequence[dict[str, str]]
    config: str
    attributes: str


def write_report(
    runs: Sequence[Measured], rows: Sequence[dict[str, str]], path: str | os.PathLike[str]
) -> Path:
    """Write the page; it needs no network and no other file.

    Parameters
    ----------
    runs : sequence of Measured
    rows : sequence of dict
        The table, a row a run.
    path : path
        Of the ``.html`` file; it appears whole or not at all.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        There is no run, or as for the figures.
    """
    if not runs:
        raise ValueError("a report is of one run or more; got none")
    title = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
    with mpl.rc_context(STYLE):
        page = _template().render(
            title=title,
            rows=rows,
            figures=_together(runs) if len(runs) > 1 else [],
            sections=[_section(one) for one in runs],
        )
    refuse_address(path)
    file = Path(path)
    write_whole(file, page.encode(errors="backslashreplace"))
    return file


def typeset(text: str) -> Markup:
    """Return text as markup: escaped, then with its indices and powers set as such.

    Examples
    --------
    >>> typeset("W_p < E|z|^2")
    Markup('<i>W</i><sub>p</sub> &lt; E|z|<sup>2</sup>')
    """
    words = INDEX.sub(r"<i>\1</i><sub>\2</sub>", str(escape(visible(text))))
    return Markup(POWER.sub(r"<sup>\1</sup>", words))


def _shown(value: object) -> object:
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return visible(value, keep="\n") if plain else value


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("analysis.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    environment.filters["typeset"] = typeset
    return environment.get_template("page.html")


def _together(runs: Sequence[Measured]) -> list[Picture]:
    summaries = {one.name: one.summary for one in runs}
    shown = [_picture(comparison(summaries), "Rows are runs, with one scale a column.")]
    long = [one for one in runs if one.history is not None]
    if long:
        several = {one.name: one.summary for one in long}
        strip = _strip({one.name: collapse_course(one.run) for one in long})
        shown.append(_picture(strip, VERDICTS))
        shown.append(_picture(spectra_figure(several), spectra_caption(several)))
    return shown


def _section(one: Measured) -> Section:
    run, verdict = one.run, one.verdict
    kind, words = (verdict.kind, str(verdict)) if verdict else ("", "collapse: cannot be judged")
    if verdict is None and (state := divergence(one.summary)):
        kind, words = NOT_FINITE, state
    figures = [_picture(one.overview, overview_caption(one.summary))]
    if one.history is not None:
        figures.append(_picture(one.history, one.history_caption))
    if one.layers is not None:
        figures.append(_picture(one.layers, LAYERS_CAPTION))
    if one.scale_law is not None:
        figures.append(_picture(one.scale_law, scale_law_caption(one.scale_laws)))
    if one.fitted is not None:
        figures.append(_picture(overview(one.fitted), FITTED))
    basis = basis_name(one.summary["correlation_eigenvalue"]) or "correlation"
    config = run.attrs.get("config_resolved", run.attrs.get("config"))
    apart = ("config", "config_resolved", "closed", FLOW)
    return Section(
        name=one.name,
        kind=kind,
        verdict=words,
        caveats=one.caveats,
        figures=figures,
        basis=of_the(basis),
        frames=player_frames(run, basis),
        config=_indented(config) if config else "",
        attributes=", ".join(f"{k} {v}" for k, v in run.attrs.items() if k not in apart),
    )


def _indented(config: object) -> str:
    try:
        return json.dumps(json.loads(str(config)), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):  # of a loop that is not ours
        return str(config)


def _strip(runs: dict[str, xr.Dataset]) -> Figure:
    figure = Figure(figsize=(7, 1.4 + 0.25 * len(runs)), layout="constrained")
    plot_verdicts(runs, ax=figure.subplots())
    return figure


def _picture(figure: Figure, caption: str) -> Picture:
    return Picture(as_png(figure, DPI), caption)
