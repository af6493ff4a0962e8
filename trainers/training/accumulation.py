"""What passing a batch in parts does not leave as it is."""

from __future__ import annotations

from torch import nn

from trainers import ranks
from trainers.config import Config
from trainers.say import say
from trainers.training.learner import Learner


def say_unequal(config: Config, learner: Learner) -> None:
    """Say on stderr, of a batch that passes in parts, where a step is not that of the batch."""
    if config.accumulate == 1:
        return
    norms = nn.modules.batchnorm._BatchNorm
    parts = (learner.online, learner.predictor)
    if any(isinstance(module, norms) for part in parts for module in part.modules()):
        n = config.batch_size // ranks.count() // config.accumulate
        say(
            f"accumulate {config.accumulate}: batch norm has the statistics of {n} images, not of "
            f"the batch of {config.batch_size}; all else is of the batch"
        )
