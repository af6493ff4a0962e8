"""The measures of one matrix, or of one spectrum, and their laws."""

import math
from functools import partial
from typing import Any

import numpy as np

from analysis.measures.alignment import ALIGNMENT, alignment_null
from analysis.measures.effective_rank import RANKS, entropy_rank, participation_ratio, stable_rank
from analysis.measures.normality import (
    NORMALITY,
    definiteness,
    eigenvector_condition,
    henrici_departure,
    imaginary_energy,
    raw_off_diagonal,
)
from analysis.measures.spectrum import (
    SPECTRUM,
    complex_eigenvalues,
    eigenvalues,
    predictor_eigenvalues,
)
from analysis.measures.subspaces import SUBSPACES, surviving_modes
from analysis.measures.symmetry import ASYMMETRY, asymmetry
from analysis.registry.measure import Measure, Null
from analysis.statistics.white_noise import stable_rank_null

NAN = math.nan
_W: Any = {"takes": ("predictor",), "degree": {"predictor": 0}, "zero": {"predictor": NAN}}
_EIGEN: Any = {"degree": {"predictor": 1}, "zero": {"predictor": 0.0}, "basis": "predictor"}
_RANK: Any = {
    "takes": ("values",),
    "degree": {"values": 0},
    "zero": {"values": NAN},
    "span": "[1, d]",
}

ALONE: dict[str, Measure] = {
    "eigenvalue": Measure(
        function=eigenvalues,
        label=SPECTRUM["eigenvalue"],
        takes=("correlation",),
        span="[-inf, inf]",
        degree={"correlation": 1},
        zero={"correlation": 0.0},
        basis="correlation",
    ),
    "predictor_eigenvalue": Measure(
        function=predictor_eigenvalues,
        label=SPECTRUM["predictor_eigenvalue"],
        span="[-inf, inf]",
        transposition=True,
        **_W | _EIGEN,
    ),
    "complex_eigenvalue": Measure(
        function=complex_eigenvalues,
        label=SPECTRUM["complex_eigenvalue"],
        span="[-inf, inf]",
        transposition=True,
        **_W | _EIGEN,
    ),
    "entropy_rank": Measure(
        function=entropy_rank,
        label=RANKS["entropy_rank"],
        null=Null(
            "white", lambda d, n: d * np.exp(-(d - 1) * (d + 2) / (2 * d * n + 4)), within=0.02
        ),
        **_RANK,
    ),
    "participation_ratio": Measure(
        function=participation_ratio,
        label=RANKS["participation_ratio"],
        null=Null("white", lambda d, n: (d * n + 2) / (n + d + 1), within=0.02),
        **_RANK,
    ),
    "stable_rank": Measure(
        function=stable_rank,
        label=RANKS["stable_rank"],
        null=Null("white", stable_rank_null, within=0.02),
        **_RANK,
    ),
    "surviving_modes": Measure(
        function=surviving_modes, label=SUBSPACES["surviving_modes"], **_RANK
    ),
    **{
        name: Measure(
            function=partial(asymmetry, norm=norm),
            label=ASYMMETRY[norm],
            span=f"[0, {high}]",
            parity=1,
            rotation=norm != "l1",
            transposition=True,
            null=Null("independent", level, within=0.02),
            **_W,
        )
        for name, norm, high, level in (
            ("asymmetry", "frobenius", 2, lambda d: math.sqrt(2 * (1 - 1 / d))),
            ("asymmetry_l1", "l1", 2, lambda d: math.sqrt(2) * (1 - 1 / d)),
            ("asymmetry_fraction", "fraction", 1, lambda d: math.sqrt((1 - 1 / d) / 2)),
        )
    },
    **{
        function.__name__: Measure(
            function=function,
            label=NORMALITY[function.__name__],
            span=span,
            parity=parity,
            rotation=function is not raw_off_diagonal,
            transposition=True,
            null=null,
            **_W,
        )
        for function, span, parity, null in (
            (henrici_departure, "[0, 1]", 1, None),
            (definiteness, "[0, 1]", None, Null("independent", lambda d: 0.5)),
            (imaginary_energy, "[0, 1]", 1, None),
            (raw_off_diagonal, "[0, inf]", 1, None),
        )
    },
    "eigenvector_condition": Measure(
        function=eigenvector_condition,
        label=NORMALITY["eigenvector_condition"],
        span="[1, inf]",
        parity=1,
        shift=True,
        **_W | {"zero": {"predictor": 1.0}},
    ),
    "alignment_null": Measure(
        function=alignment_null,
        label=ALIGNMENT["alignment_null"],
        span="[-1, 1]",
        parity=-1,
        transposition=True,
        null=Null("independent", lambda d: 0.0),
        **_W,
    ),
}
