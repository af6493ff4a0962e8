"""What the cosine flow says of recorded spectra, each number by other means, and the page of it."""

import re
from pathlib import Path

import numpy as np
import pytest

from analysis import open_example
from dynamics import FlowParameters, compare
from dynamics.commands.main import main
from dynamics.experiment.recorded import each_explanation, exponent

PAGE = Path(__file__).parents[3] / "notebooks" / "theory.md"


@pytest.fixture(scope="module")
def found():
    return list(each_explanation())


def numbers(text):
    return [float(x) for x in re.findall(r"-?\d+\.?\d*", text)]


def quotients(name):
    """Return p and s (step, mode) in the eigenvectors of the last cross-view F."""
    run = open_example(name).load()
    F = run["cross_correlation"].values.astype(float)
    F = (F + F.swapaxes(1, 2)) / 2
    U = np.linalg.eigh(F[-1])[1][:, ::-1]
    pair = (run["predictor"].values.astype(float), F)
    return run, *(np.diagonal(U.T @ M @ U, axis1=1, axis2=2) for M in pair)


def slope(p, s):
    clear = (p > 0) & (s > 1e-3 * s.max())
    return np.polyfit(np.log(s[clear]), np.log(p[clear]), 1)[0]


def test_the_page_says_what_is_found(found):
    rows = re.findall(r"^\| (.+) \| (explained|not explained) \| (.+) \|$", PAGE.read_text(), re.M)
    assert [(a, b == "explained") for a, b, _ in rows] == [
        (one.statement, one.explained) for one in found
    ]
    for (_, _, evidence), one in zip(rows, found, strict=True):
        assert numbers(evidence) == pytest.approx(numbers(one.evidence), rel=0.02, abs=0.011)


@pytest.mark.parametrize(("row", "name"), [(0, "byol-linear"), (1, "byol")])
def test_exponents_that_were_measured(found, row, name):
    _, p, s = quotients(name)
    slopes = [slope(p[i], s[i]) for i in (20, 50, 79)]
    assert numbers(found[row].evidence)[:3] == pytest.approx(slopes, abs=0.006)
    assert slopes[-1] < 0.5
    assert slopes[0] > slopes[1] > slopes[2]


@pytest.mark.parametrize(("start", "cosine", "euclidean"), [(40, 0.18, 0.31), (60, 0.13, 0.30)])
def test_later_starts_say_the_same_of_one_layer(start, cosine, euclidean):
    run = open_example("byol-linear").load()
    for loss, said in (("cosine", cosine), ("euclidean", euclidean)):
        end = compare(run, start=start, loss=loss).sel(source="predicted").isel(step=-1)
        p, s = (end[f"{name}_eigenvalue"].values for name in ("predictor", "correlation"))
        assert slope(p, s) == pytest.approx(said, abs=0.006)


def test_the_exponent_of_a_power_is_its_own():
    s = np.geomspace(1e-4, 1, 30)
    p = s**0.3
    p[s < 1e-3] = 1.0  # below the count of the living
    assert exponent(p, s) == pytest.approx(0.3)


def test_two_tied_layers_keep_a_line_and_one_a_parabola(found):
    assert numbers(found[2].evidence) == [0.5, 1.0, 0.59, 0.67]


def test_a_mode_of_negative_p_comes_up_in_the_flow_and_not_in_the_run(found):
    run, p, s = quotients("simsiam")
    rates = FlowParameters.from_run(run)
    p_j, s_j, t, dt = p[60], np.maximum(s[60], 0.0), 0.0, 1e-3
    while p_j[0] < 0:  # Euler, mode by mode
        q, N = p_j * s_j, np.sqrt((p_j**2 * s_j).sum() * s_j.sum())
        e = s_j * (1 - q.sum() / (p_j * q).sum() * p_j) / N
        p_j, s_j, t = (
            p_j + dt * (e - rates.eta_p * p_j),
            s_j + dt * (2 * p_j * e - 2 * rates.eta * s_j),
            t + dt,
        )
    said = numbers(found[3].evidence)
    assert said[-1] == pytest.approx(t, rel=0.01)
    assert [x for x in said if x < 0] == pytest.approx([p[60, 0], p[79, 0]], abs=0.006)
    assert p[60:, 0].max() < 0


@pytest.mark.parametrize(("name", "sign"), [("simsiam", -0.93), ("byol-linear", 1.00)])
def test_the_mean_is_anti_aligned_under_two_layers_and_aligned_under_one(name, sign):
    last = open_example(name).isel(step=-1).load()
    u = np.linalg.eigh(last["correlation"].values.astype(float))[1][:, -1]
    moved = last["predictor"].values.astype(float) @ u
    assert u @ moved / np.linalg.norm(moved) == pytest.approx(sign, abs=0.006)
    F, mean = last["correlation"].values.astype(float), last["mean"].values.astype(float)
    assert (u @ mean) ** 2 / (u @ F @ u) > 0.89


def test_who_dies_is_settled_by_the_start(found):
    rng = np.random.default_rng(0)
    p, s = 0.1 * rng.standard_normal(128), np.geomspace(1, 1e-3, 128)
    b = p**2 - s
    lost = (p < 0) & (b >= 0)
    low, high = 0.0, 10.0
    for _ in range(200):  # one p of all that live, at which the sum of p^2 is that of the start
        mid = (low + high) / 2
        total = np.maximum(mid, b[~lost]).sum() + b[lost].sum()
        low, high = (mid, high) if total < (p**2).sum() else (low, mid)
    ends = np.where(lost | (b >= low), 0.0, low - b)
    said = numbers(found[4].evidence)
    assert said[-1] == (ends > 1e-3 * ends.max()).sum()
    assert said[3] == said[7] == said[-1]


def test_the_cliff_of_images_is_not_in_the_flow(found):
    _, _, s = quotients("byol-linear")
    counts = [(s[i] > 1e-3 * s[i].max()).sum() for i in (0, 5, 10, 20, 79)]
    assert numbers(found[5].evidence)[5:] == [*counts, *[32] * 5]


def test_the_command_prints_them_below_the_papers(found, monkeypatch, capsys):
    monkeypatch.setattr("dynamics.theorems.observations.each_observation", lambda: [])
    monkeypatch.setattr("dynamics.experiment.recorded.each_explanation", lambda: found)
    assert main(["observations"]) == 0
    out = capsys.readouterr().out
    assert out.count("    explained  ") == 2
    assert out.count("not explained") == 4
