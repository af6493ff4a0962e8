"""A figure on disk, as a picture and as a page."""

import os
from contextlib import ExitStack
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from analysis.checks.fields import checked
from analysis.checks.paths import make_folder, path_of
from analysis.figures.style import STYLE
from analysis.store.address import refuse_address
from analysis.store.atomic import replacing


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as PNG and as PDF, each whole or not at all.

    Parameters
    ----------
    figure : Figure
    path : path
        Without suffix, or with ``.png`` or ``.pdf``; its folder is made.

    Returns
    -------
    Path
        Of the PNG.

    Raises
    ------
    OSError, ValueError
        It cannot be written there, or `path` is an address.
    """
    refuse_address(path)
    stem, figure = path_of("path", path), checked("figure", figure, Figure)
    if stem.suffix in (".png", ".pdf"):
        stem = stem.with_suffix("")
    make_folder(stem.parent)
    files = [stem.with_name(f"{stem.name}.{kind}") for kind in ("png", "pdf")]
    engine = figure.get_layout_engine()
    try:
        with mpl.rc_context(STYLE), ExitStack() as both:
            for file in files:
                figure.savefig(both.enter_context(replacing(file)), format=file.suffix[1:])
                figure.set_layout_engine("none")  # once is enough: it costs as much as drawing
    finally:
        figure.set_layout_engine(engine)
    return files[0]
