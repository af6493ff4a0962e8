"""What README and pages say of stored results and counts is what is stored, and what there is."""

import json
import re
from pathlib import Path

from analysis.measures.accuracy import by_method, read_accuracies
from dynamics.theorems.observations import OBSERVATIONS
from trainers.methods.method import METHODS
from trainers.presets.table import PRESETS

ROOT = Path(__file__).parents[2]
FLOWS = ("cosine", "steps", "euclidean", "still")


def test_accuracies_of_the_results_page_are_the_stored_ones():
    table = ROOT / "notebooks" / "results" / "short_runs" / "accuracy.csv"
    stored: dict[str, set[str]] = {"linear": set(), "knn": set()}
    for _, group in by_method(read_accuracies([table])).iterrows():
        stored[group["protocol"]].add(f"{100 * group['mean']:.1f} ± {100 * group['sd']:.1f}")
    spread = r"(\d+\.\d ± \d+\.\d)"
    cells = re.findall(
        rf"\| {spread} \({spread}\) ", (ROOT / "notebooks" / "results.md").read_text()
    )
    assert len(cells) == 14
    assert {linear for linear, _ in cells} <= stored["linear"]
    assert {knn for _, knn in cells} <= stored["knn"]


def test_what_the_results_page_says_of_predictions_is_what_is_stored():
    folder = ROOT / "notebooks" / "results" / "predictions"
    rows = json.loads((folder / "predictions.json").read_text())["rows"]
    lines = (folder / "predictions.txt").read_text().splitlines()[1:]
    for line, row in zip(lines, rows, strict=True):
        numbers = [x for name in FLOWS for x in row[name]]
        shown = line.removeprefix(row["run"]).split()
        assert shown == [
            str(row["start"]),
            *("-" if x is None else f"{x:.2f}" for x in numbers),
        ]
    late = [
        row for row in rows if row["start"] and row["config"]["method"]["loss"]["kind"] == "Cosine"
    ]
    far = float("inf")
    nearer = [
        [mine < (far if other is None else other) for mine, other in zip(*pair, strict=True)]
        for pair in ((row["cosine"], row["euclidean"]) for row in late)
    ]
    assert [sum(column) for column in zip(*nearer, strict=True)] == [10, 11]
    by_steps = [
        [a < b for a, b in zip(row["steps"], row["still"], strict=True)]
        for row in late
        if row["steps"]
    ]
    assert [sum(column) for column in zip(*by_steps, strict=True)] == [5, 3]
    said = "in s in all eleven cosine runs, and in p in ten"
    assert said in " ".join((ROOT / "notebooks" / "results.md").read_text().split())


def test_counts_in_the_readme_are_those_of_the_code():
    readme = (ROOT / "README.md").read_text()
    counts = {"experiments by name": len(PRESETS), "statements of the paper": len(OBSERVATIONS)}
    for what, count in counts.items():
        assert re.findall(rf"(\d+) {what}", readme) == [str(count)], what
    table = re.findall(r"^\| `(\w+)` \| `\w+\(.*\)` \| `", readme, re.M)
    assert table == list(METHODS)  # the table of methods has all of them
    assert len(OBSERVATIONS) == 10 + 1  # Table 4, and Tables 3 and 5


def test_the_readme_fits_on_few_screens_and_links_to_what_is_there():
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 120
    links = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []
