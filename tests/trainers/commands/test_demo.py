from trainers.commands.main import main


def test_the_demo_draws_a_learned_predictor_over_a_set_one_and_says_what_to_type(tmp_path, capsys):
    out = tmp_path / "the demo"
    short = ["demo", "--out", str(out), "--epochs", "1", "--limit", "300"]
    assert main(short) == 0
    shown = capsys.readouterr().out
    figure = out / "comparison.png"
    assert f"figure       {figure}" in shown
    assert figure.stat().st_size > 20_000
    assert f"eigenspace analyse '{out / 'learned'}'" in shown
    assert (out / "learned" / "encoder.pt").is_file()
    assert (out / "directpred" / "encoder.pt").is_file()
    assert main(short) == 2
    assert "holds a run" in capsys.readouterr().err
