"""What the matrices of a folder of runs say at their last snapshot, a row a run.

    python tests/benchmarks/findings.py runs/ --out notebooks/results/short_runs/findings.json

Not a benchmark of speed: the results that the pages quote, by one command.
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import spearmanr

from analysis import (
    centred,
    collapse,
    eigenvalues,
    entropy_rank,
    fit_power_law,
    modes_above_noise,
    open_snapshots,
    summarise,
)
from analysis.store.reader import MissingGroupError
from analysis.store.runs import run_paths


def optional(run: Path, group: str) -> xr.Dataset | None:
    try:
        return open_snapshots(run, group)
    except MissingGroupError:
        return None


def plain(value: float, digits: int = 4) -> float | None:
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None


def measured(run: Path) -> dict[str, Any]:
    """Return the verdict of `collapse`; by which factor the largest eigenvalue of F grew, and the
    share of it that is the mean's; alignment of mode 1; clearly negative Rayleigh quotients, below
    -residual; exponent of p ~ s^a with its 95 % interval and number of clear modes; of
    the centred F the entropy rank and the modes above noise at 1 %, by images; accuracies; commit.
    """
    ds = open_snapshots(run).load()
    first, last = ds.isel(step=[0]), ds.isel(step=[-1])
    start, end = summarise(first).isel(step=0), summarise(last).isel(step=0)
    verdict = collapse(ds, optional(run, "metrics"))
    p, s, residual = end.rayleigh_quotient, end.correlation_eigenvalue, end.rayleigh_residual
    spread = eigenvalues(centred(last.correlation, last["mean"])).isel(step=0)
    images = last["samples"].isel(step=0) / 2  # two views of each: to be careful, one row
    F = last.correlation.isel(step=0)
    u = np.linalg.eigh(F.values.astype(float))[1][:, -1]
    m = last["mean"].isel(step=0).values.astype(float)
    try:
        law = fit_power_law(p, s, residual=residual)
        exponent = [plain(x, 3) for x in (law.exponent, law.low, law.high)] + [law.modes]
    except ValueError:  # fewer than three modes
        exponent = None
    row: dict[str, Any] = {
        "run": run.name,
        "collapse": verdict.kind,
        "onset": verdict.onset,
        "mean_growth": verdict.mean_growth,
        "first_growth": plain(float(s[0] / start.correlation_eigenvalue[0])),
        "first_is_mean": plain(float((u @ m) ** 2 / s[0]), 3),
        "alignment_1": plain(float(end.alignment[0]), 3),
        "negative_modes": int((p < -residual).sum()),
        "exponent": exponent,
        "entropy_rank": plain(float(entropy_rank(spread))),
        "modes_above_noise": plain(float(modes_above_noise(spread, images))),
    }
    table = optional(run, "evaluation")
    if table is not None:
        for protocol in np.unique(table.protocol):
            row[str(protocol)] = float(table.accuracy[table.protocol == protocol][-1])
    return row | {"commit": str(ds.attrs["commit"])}


def across(rows: list[dict[str, Any]]) -> dict[str, Any]:
    gone = [r for r in rows if r["collapse"] in ("dimensional", "complete")]
    finite = [r for r in rows if r["entropy_rank"] is not None]

    def with_knn(name: str) -> float | None:
        pairs = [(r[name], r["knn"]) for r in finite if r[name] is not None and "knn" in r]
        return plain(float(spearmanr(*zip(*pairs, strict=True)).statistic), 3) if pairs else None

    return {
        "runs": len(rows),
        "verdicts": dict(Counter(r["collapse"] for r in rows)),
        "collapsed_with_first_eigenvalue_grown": sum((r["first_growth"] or 0) > 1 for r in gone),
        "spearman_entropy_rank_knn": with_knn("entropy_rank"),
        "spearman_modes_above_noise_knn": with_knn("modes_above_noise"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    rows = [measured(run) for run in run_paths([args.runs])]
    found = {"across": across(rows), "rows": rows}
    text = json.dumps(found["across"], indent=1)
    print(text)
    if args.out:
        lines = ",\n  ".join(json.dumps(row) for row in rows)
        what = json.dumps(" ".join((measured.__doc__ or "").split()))
        args.out.write_text(
            f'{{"what": {what},\n "across": {json.dumps(found["across"])},\n'
            f' "rows": [\n  {lines}\n]}}\n'
        )


if __name__ == "__main__":
    main()
