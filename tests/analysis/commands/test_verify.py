from damage import holding
from run_stores import write

from analysis import verify
from analysis.commands.main import main


def test_the_command_says_what_is_whole_and_what_is_not(tmp_path, capsys):
    runs = [write(tmp_path / "runs", name, {}, 0) for name in "ab"]
    assert main(["verify", str(tmp_path / "runs")]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{run} is whole" for run in runs]
    file = runs[1] / "snapshots.zarr" / "predictor" / "c" / "0" / "0" / "0"
    with holding(file, file.read_bytes()[:-1] + b"?"):
        assert main(["verify", str(tmp_path / "runs")]) == 1
        out = capsys.readouterr().out.splitlines()
    assert out == [f"{runs[0]} is whole", f"{file} is damaged"]
    assert main(["verifi", str(runs[0])]) == 2
    assert "did you mean the command verify?" in capsys.readouterr().err


def test_each_file_has_its_line(tmp_path):
    run = write(tmp_path, "run", {}, 0)
    store = run / "snapshots.zarr"
    assert verify(run) == verify(store) == []
    (run / "checkpoint.pt").write_bytes(b"PK")
    (store / "step" / "c" / "0").unlink()
    (store / "predictor" / "zarr.json").write_text("{}")
    other = (store / "time" / "c" / "0").read_bytes()
    (store / "epoch" / "c" / "0").write_bytes(other)
    assert sorted(line.removeprefix(str(run)) for line in verify(run)) == [
        "/checkpoint.pt is damaged (File is not a zip file)",
        "/snapshots.zarr/epoch/c/0 is a chunk of another place, run or time",
        "/snapshots.zarr/predictor/zarr.json is damaged or was edited",
        "/snapshots.zarr/step/c/0 is missing",
    ]
