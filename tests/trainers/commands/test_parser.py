import argparse
from dataclasses import FrozenInstanceError, dataclass, fields

import pytest

from trainers.commands.parser import Parser, add_options, apply_options
from trainers.evaluation.evaluate import PROTOCOLS
from trainers.methods.method import LOSSES, PREDICTORS, TARGETS
from trainers.options import option


@dataclass(frozen=True)
class Inner:
    power: float = option(0.5, "an exponent, 50 % by default")
    on: bool = option(True, "a switch")


@dataclass(frozen=True)
class Outer:
    inner: Inner
    batch_size: int = option(128, "images")
    limit: int | None = option(None, "at most")
    name: str = option("a", "a name")


def parse(*arguments: str) -> Outer:
    parser, start = Parser(prog="prog"), Outer(Inner())
    add_options(parser, start)
    add_options(parser, start.inner, "inner.")
    parser.hints = {"--inner.rho": "belongs elsewhere"}
    parsed = parser.parse_strictly(arguments)
    inner = apply_options(start.inner, parsed, "inner.")
    return apply_options(Outer(inner), parsed)


def test_every_field_has_a_flag_and_every_type_its_syntax():
    assert parse() == Outer(Inner())
    assert parse("--batch-size", "50_000", "--limit=7", "--name", "x") == Outer(
        Inner(), 50_000, 7, "x"
    )
    assert parse("--inner.power", "1/4", "--inner.on", "no") == Outer(Inner(0.25, False))
    assert parse("--limit", "none").limit is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batchsize", "3"], "unknown argument '--batchsize'; did you mean --batch-size?"),
        (["--zzz"], "unknown argument '--zzz'; --help lists the options"),
        (["--inner.rho=3"], "--inner.rho belongs elsewhere"),
        (["--batch-size", "x"], "argument --batch-size: invalid int value: 'x'"),
        (["--batch-size", "1.5"], "invalid int value: '1.5'"),
        (["--inner.on", "maybe"], "invalid bool value: 'maybe'"),
        (["--inner.power", "1/0"], "invalid float value: '1/0'"),
        (["--limit"], "argument --limit: expected one argument"),
        (["stray"], "unknown argument 'stray'"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_two(capsys, arguments, message):
    with pytest.raises(SystemExit) as left:
        parse(*arguments)
    errors = capsys.readouterr().err
    assert left.value.code == 2
    assert errors.startswith("prog: error: ")
    assert message in errors
    assert errors.count("\n") == 1


def test_help_shows_each_default(capsys):
    parser = argparse.ArgumentParser()
    add_options(parser, Inner(), "inner.")
    assert "50 % by default (default: 0.5)" in " ".join(parser.format_help().split())


PARTS = [part for table in (PREDICTORS, TARGETS, LOSSES, PROTOCOLS) for part in table.values()]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_every_setting_of_a_part_is_a_flag_and_none_can_be_changed(part):
    parser = Parser(prog="prog")
    add_options(parser, part)
    for field in fields(part):
        assert f"--{field.name.replace('_', '-')}" in parser.format_help()
    with pytest.raises(FrozenInstanceError):
        part.anything = 1
