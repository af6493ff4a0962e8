import math
import statistics

import matplotlib.pyplot as plt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_runs import write

from analysis.__main__ import main
from analysis.accuracy import (
    Accuracy,
    Group,
    accuracy_rows,
    by_method,
    plot_accuracy,
    read_accuracies,
    write_accuracies,
)

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=6)


def rows(method, accuracy, *values):
    return [Accuracy(method, str(i), accuracy, value) for i, value in enumerate(values)]


@given(SHARES)
def test_mean_and_sd_are_those_of_a_sample(values):
    group = Group("byol", "knn_accuracy", tuple(values))
    assert group.n == len(values)
    assert group.mean == pytest.approx(statistics.mean(values), abs=1e-12)
    assert group.sd == pytest.approx(statistics.stdev(values), abs=1e-9)


def test_a_single_run_has_no_spread():
    group = Group("byol", "knn_accuracy", (0.5,))
    assert math.isnan(group.sd)
    assert accuracy_rows([group]) == [{"method": "byol", "kNN accuracy": "50.0 (n=1)"}]


def test_a_row_a_method_and_a_column_a_kind():
    given = [
        *rows("byol", "knn_accuracy", 0.40, 0.42, 0.44),
        *rows("byol", "linear_accuracy", 0.5),
        *rows("simsiam", "knn_accuracy", 0.3, 0.3),
    ]
    assert accuracy_rows(by_method(given)) == [
        {
            "method": "byol",
            "kNN accuracy": "42.0 ± 2.0 (n=3)",
            "linear-probe accuracy": "50.0 (n=1)",
        },
        {"method": "simsiam", "kNN accuracy": "30.0 ± 0.0 (n=2)", "linear-probe accuracy": "-"},
    ]


def test_E4_stored_accuracies_are_read_with_method_seed_and_swept_option(tmp_path):
    for seed in (0, 1):
        for lr in (0.1, 0.3):
            write(tmp_path, f"{lr}-{seed}", {"lr": lr}, seed, knn_accuracy=lr + seed / 100)
    found = read_accuracies([tmp_path])
    assert {(row.method, row.seed): row.value for row in found} == {
        ("byol lr=0.1", "0"): 0.1,
        ("byol lr=0.1", "1"): 0.11,
        ("byol lr=0.3", "0"): 0.3,
        ("byol lr=0.3", "1"): 0.31,
    }
    assert read_accuracies([write_accuracies(found, tmp_path / "kept" / "a.csv")]) == found


def test_E4_the_command_prints_keeps_and_draws(tmp_path, capsys):
    for seed in (0, 1):
        write(tmp_path, str(seed), {}, seed, knn_accuracy=0.5, linear_accuracy=0.6 + seed / 10)
    out = tmp_path / "out"
    assert main(["accuracy", str(tmp_path), "--of", "linear_accuracy", "--out", str(out)]) == 0
    assert "65.0 ± 7.1 (n=2)" in capsys.readouterr().out
    names = {path.name for path in out.iterdir()}
    assert names == {"accuracy.csv", "accuracy.txt", "accuracy.png", "accuracy.pdf"}
    assert main(["accuracy", str(out / "accuracy.csv")]) == 0
    assert "65.0 ± 7.1 (n=2)" in capsys.readouterr().out


def test_bars_end_at_the_mean_and_whiskers_at_one_sd():
    fig, ax = plt.subplots()
    plot_accuracy(by_method(rows("byol", "knn_accuracy", 0.40, 0.44)), ax=ax)
    (bar,) = ax.patches
    assert bar.get_width() == pytest.approx(42)
    (whisker,) = ax.collections
    low, high = whisker.get_paths()[0].vertices[:, 0]
    assert high - low == pytest.approx(2 * 100 * statistics.stdev([0.40, 0.44]))
    assert [t.get_text() for t in ax.get_yticklabels()] == ["byol"]
    plt.close(fig)


def test_refusals(tmp_path, capsys):
    with pytest.raises(ValueError, match="no accuracy to draw"):
        plot_accuracy([])
    with pytest.raises(ValueError, match="seed 0 twice"):
        by_method(rows("byol", "knn_accuracy", 0.4) * 2)
    run = write(tmp_path, "a", {}, 0)
    with pytest.raises(ValueError, match="no accuracy; `python -m trainers evaluate"):
        read_accuracies([run])
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("method,seed\nbyol,0\n")
    with pytest.raises(ValueError, match=r"has columns .*'method', 'seed'.* wanted"):
        read_accuracies([wrong])
    wrong.write_text("method,seed,accuracy,value,epoch,data,commit,device\nbyol,0,knn,x,,,,\n")
    with pytest.raises(ValueError, match=r"wrong\.csv: could not convert string to float: 'x'"):
        read_accuracies([wrong])
    write(tmp_path, "b", {}, 1, knn_accuracy=0.4)
    assert main(["accuracy", str(tmp_path / "b"), "--of", "knn"]) == 2
    assert capsys.readouterr().err == (
        "python -m analysis: error: no run has 'knn'; stored are knn_accuracy\n"
    )
