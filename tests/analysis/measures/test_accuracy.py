import math
import statistics

import pandas as pd
import pytest
from accuracy_rows import rows
from hypothesis import given
from hypothesis import strategies as st
from run_stores import write

from analysis import SnapshotWriter
from analysis.commands.main import main
from analysis.figures.accuracy_bars import accuracy_rows, plot_accuracy
from analysis.measures.accuracy import by_method, read_accuracies, write_accuracies
from analysis.store.swept import option_key, option_labels

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=6)
HEAD = "method,seed,accuracy,value,epoch,data,commit,device\n"  # of format version 1


ODD_NAMES = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-x",
    "@a",
    "'=b",
    "''",
    "'",
    "a,b",
    'a"b',
    "a\nb",
    "\t=c",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_no_formula_in_a_table_and_is_read_again_as_it_was(tmp_path, name):
    table = rows(name, "knn", 0.5, 0.25, data=name)
    file = write_accuracies(table, tmp_path / "accuracy.csv")
    cells = pd.read_csv(file, dtype=str, keep_default_na=False)["method"]
    assert not cells.str.match(r"[=+\-@\t\r]").any()
    back = read_accuracies([file])
    assert back["method"].tolist() == back["data"].tolist() == [name, name]
    assert back["accuracy"].tolist() == [0.5, 0.25]


def test_a_name_that_is_no_text_is_written_by_its_codes(tmp_path):
    file = write_accuracies(rows("\udcff", "knn", 0.5), tmp_path / "accuracy.csv")
    assert read_accuracies([file])["method"].tolist() == [r"\udcff"]


def evaluated(run, *evaluations, step=10):
    """Add rows to a run's table."""
    with SnapshotWriter(run / "snapshots.zarr", resume_after=10**9) as writer:
        for one in evaluations:
            writer.append_evaluation(step, step / 10, **one)
    return run


@given(SHARES)
def test_mean_and_sd_are_those_of_a_sample(values):
    group = by_method(rows("byol", "knn", *values)).iloc[0]
    assert group["n"] == len(values)
    assert group["mean"] == pytest.approx(statistics.mean(values), abs=1e-12)
    assert group["sd"] == pytest.approx(statistics.stdev(values), abs=1e-9)
    assert group["accuracies"] == tuple(values)


def test_a_single_run_has_no_spread():
    groups = by_method(rows("byol", "knn", 0.5))
    assert math.isnan(groups["sd"].item())
    assert accuracy_rows(groups) == [{"method": "byol", "kNN accuracy": "50.0 (n=1)"}]


def test_a_row_a_method_and_a_column_a_kind():
    given = pd.concat(
        [
            rows("byol", "knn", 0.40, 0.42, 0.44),
            rows("byol", "linear", 0.5),
            rows("simsiam", "knn", 0.3, 0.3),
        ]
    )
    assert accuracy_rows(by_method(given)) == [
        {
            "method": "byol",
            "kNN accuracy": "42.0 ± 2.0 (n=3)",
            "linear-probe accuracy": "50.0 (n=1)",
        },
        {"method": "simsiam", "kNN accuracy": "30.0 ± 0.0 (n=2)", "linear-probe accuracy": "-"},
    ]


@pytest.mark.parametrize(
    ("column", "other", "label"),
    [
        ("network", "target", "kNN accuracy, target network"),
        ("features", "projector", "kNN accuracy, projector"),
        ("options", '{"k": 20}', "kNN accuracy, k=20"),
        ("options", "", "kNN accuracy, k not known"),
    ],
)
def test_accuracies_of_one_method_that_differ_in_kind_are_columns_apart(column, other, label):
    usual = {"options": '{"k": 200}'}
    given = [rows("byol", "knn", 0.2, 0.4, **usual)]
    given += [rows("byol", "knn", 0.6, 0.8, **usual | {column: other})]
    for order in (given, given[::-1]):
        groups = by_method(pd.concat(order))
        assert sorted(groups["mean"]) == pytest.approx([0.3, 0.7])
        (row,) = accuracy_rows(groups)
        assert row[label] == "70.0 ± 14.1 (n=2)"
        (usually,) = row.keys() - {label, "method"}
        assert row[usually] == "30.0 ± 14.1 (n=2)"
        assert usually == ("kNN accuracy, k=200" if column == "options" else "kNN accuracy")


@pytest.mark.parametrize(("column", "other"), [("data", "cifar10 changed"), ("epoch", 2.0)])
def test_runs_of_other_data_or_length_have_means_of_their_own(column, other):
    given = pd.concat([rows("byol", "knn", 0.2), rows("byol", "knn", 0.6, **{column: other})])
    table = accuracy_rows(by_method(given))
    assert [row["kNN accuracy"] for row in table] == ["20.0 (n=1)", "60.0 (n=1)"]
    shown = {"data": ["cifar10", "cifar10 changed"], "epoch": ["1", "2"]}[column]
    assert [row[column] for row in table] == shown


def test_stored_accuracies_are_read_with_method_seed_and_swept_option(tmp_path):
    for seed in (0, 1):
        for lr in (0.1, 0.3):
            write(tmp_path, f"{lr}-{seed}", {"lr": lr}, seed, knn_accuracy=lr + seed / 100)
    found = read_accuracies([tmp_path])
    assert dict(zip(zip(found.lr, found.seed, strict=True), found.accuracy, strict=True)) == {
        (0.1, "0"): 0.1,
        (0.1, "1"): 0.11,
        (0.3, "0"): 0.3,
        (0.3, "1"): 0.31,
    }
    assert set(found.method) == {"byol"}
    again = read_accuracies([write_accuracies(found, tmp_path / "kept" / "a.csv")])
    pd.testing.assert_frame_equal(again, found)


def test_nothing_hides_behind_another_network_options_or_an_empty_row(tmp_path):
    # Once: run 1 shown as "-", run 2 by its target network, 17.0.
    plain = {"options": {"k": 200}}
    evaluated(write(tmp_path, "1", {}, 0), plain | {"knn_accuracy": 0.188})
    evaluated(
        write(tmp_path, "2", {}, 1),
        plain | {"knn_accuracy": 0.194},
        plain | {"knn_accuracy": 0.170, "network": "target"},
        {"options": {"k": 5}, "knn_accuracy": 0.16},
        {"options": {"labels": 0.1}, "finetune_accuracy": 0.3},
        {"options": {"labels": 1.0}, "finetune_accuracy": 0.5},
    )
    found = read_accuracies([tmp_path])
    assert sorted(found.accuracy) == [0.16, 0.17, 0.188, 0.194, 0.3, 0.5]
    (row,) = accuracy_rows(by_method(found))
    assert row == {
        "method": "byol",
        "kNN accuracy, k=200": "19.1 ± 0.4 (n=2)",
        "kNN accuracy, target network, k=200": "17.0 (n=1)",
        "kNN accuracy, k=5": "16.0 (n=1)",
        "fine-tuning accuracy, labels=0.1": "30.0 (n=1)",
        "fine-tuning accuracy, labels=1.0": "50.0 (n=1)",
    }


def test_of_an_evaluation_made_again_the_last_one_counts(tmp_path):
    run = evaluated(write(tmp_path, "a", {}, 0), {"knn_accuracy": 0.2}, step=10)
    evaluated(run, {"knn_accuracy": 0.3}, {"knn_accuracy": 0.4}, step=20)
    found = read_accuracies([run])
    assert (found.accuracy.item(), found.step.item(), found.epoch.item()) == (0.4, 20, 2.0)


OPTIONS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=False, width=16),
    st.sampled_from(["cosine", "2", "none", "a b=c", "True", 'with "quotes", and commas']),
    st.lists(st.integers(0, 3), max_size=2),
)


@given(st.lists(OPTIONS, min_size=1, max_size=4, unique_by=option_key))
def test_any_swept_option_is_a_column_that_survives_the_file(tmp_path_factory, values):
    file = tmp_path_factory.mktemp("law") / "a.csv"
    parts = zip(values, option_labels(values), strict=True)
    given = [rows("byol", "knn", i / 8, lr=label) for i, (_, label) in enumerate(parts)]
    found = read_accuracies([write_accuracies(pd.concat(given), file)])
    assert found.accuracy.tolist() == [i / 8 for i in range(len(values))]
    assert found.lr.nunique(dropna=False) == len(by_method(found)) == len(values)
    again = read_accuracies([write_accuracies(found, file)])
    pd.testing.assert_frame_equal(again, found)


def test_a_table_of_version_1_is_read(tmp_path):
    file = tmp_path / "old.csv"
    lines = ["$W_p$ as it likes predictor_lr=0.03,0,knn_accuracy,0.5,10,cifar10,abc,cpu"]
    lines += ["mine predictor_lr=0.3 data=a,1,linear_accuracy_target_block,0.25,10,cifar10,abc,cpu"]
    file.write_text(HEAD + "\n".join(lines) + "\n")
    found = read_accuracies([file])
    assert found.method.tolist() == ["$W_p$ as it likes", "mine"]
    assert found.predictor_lr.tolist() == [0.03, 0.3]
    assert found.option_data.tolist() == ["none", "a"]
    parts = found[["protocol", "network", "features"]].values.tolist()
    assert parts == [["knn", "online", "encoder"], ["linear", "target", "block"]]
    assert found.accuracy.tolist() == [0.5, 0.25]
    assert found.step.isna().all()
    again = read_accuracies([write_accuracies(found, tmp_path / "new.csv")])
    pd.testing.assert_frame_equal(again, found)


def test_refusals(tmp_path, capsys):
    with pytest.raises(ValueError, match="no accuracy to draw"):
        plot_accuracy(by_method(rows("byol", "knn", 0.4)).iloc[:0])
    with pytest.raises(ValueError, match="seed 0 twice"):
        by_method(pd.concat([rows("byol", "knn", 0.4)] * 2))
    run = write(tmp_path, "a", {}, 0)
    with pytest.raises(ValueError, match="no accuracy; `eigenspace evaluate"):
        read_accuracies([run])
    wrong = tmp_path / "wrong.csv"
    for text, message in (
        ("method,seed\nbyol,0\n", r"has columns .*'method', 'seed'.*; protocol, .* wanted too"),
        ("", r"wrong\.csv is no table of accuracies"),
        (
            HEAD + "byol,0,knn,0.5,,,,\n",
            r"wrong\.csv has accuracies \['knn'\]; choose from knn_acc",
        ),
        (HEAD + "byol,0,knn_accuracy,x,,,,\n", r"wrong\.csv: could not convert .* float: 'x'"),
    ):
        wrong.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_accuracies([wrong])
    wrong.write_bytes(b"method\xff\n")
    with pytest.raises(ValueError, match=r"wrong\.csv is no table of accuracies"):
        read_accuracies([wrong])
    write(tmp_path, "b", {}, 1, knn_accuracy=0.4)
    assert main(["accuracy", str(tmp_path / "b"), "--of", "linear"]) == 2
    assert capsys.readouterr().err == (
        "python -m analysis: error: no run has 'linear'; stored are knn\n"
    )
