"""What a command answers to bad input."""

import pytest

from trainers.commands.main import main


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run `python -m trainers`, which is to exit with 2, and return the one line it says."""
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert code == 2
    assert captured.err.count("\n") == 1, captured.err
    assert "Traceback" not in captured.err
    return captured.err
