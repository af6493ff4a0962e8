import os
import signal

import hypothesis
import pytest

# Tensors of tests are tiny: two threads would mostly wait for each other. Set before NumPy and
# torch are imported, for workers and for the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "agg"
# A job in the background or under nohup was started to ignore these; what tests start would too.
for name, handler in {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}.items():
    number = getattr(signal, name, None)  # Windows has no SIGHUP
    if number is not None and signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, handler)
# No deadlines: the first torch call of a process takes longer than any sensible one. What everyone
# runs is the same every time; `pytest -m hypothesis --hypothesis-profile search` looks for more.
hypothesis.settings.register_profile("same", max_examples=25, deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", max_examples=300, deadline=None)
hypothesis.settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    """One size for all that is tried many times, at random moments or places."""
    parser.addoption(
        "--trials",
        type=int,
        default=20,
        metavar="N",
        help="kills, races, signals, flips: N of each in the slow tests (default: 20)",
    )


@pytest.fixture(scope="session")
def trials(request: pytest.FixtureRequest) -> int:
    """Return how often a slow test tries."""
    count: int = request.config.getoption("--trials")
    return count


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """A few files are through before the workers have imported torch: no workers for them."""
    files = [".py" in argument for argument in config.args]
    return 0 if all(files) and len(files) < 5 else None
