"""A figure on disk, as a picture and as a page."""

import os
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from analysis.figures.style import STYLE


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
    """
    stem = Path(path)
    if stem.suffix in (".png", ".pdf"):
        stem = stem.with_suffix("")
    stem.parent.mkdir(parents=True, exist_ok=True)
    files = [stem.with_name(f"{stem.name}.{kind}") for kind in ("png", "pdf")]
    asides = [file.with_name(f".{file.name}.partial") for file in files]
    engine = figure.get_layout_engine()
    try:
        with mpl.rc_context(STYLE):
            for file, aside in zip(files, asides, strict=True):
                figure.savefig(aside, format=file.suffix[1:])
                figure.set_layout_engine("none")  # once is enough: it costs as much as drawing
        for file, aside in zip(files, asides, strict=True):
            os.replace(aside, file)
    finally:
        figure.set_layout_engine(engine)
        for aside in asides:
            aside.unlink(missing_ok=True)
    return files[0]
