"""In what runs differ: method, seed, and every option of their configs by one flat name."""

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.store.schema import AXES, COORDINATES, EVALUATION, METRICS, SNAPSHOTS

Place = dict[str, Any]
APART = ("name", "seed", "device")  # of a config: not an option that one sweeps
PARTS = ("encoder", "projector", "predictor")  # with a rate and a decay, by default the run's
OWN = ("method", "seed")
TAKEN = {
    *(*SNAPSHOTS, *METRICS, *EVALUATION, *COORDINATES, *AXES.values(), *OWN),
    *("row", "col", "feature", "mode", "commit", "device", "mean", "sd", "n", "accuracies"),
}
"""Names that have a meaning in a dataset or a table: an option of that name gets another one."""


def place(attrs: Mapping[str, Any]) -> Place:
    """Return method, seed and every option of a run's config, nested ones as ``predictor_eps``.

    The config as resolved: a width that was typed and the same one by default are no difference.
    """
    kinds = ("config_resolved", "config", "flow")
    config: Any = next((attrs[kind] for kind in kinds if attrs.get(kind)), {})
    try:
        config = json.loads(config) if isinstance(config, str) else config
    except ValueError:  # the config of a loop that is not ours
        config = {"config": config}
    if not isinstance(config, Mapping):
        config = {"config": config}
    options: Place = {}
    for key, value in _flat({k: v for k, v in config.items() if k not in APART}):
        options[f"method_{key}" if key in options or key in OWN else key] = value
    # Older runs have the config only as it was given.
    for part, option in itertools.product(PARTS, ("lr", "weight_decay")):
        name = f"{part}_{option.removeprefix('weight_')}"
        by_rule = name == "predictor_decay" and options.get("flow_decay")
        if name in options and options[name] is None and not by_rule:
            options[name] = options.get(option)
    return options | {"method": attrs.get("method", ""), "seed": attrs.get("seed", 0)}


def swept(places: Sequence[Place]) -> list[str]:
    """Return the options that differ between runs of one method.

    Of options that stand for each other one to one within each method, as a width that follows from
    the encoder, the first is taken.
    """
    options = dict.fromkeys(key for p in places for key in p if key not in OWN)
    partitions: set[tuple[int, ...]] = set()
    varied = []
    for option in options:
        column = [(p["method"], option_key(p.get(option))) for p in places]
        if len(set(column)) == len({method for method, _ in column}):
            continue  # one value a method
        partition = tuple(column.index(key) for key in column)
        if partition not in partitions:
            partitions.add(partition)
            varied.append(option)
    return varied


def option_names(options: Sequence[str]) -> dict[str, str]:
    """Return a name for each option that nothing else has: `predictor` is `option_predictor`."""
    names: dict[str, str] = {}
    for option in options:
        name = option
        while name in TAKEN or name in names.values() or (name != option and name in options):
            name = f"option_{name}"
        names[option] = name
    return names


def option_key(value: Any) -> tuple[str, Any]:
    """Return what is equal, and hashed as equal, for equal values of an option; NaN is NaN."""
    if value is None:
        return ("none", "")
    if _is_number(value):
        return ("number", "nan" if math.isnan(value) else float(value))
    return ("word", json.dumps(value, sort_keys=True, default=str))


def sorted_values(values: Iterable[Any]) -> list[Any]:
    """Return the different values: numbers, NaN, words, and None for an option that is not set."""
    different = {option_key(value): value for value in values}
    numbers = sorted(v for v in different.values() if _is_number(v) and not math.isnan(v))
    nans = [v for key, v in different.items() if key == ("number", "nan")]
    words = sorted(key for key in different if key[0] == "word")
    return numbers + nans + [different[key] for key in words] + [None] * (("none", "") in different)


def option_labels(values: Sequence[Any]) -> list[Any]:
    """Return labels of one kind: numbers with NaN for an option that is not set, or else words.

    Different values get different labels.
    """
    keys = {option_key(value) for value in values}
    nothing, nan = ("none", ""), ("number", "nan")
    if all(kind != "word" for kind, _ in keys) and not {nothing, nan} <= keys:
        return [math.nan if value is None else value for value in values]
    words = [_word(value) for value in values]
    if len(set(words)) < len(keys):  # 2 beside "2"
        return [json.dumps(value, sort_keys=True, default=str) for value in values]
    return words


def _word(value: Any) -> str:
    if value is None:
        return "none"
    return str(value) if isinstance(value, str | bool) else json.dumps(value, default=str)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    # {"method": {"predictor": {"kind": "Direct", "eps": 0.1}}} -> predictor: Direct, predictor_eps
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, "" if key == "method" else f"{prefix}{key}_")
        elif key != "kind":
            yield f"{prefix}{key}", value
        elif prefix:
            yield prefix.rstrip("_"), value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
