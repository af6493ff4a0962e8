"""What runs in bf16 end in, beside those in fp32 that differ in nothing else.

    python tests/benchmarks/precision_parity.py runs/ --out notebooks/results/precision

Not a benchmark of speed: accuracy, spectra and alignment at the last snapshot, over the seeds of a
folder of runs. Two runs are a pair if their configurations differ in `precision` alone. For each
number: mean and standard deviation over seeds, by precision; the mean difference in units of
the seeds' standard deviation; and its two-sided p by a paired t test.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.stats import ttest_rel

from analysis import open_snapshots, summarise
from analysis.store.runs import run_paths

NUMBERS = {
    "accuracy": "kNN accuracy, %",
    "entropy_rank": "entropy rank of F",
    "log10_largest": "log10 of the largest eigenvalue of F",
    "asymmetry": "asymmetry of W_p",
    "weighted_alignment_excess": "excess alignment, weighted by s",
    "mean_alignment_excess": "excess alignment, mean over modes",
    "largest_p": "largest Rayleigh quotient of W_p",
}


def measured(run: Path) -> dict[str, float]:
    end = summarise(open_snapshots(run).isel(step=[-1])).isel(step=0)
    table = open_snapshots(run, "evaluation")
    row = (table.protocol == "knn") & (table.network == "online") & (table.features == "encoder")
    names = ("entropy_rank", "asymmetry", "weighted_alignment_excess", "mean_alignment_excess")
    return {
        "accuracy": 100 * float(table.accuracy[row.values].item()),
        "log10_largest": float(np.log10(end.correlation_eigenvalue[0])),
        "largest_p": float(end.rayleigh_quotient.max()),
        **{name: float(end[name]) for name in names},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    pairs: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    made = set()
    for run in run_paths(arguments.runs):
        attrs = open_snapshots(run).attrs
        config = json.loads(attrs["config_resolved"])
        precision = config.pop("precision")
        config.pop("name", None)
        pairs[json.dumps(config, sort_keys=True)][precision] = measured(run)
        made.add((attrs["commit"], attrs["torch"], attrs["device"]))
    both = [pair for pair in pairs.values() if pair.keys() == {"fp32", "bf16"}]
    if len(both) < 2:
        parser.error(f"{arguments.runs} has {len(both)} pairs of runs that differ in precision")
    lines = ["| | fp32 | bf16 | difference / sd | p |", "|---|---|---|---|---|"]
    for name, said in NUMBERS.items():
        a, b = (np.array([pair[p][name] for pair in both]) for p in ("fp32", "bf16"))
        sd = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
        seen = " | ".join(f"{x.mean():.3g} ± {x.std(ddof=1):.2g}" for x in (a, b))
        lines.append(
            f"| {said} | {seen} | {(b - a).mean() / sd:.2f} | {ttest_rel(a, b).pvalue:.2f} |"
        )
    commits = ", ".join(sorted({commit[:7] for commit, _, _ in made}))
    lines += ["", f"{len(both)} seeds; commit {commits}."]
    print("\n".join(lines))
    arguments.out.mkdir(parents=True, exist_ok=True)
    first = json.loads(next(iter(pairs)))
    kept = {
        "config": {name: value for name, value in first.items() if name != "seed"},
        "made": [dict(zip(("commit", "torch", "device"), one, strict=True)) for one in made],
        "runs": [{"seed": json.loads(c)["seed"], **pair} for c, pair in pairs.items()],
    }
    (arguments.out / "precision.json").write_text(json.dumps(kept, indent=1) + "\n")
    (arguments.out / "table.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
