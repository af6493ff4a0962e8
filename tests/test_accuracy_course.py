import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.__main__ import main
from analysis.accuracy import Accuracy, by_method, write_accuracies
from analysis.accuracy_course import plot_accuracy_against


def swept(method="byol", accuracy="knn_accuracy"):
    values = {"0.3": (0.5, 0.6), "0.03": (0.2, 0.4)}
    return [
        Accuracy(f"{method} decay=1 predictor_lr={lr}", str(seed), accuracy, value)
        for lr, pair in values.items()
        for seed, value in enumerate(pair)
    ]


def draw(rows, option="predictor_lr", **options):
    return plot_accuracy_against(by_method(rows), option, Figure().subplots(), **options)


def test_a_line_a_method_by_rising_value_in_units_of_the_encoders_rate():
    ax = draw([*swept(), *swept("simsiam")], unit=0.03, label=r"$\alpha_p$")
    mean, sd = ax.containers[0].lines[0], ax.containers[0].lines[2][0]
    np.testing.assert_allclose(mean.get_xdata().astype(float), [1, 10])
    np.testing.assert_allclose(mean.get_ydata().astype(float), [30, 55])
    (x, low), (_, high) = sd.get_segments()[0]
    assert (x, high - low) == pytest.approx((1, 2 * 10 * np.sqrt(2)))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        *("byol decay=1", "simsiam decay=1")
    ]
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", r"$\alpha_p$")
    dots = [tuple(line.get_ydata()) for line in ax.lines if line.get_marker() == "."]
    assert dots[1] == (50, 60)


def test_runs_without_the_option_are_left_out():
    assert len(draw([*swept(), Accuracy("direct", "0", "knn_accuracy", 0.9)]).containers) == 1


def test_the_command_draws_against_an_option(tmp_path, capsys):
    file = str(write_accuracies(swept(), tmp_path / "accuracy.csv"))
    out = tmp_path / "out"
    assert main(["accuracy", file, "--against", "predictor-lr", "--out", str(out)]) == 0
    assert (out / "accuracy.png").stat().st_size > 10_000
    capsys.readouterr()
    assert main(["accuracy", file, "--against", "lr", "--out", str(tmp_path / "no")]) == 2
    assert "no run was given lr; there are byol decay=1 predictor_lr=0.3" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="several accuracies, knn_accuracy, linear_accuracy"):
        draw([*swept(), *swept(accuracy="linear_accuracy")])
    with pytest.raises(ValueError, match="schedule is 'cosine' in 'byol schedule=cosine'"):
        draw([Accuracy("byol schedule=cosine", "0", "knn_accuracy", 0.9)], "schedule")
