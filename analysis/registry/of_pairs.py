"""The measures of one matrix against another, and their laws."""

import math
from functools import partial
from typing import Any

import numpy as np

from analysis.measures.alignment import (
    ALIGNMENT,
    alignment,
    alignment_excess,
    alignment_null,
)
from analysis.measures.alignment_rate import ALIGNMENT_RATES, alignment_rate, mode_alignment_rate
from analysis.measures.balance import BALANCE, rayleigh_quotient, rayleigh_residual
from analysis.measures.commutator import COMMUTATOR, commutator, commutator_null, mode_commutator
from analysis.measures.flow_parameters import RATES, critical_decay, noise_ratio, target_scale
from analysis.measures.off_diagonal import off_diagonal_energy
from analysis.measures.subspaces import SUBSPACES, principal_angles, subspace_overlap
from analysis.registry.measure import Measure, Null

NAN = math.nan
SPACE = 3  # dimension of the spaces that the laws compare
_WF: Any = {
    "takes": ("predictor", "correlation"),
    "degree": {"predictor": 0, "correlation": 0},
    "zero": {"predictor": NAN, "correlation": NAN},
}
_COSINE: Any = _WF | {"basis": "correlation", "zero": {"predictor": NAN}}
_LENGTH: Any = _COSINE | {"degree": {"predictor": 1, "correlation": 0}, "zero": {"predictor": 0.0}}

OF_PAIRS: dict[str, Measure] = {
    "alignment": Measure(
        function=alignment,
        label=ALIGNMENT["alignment"],
        span="[-1, 1]",
        parity=-1,
        null=Null("rotated", lambda W, F: alignment_null(W), within=0.05),
        **_COSINE,
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
    "noise_ratio": Measure(
        function=noise_ratio,
        label=RATES["noise_ratio"],
        takes=("correlation", "cross_correlation"),
        span="[0, inf]",
        degree={"correlation": 1, "cross_correlation": -1},
        zero={"correlation": 0.0, "cross_correlation": NAN},
        basis="cross_correlation",
    ),
    "target_scale": Measure(
        function=target_scale,
        label=RATES["target_scale"],
        takes=("cross_correlation", "target_correlation"),
        span="[-inf, inf]",
        degree={"cross_correlation": -1, "target_correlation": 1},
        zero={"cross_correlation": NAN, "target_correlation": 0.0},
        basis="cross_correlation",
    ),
    "critical_decay": Measure(
        function=critical_decay,
        label=RATES["critical_decay"],
        takes=("correlation", "cross_correlation", "target_correlation"),
        span="[0, inf]",
        degree={"correlation": -1, "cross_correlation": -1, "target_correlation": 2},
        zero={"cross_correlation": NAN, "target_correlation": 0.0},
        basis="cross_correlation",
    ),
    "alignment_rate": Measure(
        function=alignment_rate,
        label=ALIGNMENT_RATES["alignment_rate"],
        takes=("predictor", "cross_correlation"),
        span="[-0.25, inf]",
        degree={},
        zero={},
        transposition=True,
    ),
    "mode_alignment_rate": Measure(
        function=mode_alignment_rate,
        label=ALIGNMENT_RATES["mode_alignment_rate"],
        takes=("predictor", "cross_correlation"),
        span="[-0.25, inf]",
        degree={},
        zero={},
        transposition=True,
        basis="cross_correlation",
    ),
}
