"""Make the runs that ship: train them, thin them out, and pack them.

    python tests/benchmarks/make_examples.py CIFAR10.npz WORK [NAME...]

Half an hour on two cores. What is packed of a run is `KEPT` of its matrices at `SNAPSHOTS` of its
steps, its metrics at as many, its accuracies, and of two of them the checkpoint, encoder and
classifier. CIFAR-10 is read from a file, so that the fingerprint of the data is that file's.
"""

import json
import shlex
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch

from analysis import SnapshotWriter, open_snapshots
from analysis.store.examples import EXAMPLES, FOLDER
from analysis.store.reader import STORE, MissingGroupError
from trainers.commands.main import main as train

KEPT = ("predictor", "correlation", "cross_correlation", "mean", "samples")
SNAPSHOTS = 80
SMALL = "--width 8 --projector-hidden 128 --projector-out 32 --batch-size 256 --device cpu --seed 0"
LONG = f"--data DATA {SMALL} --epochs 20"
LINES = {
    "byol-linear": f"byol-linear {LONG} --predictor-lr 0.3 --target.momentum 0.99",
    "byol": f"byol {LONG} --target.momentum 0.99 --predictor.hidden 128",
    "simsiam": f"simsiam {LONG} --predictor.hidden 128",
    "directpred": f"directpred {LONG} --target.momentum 0.99",
    "collapsed": f"no-stop-gradient --data DATA {SMALL} --epochs 6",
    "linear": "euclidean --data gaussian --width 16 --lr 0.01 --target.momentum 0.99 "
    "--predictor.constraint symmetric --epochs 20 --device cpu --seed 0",
    "shapes": "directpred --width 8 --projector-hidden 128 --projector-out 32 --batch-size 64 "
    "--epochs 30 --target.momentum 0.99 --device cpu --seed 0",
}
WITH_NETWORKS = ("byol-linear", "shapes")


def main() -> None:
    data, work, *names = sys.argv[1:]
    target = Path(__file__).parents[2] / "analysis" / "store" / FOLDER
    target.mkdir(exist_ok=True)
    for name in names or EXAMPLES:
        run = Path(work) / name
        if not (run / "encoder.pt").is_file():
            words = [data if word == "DATA" else word for word in shlex.split(LINES[name])]
            assert train([*words, "--out", str(run)]) in (0, 1), name
        if name in WITH_NETWORKS and not (run / "classifier.pt").is_file():
            assert train(["evaluate", str(run)]) == 0
        packed = Path(work) / "packed" / name
        shutil.rmtree(packed, ignore_errors=True)
        thin(run, packed)
        if name in WITH_NETWORKS:
            for file in ("checkpoint.pt", "encoder.pt", "classifier.pt"):
                elsewhere(run / file, packed / file)
        pack(packed, target / f"{name}.zip")
        print(f"{name:<12} {(target / f'{name}.zip').stat().st_size / 1e6:6.2f} MB")


def thin(run: Path, out: Path) -> None:
    """Write part of a run's snapshots, closest at first, and what belongs to them."""
    ds, metrics = open_snapshots(run).load(), open_snapshots(run, "metrics")
    attrs = {k: v for k, v in ds.attrs.items() if k not in ("format", "format_version", "closed")}
    last = ds.sizes["step"] - 1
    chosen = np.unique(np.round(last * np.linspace(0, 1, SNAPSHOTS) ** 1.3).astype(int))
    names = [name for name in KEPT if name in ds]
    declared = {
        name: {"kind": ds[name].attrs["kind"]} for name in names if "kind" in ds[name].attrs
    }
    with SnapshotWriter(out / STORE, attrs=here(attrs), variable_attrs=declared) as writer:
        for i in chosen:
            one = ds.isel(step=i)
            values = {name: one[name].values for name in (*names, "epoch", "time")}
            writer.append(int(one.step), **values)
        rows = metrics.isel(
            step=np.unique(np.linspace(0, metrics.sizes["step"] - 1, 400, dtype=int))
        )
        columns = {str(name): rows[name].values for name in rows.data_vars}
        writer.append_metrics(rows["step"].values, **columns)
        try:
            table = open_snapshots(run, "evaluation")
        except MissingGroupError:
            return
        for i in range(table.sizes["evaluation"]):
            row = table.isel(evaluation=i)
            text = {key: str(row[key].values) for key in ("network", "features", "data")}
            options = {
                key: json.loads(str(row[key].values) or "{}") for key in ("options", "details")
            }
            accuracy = {f"{row.protocol.values}_accuracy": float(row.accuracy)}
            writer.append_evaluation(int(row.step), float(row.epoch), **text, **options, **accuracy)


def here(attrs: dict[str, object]) -> dict[str, object]:
    """Leave out where on a machine the data were: an example has none."""
    place = str(attrs.get("data_place", ""))
    plain = {
        k: v.replace(place, Path(place).name) if isinstance(v, str) and place else v
        for k, v in attrs.items()
    }
    return plain


def elsewhere(file: Path, out: Path) -> None:
    """Copy a file of tensors, without where on a machine the data were."""
    state = torch.load(file, weights_only=True)
    place = state.get("data", {}).get("place") if isinstance(state, dict) else None
    if place:
        state["data"]["place"] = Path(place).name
        state["config"] = state["config"].replace(place, Path(place).name)
    torch.save(state, out)


def pack(run: Path, file: Path) -> None:
    """Zip a run; the same files give the same bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(run.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(run.parent)))
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    main()
