import numpy as np
import pandas as pd
import pytest
from accuracy_rows import rows
from matplotlib.figure import Figure

from analysis.commands.main import main
from analysis.figures.accuracy_swept import plot_accuracy_against
from analysis.measures.accuracy import by_method, write_accuracies


def swept(method="byol", protocol="knn", **columns):
    values = {0.3: (0.5, 0.6), 0.03: (0.2, 0.4)}
    parts = [rows(method, protocol, *v, predictor_lr=lr, **columns) for lr, v in values.items()]
    return pd.concat(parts)


def draw(*parts, option="predictor_lr", **options):
    return plot_accuracy_against(
        by_method(pd.concat(parts)), option, Figure().subplots(), **options
    )


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_line_a_method_by_rising_value_in_units_of_the_encoders_rate():
    ax = draw(swept(), swept("simsiam"), unit=0.03, label=r"$\alpha_p$")
    mean, sd = ax.containers[0].lines[0], ax.containers[0].lines[2][0]
    np.testing.assert_allclose(mean.get_xdata().astype(float), [1, 10])
    np.testing.assert_allclose(mean.get_ydata().astype(float), [30, 55])
    (x, low), (_, high) = sd.get_segments()[0]
    assert (x, high - low) == pytest.approx((1, 2 * 10 * np.sqrt(2)))
    assert legend(ax) == ["byol", "simsiam"]
    assert (ax.get_xscale(), ax.get_xlabel()) == ("log", r"$\alpha_p$")
    assert ax.get_ylabel() == "kNN accuracy (%)"
    dots = [tuple(line.get_ydata()) for line in ax.lines if line.get_marker() == "."]
    assert dots[1] == (50, 60)


def test_what_differs_beside_the_option_is_a_line_of_its_own():
    ax = draw(swept(decay=1.0), swept(decay=2.0), swept(protocol="linear", decay=1.0))
    assert legend(ax) == [
        *("byol decay=1, kNN accuracy", "byol decay=2, kNN accuracy"),
        "byol decay=1, linear-probe accuracy",
    ]
    assert ax.get_ylabel() == "accuracy (%)"


def test_runs_without_the_option_are_left_out():
    assert legend(draw(swept(), rows("direct", "linear", 0.9))) == ["byol"]


def test_the_command_draws_against_an_option(tmp_path, capsys):
    file = str(write_accuracies(swept(), tmp_path / "accuracy.csv"))
    out = tmp_path / "out"
    assert main(["accuracy", file, "--against", "predictor-lr", "--out", str(out)]) == 0
    assert (out / "accuracy.png").stat().st_size > 10_000
    capsys.readouterr()
    assert main(["accuracy", file, "--against", "lr", "--out", str(tmp_path / "no")]) == 2
    assert "no run was given lr; swept were predictor_lr" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="schedule is 'cosine'; numbers can be drawn"):
        draw(rows("byol", "knn", 0.9, schedule="cosine"), option="schedule")
    with pytest.raises(ValueError, match="the unit of predictor_lr is 0; above 0 wanted"):
        draw(swept(), unit=0)
    with pytest.raises(ValueError, match="no run was given lr; swept were no options"):
        draw(rows("byol", "knn", 0.9), option="lr")
