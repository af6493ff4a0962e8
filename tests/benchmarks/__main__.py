"""The table of speed: every ratio several times, each in a process of its own, and its range.

    pip install -e '.[benchmarks]'
    python tests/benchmarks [--repeats 3] [--only WORD] [--out notebooks/results/speed]

Writes `speed.json` and `table.md`: every ratio, its target, machine, versions, threads and load. A
benchmark takes both sides of its ratio in one process, steps of training in turn.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy
import torch

from trainers.runs.versions import versions

HERE = Path(__file__).parent
NUMBER = r"([\d.]+)"


class Row(NamedTuple):
    """One ratio: what it is of, what is wanted of it, and where it is printed."""

    what: str
    target: str
    command: str
    line: str  # in which the ratio stands


STEP = "bench_precision.py --rounds 5"
LIGHTLY = "bench_lightly.py --rounds 1"
DIRECT = "bench_direct.py --rounds 3 --d"
SUMMARISE = rf"summarise .* of \d+ cores {NUMBER}"
ROWS = (
    Row(
        "BYOL's images a second, views included, over lightly's, width 16, batch 256, plain",
        "",
        LIGHTLY,
        rf"^ratio +{NUMBER}",
    ),
    Row(
        "the same, compiled and in bf16",
        "4 or more",
        f"{LIGHTLY} --precision bf16 --compile",
        rf"^ratio +{NUMBER}",
    ),
    Row(
        "compiled and in bf16 over lightly's, width 8, batch 128",
        "4 or more",
        f"{LIGHTLY} --precision bf16 --compile --width 8 --batch-size 128",
        rf"^ratio +{NUMBER}",
    ),
    Row(
        "a step in fp32 over bf16, width 16, batch 256",
        "",
        f"{STEP} --width 16 --batch-size 256",
        rf"^ratio +{NUMBER}",
    ),
    Row(
        "a step in fp32 over bf16, width 8, batch 128",
        "",
        f"{STEP} --width 8 --batch-size 128",
        rf"^ratio +{NUMBER}",
    ),
    Row(
        "a plain step in fp32 over a compiled one in bf16, width 16, batch 256",
        "1.9 or more",
        f"{STEP} --sides fp32 bf16+compile --width 16 --batch-size 256",
        rf"^ratio +{NUMBER}",
    ),
    Row(
        "a plain step over a compiled one, both in fp32",
        "",
        f"{STEP} --sides fp32 fp32+compile --width 16 --batch-size 256",
        rf"^ratio +{NUMBER}",
    ),
    Row(
        "a step recorded every 10 over one that is not",
        "1.02 or less",
        "bench_recording.py --rounds 5",
        rf"^ratio +{NUMBER}",
    ),
    Row(
        "a step from a packed folder over one from memory",
        "1.02 or less",
        "bench_packed.py --rounds 5",
        rf"^step .*ratio {NUMBER}",
    ),
    Row(
        "a step of DirectPred over a learned one, d = 128",
        "1.05 or less",
        f"{DIRECT} 128",
        rf"^directpred .*ratio {NUMBER}",
    ),
    Row(
        "a step of DirectPred over a learned one, d = 512",
        "1.15 or less",
        f"{DIRECT} 512",
        rf"^directpred .*ratio {NUMBER}",
    ),
    Row(
        "`summarise` over bare `eigh` on all cores, (1000, 128)",
        "1.5 or less",
        "bench_summarise.py --sizes 1000x128",
        SUMMARISE,
    ),
    Row(
        "`summarise` over bare `eigh` on all cores, (200, 512)",
        "1.5 or less",
        "bench_summarise.py --sizes 200x512",
        SUMMARISE,
    ),
    Row(
        "CPU seconds of `summarise` over those of bare `eigh`, (1000, 128)",
        "",
        "bench_summarise.py --sizes 1000x128",
        rf"CPU seconds {NUMBER}",
    ),
    Row(
        "a loop of `solve_ivp` RK45 over `ensemble`, 100,000 trajectories",
        "200 or more, of a million",
        "bench_ensemble.py --most 100000",
        rf"^ensemble +100000 .*RK45 +{NUMBER}x",
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", default="", help="rows with this word in their command")
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "notebooks/results/speed")
    arguments = parser.parse_args()
    rows = [row for row in ROWS if arguments.only in row.command]
    if find_spec("lightly") is None:
        rows = [row for row in rows if not row.command.startswith(LIGHTLY)]
        print("lightly is not installed: its rows are left out", file=sys.stderr)
    if not rows:
        parser.error(f"no row has {arguments.only!r} in its command")
    if arguments.repeats < 1:
        parser.error(f"repeats is {arguments.repeats}; at least 1 wanted")
    made = {
        **versions(torch.device("cpu")),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }
    # In turn, so that what else a machine does in a minute is not all one row's.
    ratios: dict[Row, list[float]] = {row: [] for row in rows}
    loads = []
    for _ in range(arguments.repeats):
        for row in rows:
            ratios[row].append(_ratio(row))
            loads.append(round(os.getloadavg()[0], 2))
            print(f"{row.what}: {ratios[row][-1]:g}", file=sys.stderr, flush=True)
    made["load"] = [min(loads), max(loads)]
    table = _table(rows, ratios, made)
    print(table)
    arguments.out.mkdir(parents=True, exist_ok=True)
    kept = {"made": made, "rows": [row._asdict() | {"ratios": ratios[row]} for row in rows]}
    (arguments.out / "speed.json").write_text(json.dumps(kept, indent=1) + "\n")
    (arguments.out / "table.md").write_text(table + "\n")


def _ratio(row: Row) -> float:
    script, *flags = row.command.split()
    command = [sys.executable, str(HERE / script), *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(row.line, done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise SystemExit(f"{row.command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return float(found[1])


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", info.read_text()) if info.is_file() else None
    return found[1] if found else platform.processor() or platform.machine()


def _table(rows: list[Row], ratios: dict[Row, list[float]], made: dict[str, object]) -> str:
    lines = ["| ratio | wanted | median | range |", "|---|---|---|---|"]
    for row in rows:
        each = ratios[row]
        median, least, most = statistics.median(each), min(each), max(each)
        spread = f"{least:.4g} to {most:.4g}" if len(each) > 1 else "one process"
        lines.append(f"| {row.what} | {row.target} | {median:.4g} | {spread} |")
    count = len(next(iter(ratios.values())))
    said = ", ".join(f"{key} {made[key]}" for key in ("cpu", "cores", "threads", "load", "torch"))
    return "\n".join([*lines, "", f"{count} processes a row; {said}, {made['start_time']}."])


if __name__ == "__main__":
    main()
