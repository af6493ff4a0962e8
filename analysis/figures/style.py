"""How every figure looks: matplotlib's settings and the colours, one name a meaning."""

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import ListedColormap

STYLE: Any = {  # matplotlib's own type spells out every key, and differs by version
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "savefig.dpi": 250,
    "pdf.fonttype": 42,  # text stays text
    "text.usetex": False,  # nor is it a program
}

# All are told apart with any colour vision.
PALETTE = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")  # kinds; Tol's bright
# Less to more, early to late; the palest end would be lost on white.
SEQUENTIAL = ListedColormap(mpl.colormaps["viridis"](np.linspace(0, 0.93, 256)), "viridis to 0.93")
SIGNED = mpl.colormaps["PuOr"]  # below and above 0, which is white
SEVERITY = ("#dce9f2", "#fdcc8a", "#e8743b", "#7f0000")  # better to worse: darker, in print too
GREY = "0.35"  # words, and levels to compare with
FAINT = "0.8"  # where a value is 0
ABSENT = "0.85"  # cells that hold nothing, or what has no place on a logarithmic scale
CURVES = 12  # more on one axes cannot be told apart
