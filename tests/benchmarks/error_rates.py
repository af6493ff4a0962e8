"""How often noise is taken for structure, and structure found: the table of error rates.

    python tests/benchmarks/error_rates.py --out notebooks/results/error_rates

Shares are printed with their 95 % interval, of Clopper and Pearson.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import xarray as xr
from scipy.stats import binomtest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from white import wishart_spectra

from analysis import (
    bootstrap_alignment,
    bootstrap_eigenvalues,
    collapse,
    collapse_course,
    modes_above_noise,
)
from analysis.verdicts.verdict import LEVELS

SIZES = {(2, 8): 8000, (2, 100): 8000, (4, 16): 8000, (8, 9): 8000, (8, 20000): 8000}
SIZES |= {(16, 64): 4000, (32, 4000): 4000, (64, 300): 4000, (128, 1000): 2000, (512, 4096): 400}
COLLAPSE = {(2, 8): 4000, (2, 100): 4000, (3, 8): 4000, (4, 8): 4000, (8, 8): 2000, (32, 64): 300}


def row(what: str, size: object, rate: float | None, hits: int, draws: int) -> dict[str, object]:
    low, high = binomtest(hits, draws).proportion_ci()
    found = {"what": what, "size": str(size), "stated": rate, "measured": hits / draws}
    return found | {"low": round(low, 5), "high": round(high, 5), "draws": draws}


def run_of(Z: np.ndarray, mean: bool) -> xr.Dataset:  # (draws, n, d)
    n = Z.shape[1]
    F = (Z.swapaxes(1, 2) @ Z / n).astype(Z.dtype)
    F = (F + F.swapaxes(1, 2)) / 2
    run = xr.Dataset({"correlation": (("step", "row", "col"), F)}, {"step": np.arange(len(F))})
    run["samples"] = "step", np.full(len(F), n)
    return run.assign(mean=(("step", "row"), Z.mean(axis=1))) if mean else run


def noise(rng: np.random.Generator) -> list[dict[str, object]]:
    rows = []
    for (d, n), draws in SIZES.items():
        for centred in (True, False):
            s = xr.DataArray(wishart_spectra(rng, d, n - centred, draws), dims=("draw", "mode"))
            for rate in (0.05, 0.01):
                for scale in (1.0, 1e-6) if d <= 16 else (1.0,):
                    above = modes_above_noise(scale * s, n, error_rate=rate, centred=centred) > 0
                    what = f"a mode above noise of std {scale**0.5:g}" + ", centred" * centred
                    rows.append(row(what, (d, n), rate, int(above.sum()), draws))
    for (d, n), draws in COLLAPSE.items():
        Z = 3 * rng.standard_normal((draws, n, d))
        for dtype, mean in (("f8", True), ("f4", True), ("f8", False)):
            for rate in (0.05, 0.01):
                course = collapse_course(run_of(Z.astype(dtype), mean), error_rate=rate)
                hits = int((course["collapse"] > 0).sum())
                what = f"noise collapsed, {dtype}" + ", centred" * mean
                rows.append(row(what, (d, n), rate, hits, draws))
    for (d, n), (runs, looks) in {(2, 8): (1000, 20), (4, 8): (500, 40)}.items():
        for what, drawn in (("of independent looks", looks), ("of looks all alike", 1)):
            hits = 0
            for _ in range(runs):
                Z = rng.standard_normal((drawn, n, d))
                hits += collapse(run_of(np.repeat(Z, looks // drawn, axis=0), True)).kind != "none"
            rows.append(row(f"a run {what}, {looks} of noise, collapsed", (d, n), 0.01, hits, runs))
    return rows


def power(rng: np.random.Generator) -> list[dict[str, object]]:
    rows = []
    for (d, n), draws in {(8, 32): 1000, (32, 256): 400, (64, 512): 150}.items():
        for factor in (0.5, 1, 1.5, 2, 3, 4):
            Z = rng.standard_normal((draws, n, d))
            Z[:, :, 0] *= np.sqrt(1 + factor * np.sqrt(d / n))
            Z -= Z.mean(axis=1, keepdims=True)
            s = np.linalg.eigvalsh(Z.swapaxes(1, 2) @ Z)[:, ::-1]
            found = modes_above_noise(xr.DataArray(s, dims=("draw", "mode")), n) > 0
            what = f"a mode of variance 1 + {factor:g} sqrt(d/n) found, 1 %"
            rows.append(row(what, (d, n), None, int(found.sum()), draws))
    for d, n in ((2, 16), (4, 16), (8, 64), (32, 128)):
        live = np.arange(d) < d // 2
        first = np.arange(d) == 0
        planted = {
            "partial, 75 %": np.where(first, np.sqrt(3 * (d - 1)), 1.0),
            "partial, 90 %": np.where(first, np.sqrt(9 * (d - 1)), 1.0),
            "dimensional": np.where(live, 1.0, 1e-5) if d > 2 else None,
            "complete, 99.9 %": np.where(first, np.sqrt(999 * (d - 1)), 1.0),
        }
        for name, scale in planted.items():
            if scale is not None:
                Z = rng.standard_normal((500, n, d)) * scale
                level = collapse_course(run_of(Z, True))["collapse"]
                hits = int((level >= LEVELS.index(name.partition(",")[0])).sum())
                rows.append(row(f"{name} collapse found, 1 %", (d, n), None, hits, 500))
    return rows


def coverage(rng: np.random.Generator) -> list[dict[str, object]]:
    rows = []
    for d, n, q, draws in ((3, 30, 1, 100), (3, 400, 1, 60), (8, 60, 1, 50), (8, 200, 2, 40)):
        scale = np.geomspace(4, 1, d)
        W = np.diag(scale) + 0.3 * np.random.default_rng(5).standard_normal((d, d))
        hits = np.zeros(2, int)
        for seed in range(draws):
            Z = np.sqrt(0.8) * rng.standard_normal((n, 1, d))
            Z = scale * (Z + np.sqrt(0.2) * rng.standard_normal((n, q, d)))
            each = (
                (bootstrap_eigenvalues(Z, resamples=199, seed=seed), scale**2),
                (
                    bootstrap_alignment(W, Z, resamples=199, seed=seed),
                    np.diag(W) / np.linalg.norm(W, axis=0),
                ),
            )
            hits += [int(((b["low"] <= true) & (true <= b["high"])).sum()) for b, true in each]
        for name, hit in zip(("eigenvalues", "alignment"), hits, strict=True):
            # Modes of one sample are not independent: the interval is of samples.
            found = row(f"{name} in their 95 % interval", (d, n, q), 0.95, hit, draws * d)
            rows.append(found | {"low": None, "high": None})
    return rows


def line(found: dict[str, object]) -> str:
    def share(name: str) -> str:
        return "" if found[name] is None else f"{100 * float(str(found[name])):.2f}"

    cells = [str(found["what"]), str(found["size"]), *map(share, ("stated", "measured"))]
    interval = f"{share('low')} to {share('high')}" if found["low"] is not None else ""
    return "| " + " | ".join([*cells, interval, str(found["draws"])]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    rows = [found for part in (noise, power, coverage) for found in part(rng)]
    head = "| what | (d, n[, views]) | stated % | measured % | 95 % interval | draws |"
    text = "\n".join([head, "|---|---|---|---|---|---|", *map(line, rows)]) + "\n"
    print(text, end="")
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        )
        command = f"python tests/benchmarks/error_rates.py --seed {args.seed} --out {args.out}"
        made = {"command": command, "commit": commit.stdout.strip(), "seed": args.seed}
        (args.out / "results.json").write_text(json.dumps(made | {"rows": rows}, indent=1) + "\n")
        title = f"Error rates, by `{command}` at {commit.stdout.strip()[:7]}.\n\n"
        (args.out / "table.md").write_text(title + text)


if __name__ == "__main__":
    main()
