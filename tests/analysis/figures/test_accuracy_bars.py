import statistics
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from accuracy_rows import rows

from analysis.figures.accuracy_bars import bars_figure, kind_labels, plot_accuracy, run_labels
from analysis.figures.accuracy_swept import against_figure
from analysis.figures.style import STYLE
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


def swept(methods, rates):
    """Of long names that differ in their middle alone."""
    return by_method(
        pd.concat(
            rows(method, kind, 0.1, 0.2, lr=lr, momentum=m, decay=f"{m} {'a long word ' * 6}end")
            for method in methods
            for lr in rates
            for m in (0.9, 0.99)
            for kind in ("knn", "linear")
        )
    )


@pytest.mark.parametrize(
    "groups",
    [by_method(rows("byol", "knn", 0.4)), swept(["byol"], [0.1]), swept("abcd", [0.1, 0.3])],
    ids=["one run", "two rows", "sixteen rows"],
)
@pytest.mark.parametrize("against", [False, True])
def test_all_labels_are_whole_on_the_page_at_every_number_of_runs(groups, against):
    if against and "lr" not in groups:
        groups = groups.assign(lr=0.1)
    figure = against_figure(groups, "lr") if against else bars_figure(groups)
    with mpl.rc_context(STYLE):
        figure.draw_without_rendering()
    (ax,), page = figure.axes, figure.bbox
    names = [
        t.get_text() for t in (ax.get_legend().get_texts() if against else ax.get_yticklabels())
    ]
    assert len(set(names)) == len(names)
    assert "…" not in "".join(names)
    rows_of_bars = [] if against else ax.get_yticklabels()
    named = [ax.yaxis.label] if against else rows_of_bars
    texts = [*named, ax.xaxis.label, ax.get_legend()]
    for artist in filter(None, texts):
        box = artist.get_window_extent()
        assert page.x0 <= box.x0 + 1 <= box.x1 - 1 <= page.x1, artist
        assert page.y0 <= box.y0 + 1 <= box.y1 - 1 <= page.y1, artist
    assert ax.get_position().width * figure.get_figwidth() > 1.5
    labels = sorted((t.get_window_extent() for t in rows_of_bars), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in pairwise(labels))


def test_a_fingerprint_of_data_is_shortened_in_a_label():
    given = [rows("byol", "knn", 0.1, data=f"cifar10 {c * 32}") for c in "ab"]
    names = run_labels(by_method(pd.concat(given)))
    assert names == ["byol data=cifar10 aaaaaaa", "byol data=cifar10 bbbbbbb"]
