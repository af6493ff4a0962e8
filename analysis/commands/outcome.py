"""How a command ends: its exit code, and in one line what was wrong."""

import os
import sys
import traceback
from collections.abc import Callable

from analysis.checks.interruption import was_interrupted
from analysis.checks.memory import ran_out
from analysis.commands.signals import interruptible
from analysis.store.atomic import in_words
from analysis.store.visible import visible


def outcome(name: str, command: Callable[[], int], also: tuple[type[Exception], ...] = ()) -> int:
    """Run a command, and return its exit code.

    Input that is wrong is 2; numbers that are no longer finite, 1; what the command itself returns
    otherwise. Both errors are one line on stderr. Any other exception is our own fault: a line says
    so above its traceback, and the code is 70 (the system's `EX_SOFTWARE`). An interruption is one
    line, and the code of its signal.

    Parameters
    ----------
    name : str
        As a person called the command.
    command : callable
        Without arguments; it returns an exit code.
    also : tuple of exceptions
        That are wrong input too, beside ValueError and OSError.
    """
    with interruptible() as interruption:
        try:
            return _ended(name, command, also)
        except KeyboardInterrupt as error:
            print(f"{name}: {str(error) or 'interrupted'}", file=sys.stderr)
            return interruption.code


def _ended(name: str, command: Callable[[], int], also: tuple[type[Exception], ...]) -> int:
    try:
        return _run(command)
    except SystemExit as left:  # of a parser
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BrokenPipeError:  # `list | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except FloatingPointError as error:  # nobody's wrong input: a run diverged
        return _tell(name, error, 1)
    except (ValueError, OSError) as error:
        return _tell(name, in_words(error), 2)
    except Exception as error:
        if isinstance(error, also):
            return _tell(name, error, 2)
        if ran_out(error):
            return _tell(name, f"memory ran out: {error}", 1)
        kind = type(error).__name__
        line = f"{kind} that should not be: a bug, please report it with what stands below"
        code = _tell(name, line, 70)
        traceback.print_exc()
        return code


def _run(command: Callable[[], int]) -> int:
    try:
        return command()
    except Exception as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from error
        raise


def _tell(name: str, error: object, code: int) -> int:
    print(f"{name}: error: {visible(' '.join(str(error).split()))}", file=sys.stderr)
    return code
