import statistics

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from accuracy_rows import rows

from analysis.figures.accuracy_bars import kind_labels, plot_accuracy, run_labels
from analysis.measures.accuracy import by_method


def test_bars_end_at_the_mean_and_whiskers_at_one_sd():
    fig, ax = plt.subplots()
    plot_accuracy(by_method(rows("byol", "knn", 0.40, 0.44)), ax=ax)
    (bar,) = ax.patches
    assert bar.get_width() == pytest.approx(42)
    (whisker,) = ax.collections
    low, high = whisker.get_paths()[0].vertices[:, 0]
    assert high - low == pytest.approx(2 * 100 * statistics.stdev([0.40, 0.44]))
    assert [t.get_text() for t in ax.get_yticklabels()] == ["byol"]
    plt.close(fig)


def test_bars_of_two_kinds_lie_beside_each_other_at_their_method():
    fig, ax = plt.subplots()
    given = [rows("byol", "knn", 0.1), rows("simsiam", "linear", 0.2), rows("byol", "linear", 0.3)]
    plot_accuracy(by_method(pd.concat(given)), ax=ax)
    found = {round(bar.get_width()): bar.get_y() + bar.get_height() / 2 for bar in ax.patches}
    assert found == pytest.approx({10: -0.2, 20: 1.2, 30: 0.2})
    fig.canvas.draw()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["byol", "simsiam"]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        *("kNN accuracy", "linear-probe accuracy")
    ]
    plt.close(fig)


def test_a_label_has_what_differs_within_its_method_and_nothing_else():
    given = [rows("byol", "knn", 0.1, lr=lr, eps=np.nan) for lr in (0.1, 0.3)]
    given += [rows("direct", "knn", 0.1, lr=0.1, eps=eps) for eps in (0.5, np.nan)]
    given += [rows("simsiam", "knn", 0.1, lr=0.1, eps=np.nan)]
    groups = by_method(pd.concat(given))
    names = ["byol lr=0.1", "byol lr=0.3", "direct eps=0.5", "direct eps=-", "simsiam"]
    assert run_labels(groups) == names
    assert set(kind_labels(groups)) == {"kNN accuracy"}
