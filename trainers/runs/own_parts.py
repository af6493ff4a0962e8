"""What of a run is its user's: parts by their names, and the one line about one that fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.checks.memory import ran_out
from analysis.checks.one_line import one_line
from trainers.config import Config
from trainers.named import OwnCodeError, failure, is_named
from trainers.options import to_json


def own_parts(config: Config) -> dict[str, str]:
    """Return kind and name of each part of a config that is not this library's.

    Examples
    --------
    >>> from trainers import METHODS
    >>> own_parts(Config(method=METHODS["byol"], encoder="torchvision:resnet50"))
    {'encoder': 'torchvision:resnet50'}
    """
    names = {kind: getattr(config, kind) for kind in ("data", "views", "encoder")}
    names |= {slot: part["kind"] for slot, part in to_json(config.method).items() if slot != "kind"}
    own = {kind: name for kind, name in names.items() if is_named(name)}
    if "data" in own and Path(own["data"]).exists():  # a folder of that name
        del own["data"]
    return own


@contextmanager
def before_training(config: Config) -> Iterator[None]:
    """Let whatever is wrong with a user's parts be said in one line, before anything is written.

    Raises
    ------
    ValueError
        A part has failed, where and how; or, where none of its own lines did, which parts there
        are: one of them is not what was called for.
    """
    try:
        yield
    except Exception as error:  # whatever a stranger's code does
        parts = own_parts(config)
        if not parts or isinstance(error, OwnCodeError) or ran_out(error):
            raise
        if told := failure(error):
            raise ValueError(f"before training: {told}; nothing was written") from error
        if isinstance(error, ValueError | OSError):  # of ours, with words of its own
            raise
        names = ", ".join(f"{kind} {name!r}" for kind, name in parts.items() if kind != "data")
        raise ValueError(
            f"before training: {type(error).__name__}: {one_line(error)}; nothing was written. Of "
            f"yours are {names}: one does not do what it is called for"
        ) from error
