"""What the other processes of a training do: they learn along, and write nothing."""

from trainers.config import Config
from trainers.data.load import Data
from trainers.data.shared_views import shared_views
from trainers.training.learner import Learner
from trainers.training.steps import batches


def follow(config: Config, data: Data, learner: Learner, done: int) -> None:
    """Take this process's share in every step after `done`; rank 0 does the same, and records."""
    for step, samples in batches(config, data, done):
        learner.learn(step, *shared_views(data, step, samples))
