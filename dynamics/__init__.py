"""What theory predicts: the flows of two-layer linear BYOL, integrated and judged.

Every flow is a frozen value, called as ``flow(t, *state)``, with its theorems attached; `integrate`
and `ensemble` follow it, and return Datasets in the names of a trained run.
"""

import lazy_loader

# Names are listed in __init__.pyi, and imported when they are first used.
_named, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("eigenspace")
    return _named(name)
