"""Every measure once, with its laws.

The tests put each of them through all laws, and fail for a public function that is not here: a
measure without laws cannot be added. Formulas and sources are read from the docstrings.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from analysis.alignment import (
    ALIGNMENT,
    alignment,
    alignment_excess,
    alignment_null,
    off_diagonal_energy,
)
from analysis.balance import BALANCE, rayleigh_quotient, rayleigh_residual
from analysis.commutators import COMMUTATOR, commutator, commutator_null, mode_commutator
from analysis.measure import Measure, Null
from analysis.normality import (
    NORMALITY,
    definiteness,
    eigenvector_condition,
    henrici_departure,
    imaginary_energy,
    raw_off_diagonal,
)
from analysis.spectrum import (
    SPECTRUM,
    complex_eigenvalues,
    eigenvalues,
    entropy_rank,
    participation_ratio,
    predictor_eigenvalues,
    stable_rank,
)
from analysis.subspaces import SUBSPACES, principal_angles, subspace_overlap, surviving_modes
from analysis.symmetry import ASYMMETRY, asymmetry

NAN = math.nan
SPACE = 3  # dimension of the spaces that the laws compare

# What measures of W_p, of W_p against F, and of a spectrum have in common.
_W: Any = {"takes": ("predictor",), "degree": {"predictor": 0}, "zero": {"predictor": NAN}}
_WF: Any = {
    "takes": ("predictor", "correlation"),
    "degree": {"predictor": 0, "correlation": 0},
    "zero": {"predictor": NAN, "correlation": NAN},
}
_COSINE: Any = _WF | {"basis": "correlation", "zero": {"predictor": NAN}}
_LENGTH: Any = _COSINE | {"degree": {"predictor": 1, "correlation": 0}, "zero": {"predictor": 0.0}}
_EIGEN: Any = {"degree": {"predictor": 1}, "zero": {"predictor": 0.0}, "basis": "predictor"}
_RANK: Any = {
    "takes": ("values",),
    "degree": {"values": 0},
    "zero": {"values": NAN},
    "span": "[1, d]",
}

MEASURES: dict[str, Measure] = {
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
        label=SPECTRUM["entropy_rank"],
        null=Null("white", lambda d, n: d * np.exp(-d / (2 * n)), within=0.02),
        **_RANK,
    ),
    "participation_ratio": Measure(
        function=participation_ratio,
        label=SPECTRUM["participation_ratio"],
        null=Null("white", lambda d, n: d / (1 + (d + 1) / n), within=0.02),
        **_RANK,
    ),
    "stable_rank": Measure(function=stable_rank, label=SPECTRUM["stable_rank"], **_RANK),
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
    "alignment": Measure(
        function=alignment,
        label=ALIGNMENT["alignment"],
        span="[-1, 1]",
        parity=-1,
        null=Null("rotated", lambda W, F: alignment_null(W), within=0.05),
        **_COSINE,
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
    "alignment_excess": Measure(
        function=alignment_excess,
        label=ALIGNMENT["alignment_excess"],
        span="[-inf, 1]",
        null=Null("rotated", lambda W, F: 0.0, within=0.05),
        **_COSINE,
    ),
    "off_diagonal_energy": Measure(
        function=off_diagonal_energy,
        label=ALIGNMENT["off_diagonal_energy"],
        span="[0, 1]",
        parity=1,
        transposition=True,
        shift=True,
        null=Null("rotated", lambda W, F: W.sizes["row"] / (W.sizes["row"] + 2)),
        **_WF | {"zero": {"predictor": NAN}},
    ),
    **{
        name: Measure(
            function=partial(function, deviatoric=deviatoric),
            label=COMMUTATOR[function.__name__],
            span="[0, 1]",
            parity=1,
            transposition=True,
            shift=deviatoric,
            null=null,
            **_WF,
        )
        for name, function, deviatoric, null in (
            ("commutator", commutator, False, Null("rotated", commutator_null, 0.0, True)),
            (
                "commutator_deviatoric",
                commutator,
                True,
                Null("rotated", partial(commutator_null, deviatoric=True), 0.0, True),
            ),
            ("commutator_null", commutator_null, False, None),
            ("commutator_null_deviatoric", commutator_null, True, None),
        )
    },
    "mode_commutator": Measure(
        function=mode_commutator,
        label=COMMUTATOR["mode_commutator"],
        span="[0, 1]",
        parity=1,
        shift=True,
        null=Null(
            "rotated",
            lambda W, F: commutator_null(W, F, True) / math.sqrt(W.sizes["row"]),
            root_mean_square=True,
        ),
        **_WF | {"basis": "correlation"},
    ),
    "rayleigh_quotient": Measure(
        function=rayleigh_quotient,
        label=BALANCE["rayleigh_quotient"],
        span="[-inf, inf]",
        parity=-1,
        transposition=True,
        null=Null("rotated", lambda W, F: float(np.trace(W)) / W.sizes["row"]),
        **_LENGTH,
    ),
    "rayleigh_residual": Measure(
        function=rayleigh_residual,
        label=BALANCE["rayleigh_residual"],
        span="[0, inf]",
        parity=1,
        shift=True,
        **_LENGTH,
    ),
    "subspace_overlap": Measure(
        function=partial(subspace_overlap, k=SPACE),
        label=SUBSPACES["subspace_overlap"],
        span="[0, 1]",
        transposition=True,
        shift=True,
        null=Null("rotated", lambda W, F: SPACE / W.sizes["row"]),
        **_WF | {"zero": {}},
    ),
    "principal_angle": Measure(
        function=partial(principal_angles, k=SPACE),
        label=SUBSPACES["principal_angle"],
        span="[0, 1.5707963267948966]",
        transposition=True,
        shift=True,
        **_WF | {"zero": {}},
    ),
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
}
