"""What experiment shows: train non-contrastive methods and record their eigenspaces."""

import lazy_loader

# Names are listed in __init__.pyi, and imported when they are first used.
_named, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("eigenspace")
    return _named(name)
