import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import save

from trainers.data.labels import number_labels
from trainers.data.load import load_data

LABELS = st.one_of(
    st.lists(st.integers(-1, 2**62), max_size=30),
    st.lists(st.sampled_from(["", "cat", "Cat", "dog", "ox"]), max_size=30),
)


def array(labels):
    return np.array(labels, dtype=str if labels and isinstance(labels[0], str) else np.int64)


@given(train=LABELS, test=LABELS)
def test_every_label_is_the_name_of_its_class_whatever_its_value(train, test):
    first, second = array(train), array(test)
    if first.dtype.kind != second.dtype.kind:
        second, test = first, train
    classes, y_train, y_test = number_labels(first, second)
    for labels, numbers in ((train, y_train), (test, y_test)):
        back = [classes[k] if k >= 0 else None for k in numbers.tolist()]
        assert back == [None if label in (-1, "") else str(label) for label in labels]
    there = {label for label in [*train, *test] if label not in (-1, "")}
    assert classes == tuple(map(str, sorted(there)))  # as many as there are, in order


@given(values=st.sets(st.integers(0, 10**6), min_size=1, max_size=8), seed=st.integers(0, 99))
def test_as_many_names_as_labels_stand_for_them_in_order(values, seed):
    ordered = sorted(values)
    names = [f"name {i}" for i in range(len(ordered))]
    labels = np.random.default_rng(seed).permutation(np.array(ordered * 2))
    if ordered[-1] < len(names):  # then they are positions, and 0 to C - 1 either way
        assert ordered == list(range(len(names)))
    classes, numbers, _ = number_labels(labels, labels[:0], names)
    assert [classes[k] for k in numbers] == [names[ordered.index(v)] for v in labels]


def test_names_by_position_may_have_classes_without_an_image():
    classes, train, test = number_labels(np.array([3, 1]), np.array([-1, 0]), list("abcd"))
    assert (classes, train.tolist(), test.tolist()) == (("a", "b", "c", "d"), [3, 1], [-1, 0])


def test_strings_are_found_in_names_in_the_names_order():
    names = np.array(["dog", "cat", "ox"])
    assert number_labels(np.array([0]), np.array([1]), np.array([b"a", b"b"]))[0] == ("a", "b")
    _, train, test = number_labels(np.array(["cat", "dog"]), np.array([b"ox", b""]), names)
    assert (train.tolist(), test.tolist()) == ([1, 0], [2, -1])


@pytest.mark.parametrize("dtype", ["u1", "u8", "i1", "i4", "?"])
def test_labels_of_any_integer_type_are_taken(dtype):
    classes, train, test = number_labels(np.array([1, 0, 1], dtype), np.array([0], dtype))
    assert (train.tolist(), test.tolist()) == ([1, 0, 1], [0])
    assert classes == (("False", "True") if dtype == "?" else ("0", "1"))


@pytest.mark.parametrize(
    ("train", "test", "names", "message"),
    [
        ([0, -2], [0], None, "training labels have -2; 0 and up, or -1 for none"),
        ([0.0, 1.0], [0.0], None, r"float64; one integer or string .*astype\(int\)"),
        ([[0, 1]], [0], None, r"training labels have shape \(1, 2\)"),
        ([0], ["a"], None, "training labels are int64 and test labels <U1"),
        ([1, 2, 4], [9], ["a", "b", "c"], "4 different labels from 1 to 9, and 3 classes"),
        (["a"], ["x"], ["a", "b"], r"labels \['x'\] are none of the classes \['a', 'b'\]"),
    ],
)
def test_labels_that_do_not_fit_are_refused(train, test, names, message):
    with pytest.raises(ValueError, match=message):
        number_labels(np.array(train), np.array(test), names)


def test_a_file_with_labels_10_20_30_has_three_classes(tmp_path):
    y = np.arange(12) % 3
    data = load_data(save(tmp_path / "a.npz", y_train=10 + 10 * y, y_test=10 + 10 * y[:6]))
    assert data.classes == ("10", "20", "30")
    assert data.y_train.tolist() == y.tolist()
    assert data.account.startswith(
        f"{tmp_path}/a.npz: 3 classes, 12 training images, 6 test images"
    )
    path = save(tmp_path / "b.npz", y_train=y + 1, y_test=y[:6] + 1, classes=list("abc"))
    names = load_data(path)
    assert (names.classes, names.y_test.tolist()) == (("a", "b", "c"), [0, 1, 2, 0, 1, 2])


def test_test_labels_that_training_never_had_are_said_and_not_scored(tmp_path):
    y = np.arange(12) % 2
    data = load_data(save(tmp_path / "a.npz", y_train=y, y_test=np.array([0, 1, 7, 7, 8, 0])))
    assert data.y_test.tolist() == [0, 1, -1, -1, -1, 0]
    assert "not scored: 3 test images of 7, 8, never trained on" in data.account
    assert "no training image of 7, 8" in data.account
    one = load_data(save(tmp_path / "b.npz", y_train=y, y_test=np.ones(6, int)))
    assert "no test image of 0" in one.account
    bare = load_data(save(tmp_path / "c.npz", y_train=-np.ones(12, int), y_test=y[:6]))
    assert "12 training images (12 without label)" in bare.account
