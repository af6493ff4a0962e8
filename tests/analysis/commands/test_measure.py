import json

import numpy as np
import pytest
from strategies import collapsed_run, learning_run, write_run

from analysis import collapse, open_snapshots
from analysis.commands.main import main
from analysis.commands.table import in_columns
from analysis.figures.run_overview import draw_run
from analysis.figures.style import STYLE


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setitem(STYLE, "savefig.dpi", 20)
    byol = write_run(tmp_path / "byol-0", learning_run(d=8, snapshots=12), accuracy=0.7312)
    return [byol, write_run(tmp_path / "simsiam-0", collapsed_run(d=4, snapshots=5))]


COMPARED = ("comparison", "spectra", "alignment")


def compared():
    figures = [f"{name}.{kind}" for name in COMPARED for kind in ("png", "pdf")]
    return sorted([*figures, "report.html"])


def files(path):
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


def test_one_run_gives_a_row_and_an_overview(runs, blank_pictures, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([str(runs[0])]) == 0
    head, row, *paths = capsys.readouterr().out.splitlines()
    assert row.split()[1:8] == ["byol", "synthetic", "0", "100", "12", "8", "0.731"]
    assert head.split()[:3] == ["run", "method", "data"]
    assert head.split()[-3:] == ["error", "rate", "collapse"]
    assert row.partition("dimensional")[0].endswith(" 1 %         ")
    assert row.endswith(f"dimensional, step {collapse(open_snapshots(runs[0])).onset}")
    names = [f"{name}.{kind}" for name in ("overview", "history") for kind in ("png", "pdf")]
    figures = [runs[0] / "figures" / name for name in names]
    assert paths == [*map(str, figures), str(runs[0] / "report.html")]
    assert all(path.is_file() for path in figures)
    assert not (tmp_path / "figures").exists()


def test_several_runs_are_compared_in_figures(runs, blank_pictures, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([str(run) for run in runs]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[7] == "-"  # no accuracy was stored
    assert "complete, step" in lines[2]
    assert lines[-7:] == [
        *(f"figures/{name}.{kind}" for name in COMPARED for kind in ("png", "pdf")),
        "figures/report.html",
    ]
    assert files(tmp_path / "figures") == compared()


def test_a_comparison_goes_where_the_user_says(
    runs, blank_pictures_of_single_runs, capsys, tmp_path
):
    out = tmp_path / "paper"
    assert main([str(runs[1]), "--out", str(out)]) == 0
    assert files(out) == compared()
    assert all(file.stat().st_size > 1000 for file in out.iterdir())


def test_nothing_is_written_into_a_store(runs, blank_pictures, capsys, tmp_path, monkeypatch):
    store = runs[0] / "snapshots.zarr"
    stored = files(store)
    assert main([str(store)]) == 0
    assert str(runs[0] / "figures" / "overview.png") in capsys.readouterr().out
    monkeypatch.chdir(store)
    for typed, name in ((".", "byol-0"), ("../../simsiam-0/snapshots.zarr", "simsiam-0")):
        assert main([typed]) == 0
        assert (tmp_path / name / "report.html").is_file()
    mine = runs[1].with_name("mine.zarr")
    store.rename(mine)
    monkeypatch.chdir(tmp_path)
    assert main(["mine.zarr"]) == 0
    assert (tmp_path / "mine" / "report.html").is_file()
    assert files(mine) == stored
    for words in (["mine.zarr"], ["accuracy", "mine.zarr", "mine.zarr"]):
        assert main([*words, "--out", "mine.zarr/figures"]) == 2
        assert "mine.zarr/figures lies in the store" in capsys.readouterr().err
    assert files(mine) == stored


def test_figures_that_a_link_would_lead_elsewhere_are_refused(
    runs, blank_pictures, capsys, tmp_path
):
    (tmp_path / "elsewhere").mkdir()
    (runs[0] / "figures").symlink_to(tmp_path / "elsewhere")
    assert main([str(runs[0])]) == 2
    assert "figures is a link to" in capsys.readouterr().err
    with pytest.raises(ValueError, match="is a link to"):
        draw_run(runs[0])
    assert not files(tmp_path / "elsewhere")
    (tmp_path / "latest").symlink_to(runs[1])  # a run itself may be one
    assert main([str(tmp_path / "latest"), str(runs[1])]) == 0
    assert capsys.readouterr().out.count("simsiam-0") == 0  # once, as it was named first


def broken(path):
    for chunk in (path / "snapshots.zarr" / "predictor").rglob("c/*/*/*"):
        chunk.write_bytes(b"")


def emptied(path):
    root = path / "snapshots.zarr" / "zarr.json"
    content = json.loads(root.read_text())
    content["attributes"]["format"] = "something else"
    root.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("damage", "message"), [(broken, "truncated"), (emptied, "something else")]
)
def test_a_bad_run_among_good_ones_is_one_line_and_nothing_is_written(
    runs, capsys, tmp_path, damage, message
):
    damage(runs[1])
    before = files(tmp_path)
    assert main([*map(str, runs), "--out", str(tmp_path / "paper")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("python -m analysis: error: ")
    assert message in err
    assert "simsiam-0" in err
    assert err.count("\n") == 1
    assert files(tmp_path) == before


def test_wrong_arguments_are_one_line_too(capsys, tmp_path):
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    for arguments in ([], ["run", "--colour"]):
        assert main(arguments) == 2
        err = capsys.readouterr().err
        assert err.startswith("python -m analysis: error: ")
        assert err.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_an_error_not_a_traceback(runs, capsys, tmp_path):
    (tmp_path / "taken").write_text("a file")
    assert main([str(runs[0]), "--out", str(tmp_path / "taken")]) == 2
    out, err = capsys.readouterr()
    assert "taken" in err
    assert out == ""
    assert not list(tmp_path.rglob("*.png"))


def test_a_trainer_draws_its_run_in_one_call(runs):
    png = draw_run(runs[0])
    assert png == runs[0] / "figures" / "overview.png"
    assert all(png.with_suffix(kind).stat().st_size > 1000 for kind in (".png", ".pdf"))


def test_what_steers_a_terminal_is_shown_and_not_done(tmp_path, blank_pictures, capsys):
    run = learning_run(d=3, snapshots=2).assign_attrs(method="\x1b[2J\n\u202e" + "m" * 300)
    path = write_run(tmp_path / "a\x1b]0;b", run)
    assert main([str(path)]) == 0
    out = capsys.readouterr().out
    row = out.splitlines()[1]
    assert r"\x1b[2J\n\u202e" in row
    assert row.startswith(f"{tmp_path}/a\\x1b]0;b")
    assert len(row) < 400
    assert main([str(tmp_path / "no\x1b[2Jwhere")]) == 2
    assert r"no\x1b[2Jwhere" in capsys.readouterr().err


def test_the_table_is_aligned():
    rows = [{"run": "a", "loss": "0.5"}, {"run": "longer", "loss": "-"}]
    assert in_columns(rows).splitlines() == ["run     loss", "a       0.5", "longer  -"]
    assert (
        np.unique([line.index(line.split()[1]) for line in in_columns(rows).splitlines()]).size == 1
    )
