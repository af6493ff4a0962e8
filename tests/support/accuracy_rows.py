"""Rows of a table of accuracies."""

import pandas as pd


def rows(method, protocol, *values, **columns):
    usual = {"network": "online", "features": "encoder", "options": "{}", "data": "cifar10"}
    usual |= {"step": 10, "epoch": 1.0, "commit": "", "device": "cpu"}
    return pd.DataFrame(
        {"method": method, "seed": str(i), "protocol": protocol, "accuracy": value}
        | usual
        | columns
        for i, value in enumerate(values)
    )
