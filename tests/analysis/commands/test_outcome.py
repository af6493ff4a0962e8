import sys

import pytest

from analysis.commands.outcome import outcome


def ending(error: BaseException):
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ValueError("two\nlines"), 2, "two lines"),
        (FileNotFoundError("nothing at x"), 2, "nothing at x"),
        (FloatingPointError("diverged at step 3"), 1, "diverged at step 3"),
        (MemoryError("20 GiB"), 1, "memory ran out: 20 GiB"),
        (RuntimeError("CUDA out of memory."), 1, "memory ran out: CUDA out of memory."),
        (OverflowError("too large"), 2, "too large"),  # named as wrong input below
    ],
)
def test_what_is_wrong_is_one_line_and_a_code(capsys, error, code, line):
    assert outcome("prog", ending(error), (OverflowError,)) == code
    assert capsys.readouterr().err == f"prog: error: {line}\n"


def test_a_code_is_passed_on_be_it_returned_or_left_by(capsys):
    assert outcome("prog", lambda: 1) == 1
    assert outcome("prog", lambda: sys.exit(2)) == 2
    assert outcome("prog", lambda: sys.exit()) == 0
    assert capsys.readouterr().err == ""


def test_our_own_fault_says_so_and_keeps_its_traceback(capsys):
    assert outcome("prog", ending(KeyError("momentum"))) == 70
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("prog: error: KeyError that should not be: a bug, please report it")
    assert rest[0] == "Traceback (most recent call last):"
    assert rest[-1] == "KeyError: 'momentum'"


def test_an_interruption_is_one_line(capsys):
    assert outcome("prog", ending(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "prog: interrupted\n"


def test_an_interruption_in_disguise_is_one(capsys):
    def disguised():
        try:
            raise KeyboardInterrupt
        finally:
            raise AssertionError("attempt to release recursive lock not owned by thread")

    assert outcome("prog", disguised) == 130
    assert capsys.readouterr().err == "prog: interrupted\n"


def test_an_error_of_the_system_has_no_number(capsys):
    assert outcome("prog", ending(OSError(28, "No space left on device", "a/b.png"))) == 2
    assert capsys.readouterr().err == "prog: error: a/b.png: No space left on device\n"
