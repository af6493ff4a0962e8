"""Every door of `dynamics`, by numbers that are none: one line, exit code 2, nothing written."""

import numpy as np
import pytest

from analysis.checks.numbers import check_count, check_numbers, check_rising
from dynamics import (
    EigenmodeFlow,
    EigenvalueFlow,
    FlowParameters,
    LinearFlow,
    ScalarFlow,
    basin_edges,
    basin_map,
    compare,
    critical_start,
    ensemble,
    integrate,
    phase_portrait,
    separatrix,
    speed,
    survives,
    target_scale_on_parabola,
    time_to_reach,
    trajectories,
)
from dynamics.commands.main import main
from dynamics.experiment.sgd import descend
from dynamics.flows.data import additive_noise, scrambled_subspace
from trainers import Config, Learned, Method, StopGradient, train
from trainers.methods.losses import Euclidean

FLOW, SLOW = EigenmodeFlow(eta=0.05), EigenmodeFlow(eta=0.05, beta=0.4)
NAN, INF, EYE = float("nan"), float("inf"), np.eye(2)
TIMES = np.linspace(0, 1, 3)
FLOWS = ("--eta", "--eta-p", "--alpha-p", "--sigma2", "--tau")
NEVER = ("nan", "inf", "-inf", "-1", "x", "")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    method = Method(Learned(layers=1), StopGradient(), Euclidean())
    options = {"data": "gaussian", "width": 4, "epochs": 1, "lr": 0.01, "device": "cpu"}
    return train(Config(method=method, **options), tmp_path_factory.mktemp("runs") / "run")


def refused(words, tmp_path, capsys):
    code = main([*words, "--out", str(tmp_path / "f.png")])
    error = capsys.readouterr().err
    assert code == 2, words
    assert error.count("\n") == 1, error
    assert "Traceback" not in error
    assert not any(tmp_path.iterdir())
    return error


@pytest.mark.parametrize("value", NEVER)
@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("phase", (*FLOWS, "--p-max", "--s-max")),
        ("basin", (*FLOWS, "--beta", "--low", "--high", "--p-max", "--s0")),
        ("trajectories", (*FLOWS, "--beta", "--values", "--s0", "--until")),
    ],
)
def test_commands_refuse_what_is_no_number_of_theirs(command, options, value, tmp_path, capsys):
    for option in options:
        refused([command, f"{option}={value}"], tmp_path, capsys)


@pytest.mark.parametrize(
    "words",
    [
        *(["basin", "--beta=0.4", f"--tau0={v}"] for v in ("nan", "inf", "x")),
        *(["trajectories", "--beta=0.4", f"--tau0={v}"] for v in ("nan", "inf", "x")),
        *(["trajectories", f"--p0={v}"] for v in ("nan", "-inf", "x")),
        ["phase", "--alpha-p=0"],
        ["phase", "--p-max=-0.5"],
        ["phase", "--s-max=0"],
        ["basin", "--s0=0"],
        ["basin", "--high=0.004"],
        ["basin", "--over=alpha_p", "--low=0"],
        ["basin", "--eta=0.05", "--over=beta", "--low=0"],
        ["trajectories", "--until=0"],
        ["trajectories", "--values=0.1,nan"],
        ["trajectories", "--values=0.1,-1"],
        ["trajectories", "--alpha-p=1e300"],
        ["trajectories", "--p0=1e300"],
    ],
    ids=" ".join,
)
def test_so_do_they_of_a_single_value(words, tmp_path, capsys):
    refused(words, tmp_path, capsys)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        *(("--modes", v, "1 to 4, all that there are, wanted") for v in ("0", "-1", "5")),
        ("--modes", "1.5", "a whole number wanted"),
        ("--start", "-1", "start is -1; a whole number from 0 to"),
        ("--start", "999", "start is 999; a whole number from 0 to"),
        ("--start", "nan", "a whole number wanted"),
    ],
)
def test_compare_refuses_modes_and_snapshots_that_are_not_there(
    run, option, value, said, tmp_path, capsys
):
    assert said in refused(["compare", str(run), f"{option}={value}"], tmp_path, capsys)


def test_figure_6_refuses_a_unit_that_is_none(tmp_path, capsys):
    table = tmp_path / "table" / "accuracy.csv"
    table.parent.mkdir()
    table.write_text("method,seed,accuracy,value,epoch,data,commit,device\n")
    (tmp_path / "out").mkdir()
    for value in ("nan", "0", "-1"):
        refused(["figure", "6", "--runs", str(table), f"--lr={value}"], tmp_path / "out", capsys)


CALLS = {
    "survives p": lambda v: survives(FLOW, v, 0.1),
    "survives tau": lambda v: survives(SLOW, 0.1, 0.1, v),
    "survives one of many": lambda v: survives(FLOW, [0.1, v], 0.1),
    "critical_start": lambda v: critical_start(SLOW, v),
    "basin_map p0": lambda v: basin_map(FLOW, "eta", [0.05], [0.1, v]),
    "basin_map values": lambda v: basin_map(FLOW, "eta", [0.05, v], [0.1]),
    "basin_map tau0": lambda v: basin_map(SLOW, "eta", [0.05], [0.1], tau0=v),
    "trajectories": lambda v: trajectories(FLOW, "eta", [v], TIMES, (0.1, 0.1, 1)),
    "integrate p": lambda v: integrate(FLOW, (v, 0.1), TIMES),
    "integrate times": lambda v: integrate(FLOW, (0.1, 0.1), [0, v]),
    "ensemble p": lambda v: ensemble(FLOW, (v, 0.1), TIMES),
    "ensemble times": lambda v: ensemble(FLOW, (0.1, 0.1), [0, 1, v]),
    "phase_portrait": lambda v: phase_portrait(FLOW, (-0.5, v)),
    "speed": lambda v: speed(FLOW, [0.1, v]),
    "time_to_reach": lambda v: time_to_reach(FLOW, 0.2, v),
    "target_scale_on_parabola": lambda v: target_scale_on_parabola(
        integrate(FLOW, (0.1, 0.1), TIMES)["predictor_eigenvalue"], 0.4, v
    ),
    "data": lambda v: LinearFlow(X=np.diag([1.0, v]), Xp=EYE),
    "noise": lambda v: LinearFlow(X=EYE, Xp=np.diag([1.0, v])),
    "additive": lambda v: additive_noise(EYE, np.diag([1.0, v])),
    "scrambled": lambda v: scrambled_subspace(np.diag([1.0, v]), EYE),
    "descend": lambda v: descend("cosine", np.diag([1.0, v]), 1),
}
POSITIVE = {
    "basin_edges": lambda v: basin_edges(FLOW, v),
    "basin_edges p_max": lambda v: basin_edges(FLOW, 0.1, p_max=v),
    "separatrix p_max": lambda v: separatrix(FLOW, p_max=v),
    "separatrix s_max": lambda v: separatrix(FLOW, s_max=v),
    "basin_map s0": lambda v: basin_map(FLOW, "eta", [0.05], [0.1], v),
    "integrate rtol": lambda v: integrate(FLOW, (0.1, 0.1), TIMES, rtol=v),
    "integrate atol": lambda v: integrate(FLOW, (0.1, 0.1), TIMES, atol=v),
    "ensemble rtol": lambda v: ensemble(FLOW, (0.1, 0.1), TIMES, rtol=v),
    "ensemble atol": lambda v: ensemble(FLOW, (0.1, 0.1), TIMES, atol=v),
    "rate": lambda v: descend("cosine", EYE, 1, rate=v),
    "power": lambda v: descend("cosine", EYE, 1, power=v),
    "lr": lambda v: FlowParameters.from_optimiser(lr=v),
    "predictor_lr": lambda v: FlowParameters.from_optimiser(lr=1, predictor_lr=v),
    "factor": lambda v: FlowParameters.from_optimiser(lr=1, factor=v),
    "to_optimiser": lambda v: FlowParameters.from_optimiser(lr=1).to_optimiser(factor=v),
    "dt": lambda v: FlowParameters(dt=v, alpha_p=1.0, eta=0.0, eta_p=0.0),
    "eigenvalue power": lambda v: EigenvalueFlow(power=v),
    "alpha_p": lambda v: EigenmodeFlow(alpha_p=v),
    "same": lambda v: ScalarFlow(same=v),
}
NOT_NEGATIVE = {
    "survives s": lambda v: survives(FLOW, 0.1, v),
    "survives s with EMA": lambda v: survives(SLOW, 0.1, v),
    "integrate s": lambda v: integrate(FLOW, (0.1, v), TIMES),
    "integrate c": lambda v: integrate(EigenvalueFlow(loss="euclidean"), ([1.0, v],), TIMES),
    "ensemble s": lambda v: ensemble(FLOW, (0.1, [0.1, v]), TIMES),
    "decay": lambda v: FlowParameters.from_optimiser(lr=1, decay=v),
    "predictor_decay": lambda v: FlowParameters.from_optimiser(lr=1, predictor_decay=v),
    "ema": lambda v: FlowParameters.from_optimiser(lr=1, ema=v),
    "momentum": lambda v: FlowParameters.from_optimiser(lr=1, momentum=v),
    "sigma": lambda v: descend("cosine", EYE, 1, sigma=v),
    "eta": lambda v: EigenmodeFlow(eta=v),
    "beta": lambda v: LinearFlow(X=EYE, Xp=EYE, beta=v),
    "target_scale_on_parabola": lambda v: target_scale_on_parabola(
        integrate(FLOW, (0.1, 0.1), TIMES)["predictor_eigenvalue"], v
    ),
    "portrait": lambda v: phase_portrait(FLOW, s=(v, 1.0)),
}
COUNTS = {
    "points of a separatrix": (lambda v: separatrix(FLOW, points=v), 1),
    "points of a portrait": (lambda v: phase_portrait(FLOW, points=v), 1),
    "steps": (lambda v: descend("cosine", EYE, v), 0),
    "batch": (lambda v: descend("cosine", EYE, 1, batch=v), 0),
    "seed": (lambda v: descend("cosine", EYE, 1, seed=v), -1),
    "draws": (lambda v: EigenvalueFlow(draws=v), 0),
    "max_steps": (lambda v: ensemble(FLOW, (0.1, 0.1), TIMES, max_steps=v), 0),
    "workers": (lambda v: ensemble(FLOW, (0.1, 0.1), TIMES, workers=v), 0),
}


@pytest.mark.parametrize("name", [*CALLS, *POSITIVE, *NOT_NEGATIVE])
def test_functions_refuse_what_is_not_finite(name):
    call = (CALLS | POSITIVE | NOT_NEGATIVE)[name]
    for value in (NAN, INF, -INF):
        with pytest.raises(ValueError, match=r"finite|must rise|in \[0, 1\)"):
            call(value)


@pytest.mark.parametrize("name", [*POSITIVE, *NOT_NEGATIVE])
def test_functions_refuse_what_is_out_of_range(name):
    for value in (-1.0, *([0.0] if name in POSITIVE else [])):
        with pytest.raises(ValueError, match=r"wanted"):
            (POSITIVE | NOT_NEGATIVE)[name](value)


@pytest.mark.parametrize("name", COUNTS)
def test_functions_refuse_what_is_no_count(name):
    call, too_few = COUNTS[name]
    for value in (too_few, 2.5, NAN, "3", True):
        with pytest.raises(ValueError, match="a whole number"):
            call(value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: survives(FLOW, [], 0.1),
        lambda: basin_map(FLOW, "eta", [], [0.1]),
        lambda: basin_map(FLOW, "eta", [0.1], []),
        lambda: trajectories(FLOW, "eta", [], TIMES, (0.1, 0.1, 1)),
        lambda: ensemble(FLOW, ([], 0.1), TIMES),
        lambda: ensemble(EigenmodeFlow(eta=np.array([])), (0.1, 0.1), TIMES),
        lambda: integrate(FLOW, ([], []), TIMES),
        lambda: speed(FLOW, []),
    ],
)
def test_functions_refuse_to_follow_nothing(call):
    with pytest.raises(ValueError, match="is empty; one number or more wanted"):
        call()


def test_a_correlation_at_the_start_is_one():
    from dynamics import IsotropicFlow

    for F, said in (
        (-EYE, r"least eigenvalue is -0\.99"),
        (np.triu(np.ones((2, 2))), "not symmetric"),
    ):
        with pytest.raises(ValueError, match=said):
            integrate(IsotropicFlow(), (EYE, F), TIMES)
    ones = np.ones((2, 2))  # of rank 1
    run = integrate(IsotropicFlow(), (EYE, ones), TIMES)
    assert np.linalg.eigvalsh(run["cross_correlation"].values).min() > -1e-12


def test_a_run_that_is_not_finite_is_not_compared(run):
    from analysis import open_snapshots

    stored = open_snapshots(run).compute()
    stored["predictor"][3:] = NAN
    with pytest.raises(ValueError, match=r"predictor is not finite at snapshot 3 of \d+; compare"):
        compare(stored)


def test_the_checks_by_hand():
    assert check_numbers("x", [1, 2.5], above=0).tolist() == [1, 2.5]
    for value, said in ((1j, "a real number"), ("a", "a real number"), (None, "a real number")):
        with pytest.raises(ValueError, match=said):
            check_numbers("x", value)
    with pytest.raises(ValueError, match=r"x is 3.0; finite and 1 or more and at most 2 wanted"):
        check_numbers("x", [2, 3], least=1, most=2)
    assert check_numbers("x", 0, least=0) == 0
    with pytest.raises(ValueError, match=r"x is 0.0; finite and above 0 wanted"):
        check_numbers("x", 0, above=0)
    assert check_count("n", np.int64(3), most=3) == 3
    with pytest.raises(ValueError, match="n is 4; a whole number from 1 to 3 wanted"):
        check_count("n", 4, most=3)
    for times in ([1], [0, 1, 1], [[0, 1]], ["a", "b"], 3.0):
        with pytest.raises(ValueError, match="t must rise"):
            check_rising("t", times)
    assert check_rising("t", [0, 2]).dtype == float
