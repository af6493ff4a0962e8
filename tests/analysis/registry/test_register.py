"""A measure of one's own: with its laws it is one of the library's, without them it is refused."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from analysis import SnapshotWriter, from_arrays, save_snapshots, summarise
from analysis.commands.main import main
from analysis.figures import history
from analysis.figures.run_history import history_caption
from analysis.linalg.labelled import over_matrices
from analysis.registry import MEASURES, Measure, register, unregister
from analysis.registry.laws import broken_law
from analysis.store.schema import Variable

LABEL = Variable("mean eigenvalue", symbol=r"$\operatorname{tr} W_p / d$")


def mean_eigenvalue(predictor):
    def kernel(W):
        return np.trace(W, axis1=-2, axis2=-1) / W.shape[-1]

    return over_matrices(kernel, predictor, name="m", label=LABEL, degrees=(1,))


OWN = Measure(
    function=mean_eigenvalue,
    label=LABEL,
    takes=("predictor",),
    span="[-inf, inf]",
    degree={"predictor": 1},
    zero={"predictor": 0.0},
    parity=-1,
    transposition=True,
    name="mean_eigenvalue",
    formula=r"\operatorname{tr} W_p / d",
    chance="0",
    undefined="nowhere",
    source="own",
)


@pytest.fixture
def registered():
    yield register(OWN)
    unregister(OWN.name)


@pytest.fixture
def run():
    W = np.stack([np.diag([1.0, 3.0 + k]) for k in range(3)])
    F = np.stack([np.diag([2.0, 1.0])] * 3)
    return from_arrays(predictor=W, correlation=F, samples=[64] * 3, mean=np.zeros((3, 2)))


def test_it_stands_in_the_summary_the_figure_and_the_registry(registered, run):
    found = summarise(run)["mean_eigenvalue"]
    np.testing.assert_allclose(found, [2, 2.5, 3])
    assert found.attrs["symbol"] == LABEL.symbol
    assert MEASURES["mean_eigenvalue"] is OWN
    assert "mean eigenvalue" in history_caption(run, summarise(run))
    assert "mean eigenvalue" in [
        ax.get_ylabel().split("\n")[0] for ax in history(run, summarise(run)).axes
    ]


def test_it_has_a_column_in_the_table_and_the_report(registered, run, tmp_path, capsys):
    with SnapshotWriter(tmp_path / "run" / "snapshots.zarr") as writer:
        for i in range(3):
            row = run.isel(step=i)
            writer.append(i, **{name: row[name].values for name in row.data_vars})
    assert main([str(tmp_path / "run")]) in (None, 0)
    heading, row = capsys.readouterr().out.splitlines()[:2]
    assert "mean_eigenvalue" in heading
    assert "3.000" in row
    assert "mean_eigenvalue" in (tmp_path / "run" / "report.html").read_text()


def test_a_run_that_lacks_what_it_takes_goes_without(run):
    register(replace(OWN, name="of_targets", takes=("target_correlation",), parity=None,
                     degree={"target_correlation": 1}, zero={"target_correlation": 0.0},
                     transposition=False))  # fmt: skip
    try:
        assert "of_targets" not in summarise(run)
    finally:
        unregister("of_targets")
    assert "mean_eigenvalue" not in summarise(run)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "asymmetry"}, "measure 'asymmetry' is there already; give yours another name"),
        ({"name": "live_modes"}, "'live_modes' is there already"),
        ({"name": "predictor"}, "'predictor' is there already"),
        ({"name": "a b"}, "is 'a b'; a name as Python has them wanted"),
        ({"takes": ("loss",)}, r"takes \['loss'\]; choose from"),
        ({"formula": "", "source": " "}, "lacks formula, source; a reader is told"),
        ({"degree": {"predictor": 2}}, "degree is 2 in predictor, and it does not scale so"),
        ({"zero": {"predictor": np.nan}}, "zero is nan in predictor, and it is 0 there"),
        ({"parity": 1}, "parity is 1, and -W_p does not give that"),
        ({"transposition": False}, "transposition is False, and transposition changes nothing"),
        ({"shift": True}, "shift is True, and shift changes it"),
        ({"rotation": False}, "rotation is False, and rotation changes nothing"),
        ({"span": "[0, 1]"}, r"span is \[0, 1\], and it is in \[-"),
        ({"function": lambda W: W}, "ends in ValueError"),
        ({"function": lambda W: mean_eigenvalue(W.fillna(0))}, "not finite is to be NaN"),
    ],
)
def test_without_its_laws_it_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        register(replace(OWN, **change))
    assert change.get("name", OWN.name) not in set(MEASURES) - {"asymmetry"}


def test_what_is_no_measure_and_what_was_not_registered():
    with pytest.raises(ValueError, match="measure is "):
        register(mean_eigenvalue)
    with pytest.raises(ValueError, match="no measure 'x' was registered"):
        unregister("x")


def test_twice_is_taken(registered):
    with pytest.raises(ValueError, match="is there already"):
        register(OWN)


@pytest.mark.parametrize("name", MEASURES)
def test_those_of_the_library_would_be_taken(name):
    assert broken_law(MEASURES[name]) == ""


MODULE = """
import numpy as np
from analysis.linalg.labelled import over_matrices
from analysis.registry import Measure
from analysis.store.schema import Variable

LABEL = Variable("mean eigenvalue", symbol="m")

def mean_eigenvalue(predictor):
    def kernel(W):
        return np.trace(W, axis1=-2, axis2=-1) / W.shape[-1]
    return over_matrices(kernel, predictor, name="m", label=LABEL, degrees=(1,))

OWN = Measure(function=mean_eigenvalue, label=LABEL, takes=("predictor",), span="[-inf, inf]",
    degree={"predictor": 1}, zero={"predictor": 0.0}, parity=-1, transposition=True,
    name="mean_eigenvalue", formula="m", chance="0", undefined="nowhere", source="own")
"""


@pytest.fixture
def stored(run, tmp_path, monkeypatch):
    save_snapshots(run, tmp_path / "run")
    (tmp_path / "mymeasures.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("raise KeyError('no')")
    monkeypatch.chdir(tmp_path)
    yield "run"
    sys.modules.pop("mymeasures", None)


def test_a_command_takes_it_by_name_and_leaves_nothing_registered(stored, capsys):
    assert main([stored, "--measure", "mymeasures:OWN", "--measure", "mymeasures:OWN"]) == 0
    table = capsys.readouterr().out.splitlines()
    column = table[0].index("mean_eigenvalue")
    assert table[1][column:].split()[0] == "3.000"
    assert OWN.name not in MEASURES
    assert main([stored]) == 0
    assert "mean_eigenvalue" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mymeasures", "package.module:name of a Measure wanted"),
        ("mymeasures:LABEL", "'mymeasures:LABEL' is Variable"),
        ("mymeasures:GONE", "has no attribute 'GONE'"),
        ("nowhere_to_be_found:OWN", "No module named 'nowhere_to_be_found'"),
        ("broken:OWN", "cannot be imported, KeyError: 'no'"),
    ],
)
def test_a_name_that_leads_to_none_is_one_line(stored, name, said, capsys):
    assert main([stored, "--measure", name]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("python -m analysis: error: measure")
    assert said in told
