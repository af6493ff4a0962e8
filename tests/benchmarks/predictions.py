"""How far theory predicts stored runs: the error of p_j and s_j by flow, a row a run.

    python tests/benchmarks/predictions.py CIFAR10.npz WORK --out notebooks/results/predictions

Trains what WORK lacks of `LINES` (some 20 minutes on a core), adds examples that ship, and writes
predictions.json, predictions.txt, and pictures of the best and the worst, cosine over still.
"""

import argparse
import json
import math
import shlex
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from analysis import copy_example, open_run
from analysis.figures import theory_comparison
from dynamics import compare, run_descent
from dynamics.experiment.stored_flow import stored_flow
from trainers.commands.main import main as train

VECTORS = "--data gaussian --width 16 --lr 0.003 --epochs 40 --device cpu --seed 0"
IMAGES = (
    "--data DATA --limit 20000 --width 8 --projector-hidden 128 --projector-out 16 "
    "--batch-size 256 --epochs 6 --device cpu --seed 0"
)
METHODS = {
    "byol-linear": "--target.momentum 0.99",
    "directpred": "--target.momentum 0.99",
    "directcopy": "--target.momentum 0.99",
    "simsiam-linear": "",
}
LINES = {
    f"{data}-{name}": f"{name} {options} {settings}"
    for data, settings in (("gaussian", VECTORS), ("cifar10", IMAGES))
    for name, options in METHODS.items()
}
SHIPPED = ("linear", "byol-linear", "directpred", "shapes")
FLOWS = ("cosine", "steps", "euclidean", "still")


def trained(name: str, work: Path, data: str) -> xr.DataTree:
    run = work / name
    if not (run / "encoder.pt").is_file():
        words = [data if word == "DATA" else word for word in shlex.split(LINES[name])]
        assert train([*words, "--out", str(run)]) == 0, name
    return open_run(run)


def measured(run: xr.DataTree, begin: float) -> dict[str, Any]:
    """Return errors of p and s from the snapshot at a share `begin` of the run's time on, by flow:
    cosine; steps, its mean field by steps with momentum and the noise of the run's own gradients,
    where W_p is learned (examples that ship have no norms of gradients, and no noise); euclidean;
    and still, which stays at its start. Each is a root mean square over steps and modes, over that
    of what was measured. The flows have the k_j that the run ends with, steps one k. What is above
    100 is null. Alive are modes whose s ends above a hundredth of the largest, by the run's loss.
    """
    ds = run.to_dataset().load()
    start = int(np.argmax(ds["time"].values >= begin * float(ds["time"][-1])))
    both = {loss: compare(ds, start=start, loss=loss) for loss in ("cosine", "euclidean")}
    found = {name: list(one["error"].values) for name, one in both.items()}
    here = both["cosine"].isel(step=slice(start, None)).sel(source="measured")
    found["still"] = [
        float(np.sqrt(((one - one[0]) ** 2).mean() / (one**2).mean()))
        for one in (
            here[name].transpose("step", "mode")
            for name in ("predictor_eigenvalue", "correlation_eigenvalue")
        )
    ]
    cosine = stored_flow(ds).get("loss", {}).get("kind") == "cosine"
    learned = "ClosedFormFlow" not in both["cosine"].attrs["flow"]
    if cosine and learned:
        found["steps"] = list(
            compare(ds, run_descent(run, start=start), start=start)["error"].values
        )
    row: dict[str, Any] = {name: [plain(x) for x in found.get(name, ())] for name in FLOWS}
    own = both["cosine" if cosine else "euclidean"]
    alive = [int(own["survives"].sel(source=x).sum()) for x in ("measured", "predicted")]
    return row | {
        "start": int(ds["step"][start]),
        "alive_measured_predicted": alive,
        "broken": own.attrs["not_in_the_flow"],
    }


def plain(value: float) -> float | None:
    return float(f"{value:.3g}") if math.isfinite(value) and value < 100 else None


def shown(pair: list[float | None]) -> str:
    if not pair:
        return f"{'':>12}"
    return "".join(f"{'-':>6}" if x is None else f"{x:6.2f}" for x in pair)


def table(rows: list[dict[str, Any]]) -> str:
    head = f"{'run':<24}{'from':>6}" + "".join(f"{name + ' p, s':>16}" for name in FLOWS)
    lines = [
        f"{row['run']:<24}{row['start']:>6}" + "".join(f"{shown(row[x]):>16}" for x in FLOWS)
        for row in rows
    ]
    return "\n".join([head, *lines]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("work", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    runs = {name: trained(name, args.work, args.data) for name in LINES}
    with tempfile.TemporaryDirectory() as folder:
        for name in SHIPPED:
            runs[f"example {name}"] = open_run(copy_example(name, folder)).load()
    rows = []
    for name, run in runs.items():
        config = json.loads(run.attrs["config"])
        config["data"] = Path(config["data"]).name  # and not where on a machine it is
        kept = {"seed": config["seed"], "commit": str(run.attrs["commit"]), "config": config}
        rows += [{"run": name} | measured(run, begin) | kept for begin in (0.0, 0.1)]
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "predictions.txt").write_text(table(rows))
    what = " ".join((measured.__doc__ or "").split())
    lines = ",\n  ".join(json.dumps(row) for row in rows)
    (args.out / "predictions.json").write_text(
        f'{{"what": {json.dumps(what)},\n "rows": [\n  {lines}\n]}}\n'
    )
    print(table(rows))
    late = [row for row in rows if row["start"] and not row["run"].startswith("example")]
    late.sort(key=lambda row: sum(row["cosine"]) / sum(row["still"]))
    for name, row in (("best", late[0]), ("worst", late[-1])):
        ds = runs[row["run"]].to_dataset().load()
        both = compare(ds, start=int(np.flatnonzero(ds["step"] == row["start"])[0]))
        print(f"{name}: {row['run']}")
        theory_comparison(both, modes=8).savefig(args.out / f"{name}.png", dpi=150)


if __name__ == "__main__":
    main()
