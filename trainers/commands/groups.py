"""The options of a run by what they are about: those of one screen, and the rest."""

from typing import NamedTuple


class Group(NamedTuple):
    """Fields of `Config`, by how often one needs them."""

    often: str
    seldom: str = ""


GROUPS = {
    "run": Group("seed device precision", "name compile"),
    "data": Group("data limit views", "size channels"),
    "network": Group(
        "encoder width projector_layers projector_out", "projector_hidden projector_bias batch_norm"
    ),
    "optimisation": Group(
        "epochs batch_size lr predictor_lr momentum weight_decay schedule warmup",
        "accumulate optimiser trust encoder_lr projector_lr fix_predictor_lr encoder_decay "
        "projector_decay predictor_decay flow_decay decay decay_biases",
    ),
    "recording": Group("every", "record_head"),
}


def is_often(field: str) -> bool:
    """Return whether a field's option is shown by ``--help``, and not only by ``--help-all``."""
    return any(field in group.often.split() for group in GROUPS.values())


def group_of(field: str) -> str:
    """Return the group that a field's option is shown in; "more" where none names it."""
    found = (
        name for name, group in GROUPS.items() if field in f"{group.often} {group.seldom}".split()
    )
    return next(found, "more")
