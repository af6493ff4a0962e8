from pathlib import Path

import pytest

from analysis.commands.parser import MEANINGS, Parser

SAID = "runs are named by their folders"


def parser() -> Parser:
    parser = Parser("prog", {"watch": "--follow", "names": SAID, "lr": "its rate is --rate"})
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--batch-size", type=int, default=1, help="images (default: 1)")
    parser.add_argument("--power", type=float)
    parser.add_argument("--features", choices=["encoder", "projector"])
    parser.add_argument("--follow", action="store_true", help="draw anew")
    return parser


def refused(capsys, *words: str) -> str:
    with pytest.raises(SystemExit) as left:
        parser().parse_strictly(words)
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("prog: error: ")
    assert error.count("\n") == 1
    return error.removeprefix("prog: error: ").rstrip("\n")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("--batchsize", "did you mean --batch-size?"),
        ("--batch_size=3", "did you mean --batch-size?"),
        ("--loader.batch_size", "did you mean --batch-size?"),
        ("-power", "did you mean --power?"),
        ("--watch", "did you mean --follow?"),
        ("-o", "did you mean --out?"),
        ("--names", SAID),
        ("--nmaes", SAID),
        ("--colour", "--help lists the options"),
        ("--lr", "--help lists the options"),  # its meaning is a flag that is not there
        ("--optimizer", "--help lists the options"),
        ("--foo\x1b[2J", "--help lists the options"),
    ],
)
def test_an_unknown_word_is_answered_by_what_it_means_or_not_at_all(capsys, word, hint):
    assert refused(capsys, word, "r", "--out", "f") == f"unknown argument {word!r}; {hint}"


def test_what_is_unknown_is_said_before_what_is_missing(capsys):
    assert "did you mean --out?" in refused(capsys, "run", "-o", "f")
    assert refused(capsys, "run") == "the following arguments are required: --out"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch-size", "1.5"], "--batch-size is '1.5'; a whole number wanted"),
        (["--power", "x" * 99], f"--power is '{'x' * 56}...; a number wanted"),
        (
            ["--features", "encodr"],
            "--features 'encodr' is not known; choose from ['encoder', 'projector']; did you mean "
            "'encoder'?",
        ),
        (["--power"], "argument --power: expected one argument"),
        (["stray"], "unknown argument 'stray'; --help lists the options"),
    ],
)
def test_a_wrong_value_is_told_with_its_flag_and_what_is_wanted(capsys, words, message):
    assert refused(capsys, "run", "--out", "f", *words) == message


def test_values_are_read_as_people_write_them():
    words = ["run", "--out", "f", "--power", "-1e-3", "--batch-size", "50_000"]
    parsed = parser().parse_strictly(words)
    assert (parsed.power, parsed.batch_size, parsed.out) == (-1e-3, 50_000, Path("f"))
    assert parser().parse_strictly(["r", "--out", "f", "--power", "1/4"]).power == 0.25


def test_every_meaning_that_is_shared_names_a_flag_or_is_a_sentence():
    assert all(m.startswith("--") or " " in m for m in MEANINGS.values())


def test_help_has_a_line_an_option_and_help_all_what_is_rare(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    short = parser()
    short.rare = {"power", "batch_size"}
    with pytest.raises(SystemExit, match="0"):
        short.parse_strictly(["--help"])
    shown = capsys.readouterr().out
    assert shown.startswith("usage: prog RUN --out FILE [options]\n")
    assert "  --features encoder|projector\n" in shown
    assert "--follow                   draw anew\n" in shown
    assert "--power" not in shown
    assert "--help-all has 2 more" in shown
    with pytest.raises(SystemExit, match="0"):
        short.parse_strictly(["--help-all"])
    shown = capsys.readouterr().out
    assert "--batch-size N             images (default: 1)\n" in shown
    assert "--power X\n" in shown
    assert "--help-all" not in shown
