import numpy as np
import pytest
from numbered_stores import assert_holds, write

from analysis.store.reader import MissingGroupError, SnapshotWriter, open_snapshots


def test_an_evaluation_is_a_row_with_all_that_it_is_of(tmp_path):
    with SnapshotWriter(tmp_path / "s.zarr", attrs={"data": "cifar10"}) as writer:
        writer.append(step=0, predictor=np.eye(2))
        writer.append_evaluation(
            *(5, 1.0),
            network="target",
            features="block",
            options={"temperature": 0.1, "k": 200},
            details={"split": "test"},
            knn_accuracy=0.25,
        )
    row = open_snapshots(tmp_path / "s.zarr", "evaluation").to_dataframe().to_dict("records")
    assert row == [
        {
            "step": 5,
            "epoch": 1.0,
            "protocol": "knn",
            "network": "target",
            "features": "block",
            "options": '{"k": 200, "temperature": 0.1}',
            "data": "cifar10",
            "accuracy": 0.25,
            "details": '{"split": "test"}',
        }
    ]


def test_evaluations_are_added_after_the_run_and_replace_nothing(tmp_path):
    store = tmp_path / "s.zarr"
    write(store, 3)
    with SnapshotWriter(store, resume_after=10**9) as writer:
        writer.append_evaluation(5, 1.0, options={"k": 20}, knn_accuracy=0.25)
    for _ in range(2):  # what comes to the same is no new row
        with SnapshotWriter(store, resume_after=10**9) as writer:
            writer.append_evaluation(7, 1.5, knn_accuracy=0.75, linear_accuracy=0.5)
    with SnapshotWriter(store, resume_after=10**9) as writer:
        for change in (
            {"network": "target"},
            {"features": "block"},
            {"options": {"k": 20}},
            {"data": "other"},
            {"knn_accuracy": 0.5},
        ):
            writer.append_evaluation(7, 1.5, **{"knn_accuracy": 0.75} | change)
    assert_holds(store, 3)
    table = open_snapshots(store, "evaluation")
    assert table.step.values.tolist() == [5, *[7] * 7]
    assert table.epoch.values.tolist() == [1.0, *[1.5] * 7]
    assert table.protocol.values.tolist() == ["knn", "knn", "linear", *["knn"] * 5]
    assert table.accuracy.values.tolist() == [0.25, 0.75, 0.5, *[0.75] * 4, 0.5]


def test_resuming_before_an_evaluation_drops_it_and_it_can_be_made_again(tmp_path):
    store = tmp_path / "s.zarr"
    write(store, 3)
    with SnapshotWriter(store, resume_after=10**9) as writer:
        writer.append_evaluation(20, 2.0, knn_accuracy=0.5)
    with SnapshotWriter(store, resume_after=10) as writer:
        assert writer.last_step("evaluation") is None
        writer.append_evaluation(20, 2.0, knn_accuracy=0.5)
    assert open_snapshots(store, "evaluation").accuracy.values.tolist() == [0.5]


def test_an_evaluation_of_an_earlier_step_is_refused(tmp_path):
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        writer.append_evaluation(step=5, epoch=1.0, knn_accuracy=0.25)
        with pytest.raises(ValueError, match="steps must rise"):
            writer.append_evaluation(step=4, epoch=1.0, linear_accuracy=0.25)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"linaer_accuracy": 0.5}, "'linaer_accuracy' is no accuracy of the schema; .* linear_acc"),
        ({"knn": 0.5}, "'knn' is no accuracy of the schema"),
        ({"knn_accuracy": 1.5}, r"'knn_accuracy' is 1.5; a share in \[0, 1\] wanted"),
        ({"knn_accuracy": np.nan}, "is nan; a share in"),
        ({"knn_accuracy": 0.5j}, "is 0.5j; a share in"),
        ({"knn_accuracy": "x"}, "is 'x'; a share in"),
        ({"knn_accuracy": 0.5, "network": "teacher"}, "network is 'teacher'; choose from online"),
        ({"knn_accuracy": 0.5, "features": "head"}, "features is 'head'; choose from encoder"),
        ({"knn_accuracy": 0.5, "options": {"k": np.nan}}, "are no plain JSON"),
        ({"knn_accuracy": 0.5, "options": {"k": np.eye(2)}}, "are no plain JSON"),
        ({"knn_accuracy": 0.5, "data": 3}, "'data' is 3; a string wanted"),
        ({"knn_accuracy": 0.5, "data": "\ud800"}, "which is no UTF-8"),
        ({"knn_accuracy": 0.5, "epoch": np.inf}, "'epoch' is inf; a finite number wanted"),
        ({"knn_accuracy": 0.5, "step": 1.5}, "'step' is 1.5; a whole number"),
        ({}, "no accuracy was given"),
    ],
)
def test_an_evaluation_that_cannot_be_is_refused_and_leaves_none(tmp_path, change, message):
    with SnapshotWriter(tmp_path / "s.zarr") as writer:
        writer.append(step=0, predictor=np.eye(2))
        with pytest.raises(ValueError, match=message):
            writer.append_evaluation(**{"step": 5, "epoch": 1.0} | change)
    with pytest.raises(MissingGroupError, match="no group 'evaluation'"):
        open_snapshots(tmp_path / "s.zarr", "evaluation")
