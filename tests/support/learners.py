"""Learners of a named method, small, and what a few steps make of them."""

import shlex

import torch

from analysis.commands.parser import Parser
from trainers import Config
from trainers.commands.configure import configure
from trainers.training.learner import Learner

FLAGS = (
    "--size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 --epochs 2 "
    "--device cpu"
)


def config_of(name: str, flags: str = "") -> Config:
    """What `python -m trainers NAME FLAGS` would train, small unless `flags` say otherwise."""
    parser = Parser(name)
    return configure(parser, name, shlex.split(f"{FLAGS} {flags}"))[0]


def views(step: int) -> torch.Tensor:  # -> (2, 16, 3, 16, 16)
    """Both views of a batch, the same ones for the same step."""
    return torch.rand(2, 16, 3, 16, 16, generator=torch.Generator().manual_seed(step))


def unlearned(config: Config) -> Learner:
    """Where a run of `config` starts."""
    return Learner(config, (3, 16, 16), torch.device("cpu"), steps_per_epoch=10)


def learned(config: Config, steps: int = 3) -> Learner:
    """Where it is after `steps` steps."""
    learner = unlearned(config)
    for step in range(1, steps + 1):
        learner.learn(step, *views(step))
    return learner
