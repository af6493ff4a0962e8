"""What experiment shows: train non-contrastive methods and record their eigenspaces."""

import lazy_loader

# Names are listed in __init__.pyi, and imported when they are first used.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
