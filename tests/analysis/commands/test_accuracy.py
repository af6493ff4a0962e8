from run_stores import write

from analysis.commands.main import main


def test_the_command_prints_keeps_and_draws(tmp_path, capsys):
    for seed in (0, 1):
        write(tmp_path, str(seed), {}, seed, knn_accuracy=0.5, linear_accuracy=0.6 + seed / 10)
    out = tmp_path / "out"
    assert main(["accuracy", str(tmp_path), "--of", "linear", "--out", str(out)]) == 0
    assert "65.0 ± 7.1 (n=2)" in capsys.readouterr().out
    names = {path.name for path in out.iterdir()}
    assert names == {"accuracy.csv", "accuracy.txt", "accuracy.png", "accuracy.pdf"}
    assert main(["accuracy", str(out / "accuracy.csv")]) == 0
    assert "65.0 ± 7.1 (n=2)" in capsys.readouterr().out
