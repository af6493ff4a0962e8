"""One self-contained page of a run, or of several: verdict, table, figures, eigenspace, config."""

import base64
import html
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from analysis.figures.isoloss import spectra_caption, spectra_figure
from analysis.figures.over_training import plot_verdicts
from analysis.figures.run_overview import comparison, overview, overview_caption
from analysis.figures.style import STYLE
from analysis.report.measured_run import Measured
from analysis.store.atomic import write_whole
from analysis.store.labels import basis_name, of_the
from analysis.store.schema import FLOW
from analysis.verdicts.caveats import divergence
from analysis.verdicts.collapse import collapse_course
from analysis.verdicts.verdict import NOT_FINITE

FRAMES = 30  # of the player
COURSES = "How far each had collapsed, over training; grey where it cannot be judged."
DPI = 130
CSS = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;color:#222}
h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em;border-bottom:1px solid #ddd}
img{max-width:100%}table{border-collapse:collapse;font-size:.85em}
td,th{padding:.25em .7em;text-align:left;border-bottom:1px solid #eee}
pre{background:#f6f6f6;padding:1em;overflow:auto;font-size:.8em}
.verdict{padding:.6em 1em;background:#f2f6f9;border-left:4px solid #4477aa}
.verdict.dimensional,.verdict.complete,.verdict.diverged{background:#fdeeee;border-color:#7f0000}
.player input{width:70%}figcaption{color:#555;font-size:.85em}
"""
SCRIPT = """
document.querySelectorAll('.player').forEach(function (player) {
  var frames = JSON.parse(player.querySelector('script').textContent);
  var slider = player.querySelector('input'), image = player.querySelector('img');
  var label = player.querySelector('output'), button = player.querySelector('button'), timer = null;
  function show() {
    image.src = 'data:image/png;base64,' + frames[slider.value].png;
    label.textContent = frames[slider.value].label;
  }
  slider.max = slider.value = frames.length - 1;  // the start is noise
  slider.addEventListener('input', show);
  button.addEventListener('click', function () {
    if (timer) { clearInterval(timer); timer = null; button.textContent = 'play'; return; }
    button.textContent = 'stop';
    timer = setInterval(function () {
      slider.value = (Number(slider.value) + 1) % frames.length; show();
    }, 250);
  });
  show();
});
"""


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
    parts = [f"<h1>{html.escape(title)}</h1>", _table(rows)]
    with mpl.rc_context(STYLE):
        if len(runs) > 1:
            summaries = {one.name: one.summary for one in runs}
            parts.append(_figure(comparison(summaries), "Rows are runs, with one scale a column."))
            if long := [one for one in runs if one.history is not None]:
                several = {one.name: one.summary for one in long}
                courses = {one.name: collapse_course(one.run) for one in long}
                parts.append(_figure(_strip(courses), COURSES))
                parts.append(_figure(spectra_figure(several), spectra_caption(several)))
        for one in runs:
            parts += _section(one)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}'
        f"</title><style>{CSS}</style></head><body>{''.join(parts)}<script>{SCRIPT}</script>"
        "</body></html>\n"
    )
    file = Path(path)
    write_whole(file, page)
    return file


def _section(one: Measured) -> list[str]:
    run, verdict = one.run, one.verdict
    kind, words = (verdict.kind, str(verdict)) if verdict else ("", "collapse: cannot be judged")
    parts = [f"<h2>{html.escape(one.name)}</h2>"]
    if verdict is None and (state := divergence(one.summary)):
        kind, words = NOT_FINITE, state
    parts.append(f'<p class="verdict {kind}">{html.escape(words)}</p>')
    if one.caveats:
        items = "".join(f"<li>{html.escape(caveat)}</li>" for caveat in one.caveats)
        parts.append(f"<ul>{items}</ul>")
    parts.append(_figure(one.overview, overview_caption(one.summary)))
    if one.history is not None:
        parts.append(_figure(one.history, one.history_caption))
    if one.fitted is not None:
        parts.append(
            _figure(
                overview(one.fitted),
                "The same of the linear predictor that is nearest to the predictor, batch norm and "
                "ReLU included, by least squares; above, W_p is the product of its two layers.",
            )
        )
    parts.append(_player(run, basis_name(one.summary["correlation_eigenvalue"]) or "correlation"))
    config = run.attrs.get("config_resolved", run.attrs.get("config"))
    if config:
        shown = html.escape(json.dumps(json.loads(config), indent=1))
        parts.append(f"<details><summary>configuration</summary><pre>{shown}</pre></details>")
    apart = ("config", "config_resolved", "closed", FLOW)
    known = {k: v for k, v in run.attrs.items() if k not in apart}
    parts.append(f"<p>{html.escape(', '.join(f'{k} {v}' for k, v in known.items()))}</p>")
    return parts


def _strip(courses: dict[str, xr.Dataset]) -> Figure:
    figure = Figure(figsize=(7, 1.4 + 0.25 * len(courses)), layout="constrained")
    plot_verdicts(courses, ax=figure.subplots())
    return figure


def _player(run: xr.Dataset, basis: str) -> str:
    """W_p in the eigenbasis of F, snapshot by snapshot: diagonal where they share it."""
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
        frames.append({"png": _png(figure, 90), "label": label})
        figure.set_layout_engine("none")  # frames differ in their pixels alone
    if not frames:
        return "<p>W_p in an eigenbasis is not shown: no snapshot is finite.</p>"
    data, what = json.dumps(frames), html.escape(f"W_p in the eigenbasis {of_the(basis)}")
    return (
        f'<figure class="player"><img alt="{what}"><br>'
        '<button>play</button> <input type="range" min="0" value="0"> <output></output>'
        f'<script type="application/json">{data}</script>'
        f"<figcaption>{what}, mode 1 first, relative to its largest entry: "
        "diagonal where they share their eigenvectors, symmetric where W_p is.</figcaption>"
        "</figure>"
    )


def _screen(d: int, basis: str) -> tuple[Figure, AxesImage]:
    figure = Figure(figsize=(3.6, 3.1), layout="constrained")
    ax = figure.subplots()
    blank = np.zeros((d, d))
    image = ax.imshow(blank, cmap="PuOr", vmin=-1, vmax=1, interpolation="nearest")
    mode = f"mode {of_the(basis)}"
    ax.set(xlabel=mode, ylabel=mode, xticks=[], yticks=[])
    figure.colorbar(image, ax=ax, ticks=[-1, 0, 1], label=r"$u_i^\top W_p u_j$, relative")
    return figure, image


def _table(rows: Sequence[dict[str, str]]) -> str:
    head = "".join(f"<th>{html.escape(key)}</th>" for key in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row.values()) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _figure(figure: Figure, caption: str) -> str:
    picture = f'<img src="data:image/png;base64,{_png(figure, DPI)}" alt="">'
    return f"<figure>{picture}<figcaption>{html.escape(caption)}</figcaption></figure>"


def _png(figure: Figure, dpi: int) -> str:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    return base64.b64encode(stream.getvalue()).decode("ascii")
