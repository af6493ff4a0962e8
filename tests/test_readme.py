"""What the README says of stored results is what is stored (row I6)."""

import re
from pathlib import Path

from analysis.accuracy import by_method, read_accuracies

ROOT = Path(__file__).parents[1]


def test_I6_accuracies_in_the_readme_are_the_stored_ones():
    table = ROOT / "notebooks" / "results" / "short_runs" / "accuracy.csv"
    stored: dict[str, set[str]] = {"linear_accuracy": set(), "knn_accuracy": set()}
    for group in by_method(read_accuracies([table])):
        stored[group.accuracy].add(f"{100 * group.mean:.1f} ± {100 * group.sd:.1f}")
    spread = r"(\d+\.\d ± \d+\.\d)"
    cells = re.findall(rf"\| {spread} \({spread}\) ", (ROOT / "README.md").read_text())
    assert len(cells) == 14
    assert {linear for linear, _ in cells} <= stored["linear_accuracy"]
    assert {knn for _, knn in cells} <= stored["knn_accuracy"]
