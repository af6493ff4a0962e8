"""Stores and tables of format version 1, whose names said what columns say now."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from analysis.store.evaluations import SUFFIX, canonical_json
from analysis.store.schema import COORDINATES, EVALUATION, FEATURES, NETWORKS, PROTOCOLS
from analysis.store.swept import option_names

OLDER_HEAD = ("method", "seed", "accuracy", "value", "epoch", "data", "commit", "device")

# The settings of each protocol then: all else that was kept beside an accuracy is a detail.
SETTINGS = {
    "knn": ("k", "temperature"),
    "linear": ("weakest", "strongest", "count"),
    "adam": ("epochs", "batch_size", "lr", "final_lr", "power"),
    "finetune": ("epochs", "batch_size", "lr", "momentum", "weight_decay", "labels"),
}
NAMES = {
    "_".join(
        [
            f"{protocol}{SUFFIX}",
            *(part for part in (n, f) if part not in (NETWORKS[0], FEATURES[0])),
        ]
    ): (protocol, n, f)
    for protocol in PROTOCOLS
    for n in NETWORKS
    for f in FEATURES
}
"""Protocol, network and features by the name of an accuracy: ``linear_accuracy_target_block``."""


def evaluation_table(old: xr.Dataset, data: str) -> xr.Dataset:
    """Return the table of evaluations of a store of version 1, a variable a protocol by step.

    A later evaluation replaced the attributes of an earlier one: settings and details are known of
    the last row of each, and empty for the rest.
    """
    rows: list[dict[str, Any]] = []
    for name, (protocol, network, features) in NAMES.items():
        if name not in old:
            continue
        there = old[name].dropna("step")
        for i, accuracy in enumerate(there.values.tolist()):
            last = i == there.size - 1 and SETTINGS[protocol][0] in there.attrs
            options, details = _apart(protocol, there.attrs) if last else ("", "")
            rows.append(
                {
                    "step": int(there["step"][i]),
                    "epoch": float(there["epoch"][i]),
                    "protocol": protocol,
                    "network": network,
                    "features": features,
                    "options": options,
                    "data": data,
                    "accuracy": accuracy,
                    "details": details,
                }
            )
    rows.sort(key=lambda row: row["step"])
    known = COORDINATES | EVALUATION
    names = ("step", "epoch", *EVALUATION)
    columns = {
        name: (
            "evaluation",
            np.array(
                [row[name] for row in rows], dtype=object if known[name].kind == "text" else None
            ),
            known[name].attrs,
        )
        for name in names
    }
    return xr.Dataset(columns, attrs=old.attrs)


def _apart(protocol: str, attrs: Mapping[str, Any]) -> tuple[str, str]:
    settings = {name: attrs[name] for name in SETTINGS[protocol] if name in attrs}
    known = ("long_name", "symbol", "units", "network", "features")
    rest = {k: v for k, v in attrs.items() if k not in settings and k not in known}
    rest = {"description" if k == "protocol" else k: v for k, v in rest.items()}
    return canonical_json("options", settings), canonical_json("details", rest)


def older_table(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return a table of accuracies with the columns of today.

    The name of an accuracy held its protocol, network and features, and the label of a method the
    options that were swept, ``byol lr=0.1``. Step and settings of the protocol were not kept.

    Raises
    ------
    ValueError
        An accuracy has no name of version 1.
    """
    if unknown := sorted(set(table["accuracy"]) - set(NAMES)):
        raise ValueError(f"{path} has accuracies {unknown}; choose from {', '.join(NAMES)}")
    split = [re.fullmatch(r"(.*?)((?: \w+=\S+)*)", label) for label in table["method"]]
    options = [dict(word.split("=", 1) for word in m[2].split()) for m in split if m]
    names = option_names(list(dict.fromkeys(name for words in options for name in words)))
    columns = {"method": [m[1] for m in split if m], "seed": table["seed"]}
    columns |= {new: [words.get(old, "") for words in options] for old, new in names.items()}
    parts = zip(*(NAMES[name] for name in table["accuracy"]), strict=True)
    columns |= dict(zip(("protocol", "network", "features"), parts, strict=True))
    columns |= {"options": "", "step": "", "accuracy": table["value"]}
    return pd.DataFrame(columns | {name: table[name] for name in ("data", *OLDER_HEAD[-4:])})
