"""Who sets W_p, if not a closed form: gradient descent, or nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.checks.fields import check_fields
from trainers.methods.constraints import CONSTRAINTS
from trainers.options import DEEP, WIDE, choose, option

if TYPE_CHECKING:
    from torch import nn

    from trainers.methods.predictor_modules import IdentityPredictor, LearnedPredictor


@dataclass(frozen=True)
class Learned:
    """A predictor that the optimiser trains.

    One layer is linear, ``d -> d``. More are ``d -> hidden -> ... -> d`` with a bias, batch norm
    without scale and shift, and ReLU after each but the last, as in DirectPred's code. The last
    layer has a bias only if `bias` is set.

    `constraint` holds W_p, the product of the layers, after every optimiser step, to be
    ``symmetric``, or symmetric positive semi-definite (``psd``), or the layers to be ``tied``,
    W_2 = W_1^T; one tied layer is the linear W^T W of two factors. Three different things:
    `trainers.methods.constraints`. ``off-diagonal`` holds the diagonal of a W_p of one layer at 1;
    with ``start="identity"`` that is the head of Wen and Li (2022). Behind a bottleneck, `hidden`
    below d, they hold at that rank.
    """

    layers: int = option(2, "1: linear; more: with hidden layers, batch norm and ReLU", most=DEEP)
    hidden: int = option(512, "width of hidden layers", least=1, most=WIDE)
    constraint: str = option("none", f"one of {', '.join(CONSTRAINTS)}, held after every step")
    bias: bool = option(False, "a bias in the last layer")
    start: str = option("random", "W_p before training: random, or of one layer identity")

    def __post_init__(self) -> None:
        check_fields(self, "predictor")
        if self.layers < 1:
            raise ValueError(
                f"predictor layers is {self.layers}; it must be at least 1 (--predictor none has "
                "no predictor)"
            )
        choose("predictor constraint", self.constraint, CONSTRAINTS)
        choose("predictor start", self.start, dict.fromkeys(("random", "identity")))
        alone = {"start identity": self.start != "random"}
        alone |= {"constraint off-diagonal": self.constraint == "off-diagonal"}
        for what, asked in alone.items():
            if asked and (self.layers > 1 or self.constraint == "tied"):
                raise ValueError(f"predictor {what} is of one layer that is W_p; layers 1 wanted")
        if self.layers > 2 and self.constraint != "none":
            raise ValueError(
                f"predictor constraint is {self.constraint!r} on {self.layers} layers; "
                "it is defined for 1 or 2"
            )

    learns = True

    @property
    def recorded_as(self) -> str:
        """What is stored as `predictor`: the weight, or W_2 W_1 without what lies between."""
        return "weight" if self.layers == 1 else "product"

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        known = {"layers": self.layers, "bias": self.bias, "constraint": self.constraint}
        return {"kind": "learned", **known}

    def build(self, d: int) -> LearnedPredictor:
        """Make the module for features of size `d`."""
        from torch import nn

        from trainers.methods.predictor_modules import LearnedPredictor

        blocks: list[nn.Module] = []
        size = d
        for _ in range(self.layers - 1):
            blocks += [
                nn.Linear(size, self.hidden),
                nn.BatchNorm1d(self.hidden, affine=False),
                nn.ReLU(),
            ]
            size = self.hidden
        if self.layers == 1 and self.constraint == "tied":
            blocks.append(nn.Linear(d, d, bias=False))
        last = nn.Linear(size, d, bias=self.bias)
        if self.start == "identity":
            nn.init.eye_(last.weight)
        return LearnedPredictor(self.constraint, *blocks, last)


@dataclass(frozen=True)
class Identity:
    """No predictor: W_p = I. With a stop-gradient or without, the theory's collapse.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, Theorem 2.
    """

    learns = False
    recorded_as = "identity"

    @property
    def flow(self) -> dict[str, Any]:
        """What the theory reads of it."""
        return {"kind": "identity"}

    def build(self, d: int) -> IdentityPredictor:
        """Make the module for features of size `d`."""
        from trainers.methods.predictor_modules import IdentityPredictor

        return IdentityPredictor(d)
