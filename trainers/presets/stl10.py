"""The STL-10 tables of DirectPred's paper as presets: a row of numbers is a row of experiments."""

from collections.abc import Mapping
from typing import Any

from trainers.methods.closed_forms import Direct
from trainers.methods.method import Method, Predictor, Target
from trainers.methods.optimal import Optimal
from trainers.methods.predictors import Learned
from trainers.methods.targets import EMA, StopGradient
from trainers.presets.preset import AT_STL, PREDICTOR_DECAY_ONLY, TCG, Preset

OWN_OR_EMA: dict[str, Target] = {"ema": EMA(), "own": StopGradient()}


def _learned(layers: int, bias: bool, symmetric: bool) -> Learned:
    # What the paper calls symmetric ties two layers, and averages one with its transpose.
    constraint = ("symmetric" if layers == 1 else "tied") if symmetric else "none"
    return Learned(layers=layers, bias=bias, constraint=constraint)


# The columns of Tables 3 and 5: symmetric or regular, without bias and with.
COLUMNS = {
    "symmetric": (False, True),
    "regular": (False, False),
    "symmetric-bias": (True, True),
    "regular-bias": (True, False),
}
TABLE_1 = {
    "ema": ("40.67±0.50", "35.29±2.49", "34.60±0.98", "35.63±2.66"),
    "own": ("39.45±1.26", "34.01±1.54", "34.58±2.93", "32.22±2.94"),
}
TABLE_3 = {
    (1, "ema"): ("75.09±0.48", "74.51±0.47", "74.52±0.29", "74.16±0.33"),
    (1, "own"): ("36.62±1.85", "72.85±0.16", "36.04±2.74", "72.13±0.53"),
    (2, "ema"): ("71.58±6.46", "78.85±0.25", "77.64±0.41", "78.53±0.34"),
    (2, "own"): ("35.59±2.10", "65.98±0.71", "41.92±4.25", "65.59±0.66"),
}
TABLE_5 = {
    ("decay", "ema"): ("71.91±0.70", "70.54±0.93", "73.67±0.47", "70.89±0.98"),
    ("decay", "own"): ("71.12±0.71", "71.34±0.63", "73.01±0.37", "71.70±0.83"),
    ("nodecay", "ema"): ("71.76±0.28", "70.62±1.05", "71.86±0.39", "70.99±1.01"),
    ("nodecay", "own"): ("43.04±2.32", "71.36±0.44", "41.36±3.33", "71.37±0.77"),
}
TABLE_6 = {
    0.3: ("76.77±0.24", "77.11±0.35", "77.86±0.16", "75.06±1.10"),
    0.5: ("76.65±0.20", "76.76±0.33", "77.56±0.25", "75.22±0.81"),
}
TABLE_7 = {
    1: ("46.57±18.43", "65.31±18.22", "77.11±0.66", "76.46±0.55"),
    2: ("75.01±0.48", "75.10±0.35", "76.83±0.52", "76.31±0.27"),
}


def _preset(
    table: int,
    predictor: Predictor,
    target: str,
    what: str,
    published: str,
    options: Mapping[str, Any] | None = None,
) -> Preset:
    method = Method(predictor, OWN_OR_EMA[target])
    return Preset(method, what, f"{TCG}, Table {table}", options or {}, published, AT_STL)


TABLES: dict[str, Preset] = {}
for _target, _row in TABLE_1.items():
    for _every, _top1 in zip((1, 2, 3, 5), _row, strict=True):
        TABLES[f"table1-every{_every}-{_target}"] = _preset(
            1,
            # The rule behind the numbers, and not the equation printed under them.
            Optimal(every=_every, first=1, equation="sylvester"),
            _target,
            f"optimal predictor, the code's Sylvester equation, every {_every} steps",
            _top1,
        )
for (_layers, _target), _row in TABLE_3.items():
    for (_column, (_bias, _sym)), _top1 in zip(COLUMNS.items(), _row, strict=True):
        TABLES[f"table3-{_layers}layer-{_column}-{_target}"] = _preset(
            3,
            _learned(_layers, _bias, _sym),
            _target,
            f"{_column} predictor of {_layers} layer{'s' * (_layers > 1)}",
            _top1,
        )
_DECAYS = {"decay": PREDICTOR_DECAY_ONLY, "nodecay": {"weight_decay": 0.0}}
for (_decay, _target), _row in TABLE_5.items():
    for (_column, (_bias, _sym)), _top1 in zip(COLUMNS.items(), _row, strict=True):
        # Table 2 is the regular columns of the rows without decay.
        TABLES[f"table5-{_decay}-{_column}-{_target}"] = _preset(
            5,
            _learned(1, _bias, _sym),
            _target,
            f"{_column}, {'only the predictor decays' if _decay == 'decay' else 'no decay'}",
            _top1,
            _DECAYS[_decay],
        )
for _rho, _row in TABLE_6.items():
    for _eps, _top1 in zip((0.0, 0.01, 0.1, 0.5), _row, strict=True):
        TABLES[f"table6-rho{_rho:g}-eps{_eps:g}"] = _preset(
            6, Direct(rho=_rho, eps=_eps), "ema", f"DirectPred, rho {_rho:g}, eps {_eps:g}", _top1
        )
for _every, _row in TABLE_7.items():
    for _c, _top1 in zip((0.1, 0.05, -0.05, -0.1), _row, strict=True):
        TABLES[f"table7-c{_c:g}-every{_every}"] = _preset(
            7,
            Direct(eps=0.0, offset=_c, every=_every, first=1, normalise="none"),
            "ema",
            f"p = sqrt(max(s - c, 0)), c {_c:g}, every {_every} steps",
            _top1,
        )
