"""A method is a value: who sets W_p, where the targets come from, what is minimised.

`METHODS` has the four that started the field. The factor of the loss is DirectPred's in all of
them, so that one learning rate means one thing.
"""

from dataclasses import dataclass

from analysis.checks.fields import checked, shown
from trainers.methods.barlow_twins import BarlowTwins
from trainers.methods.closed_forms import Direct
from trainers.methods.lejepa import LeJEPA
from trainers.methods.losses import Cosine, Euclidean, Loss
from trainers.methods.optimal import Optimal
from trainers.methods.predictors import Identity, Learned
from trainers.methods.targets import EMA, Attached, StopGradient
from trainers.methods.vicreg import VICReg
from trainers.options import check_frozen

Predictor = Learned | Direct | Optimal | Identity
Target = EMA | StopGradient | Attached

PREDICTORS: dict[str, Predictor] = {
    "learned": Learned(),
    "direct": Direct(),
    "optimal": Optimal(),
    "none": Identity(),
}
TARGETS: dict[str, Target] = {
    "ema": EMA(),
    "stopgradient": StopGradient(),
    "attached": Attached(),
}
LOSSES: dict[str, Loss] = {
    "cosine": Cosine(),
    "euclidean": Euclidean(),
    "vicreg": VICReg(),
    "barlow-twins": BarlowTwins(),
    "lejepa": LeJEPA(),
}


@dataclass(frozen=True)
class Method:
    """A non-contrastive method: predictor rule x target x loss.

    Raises
    ------
    ValueError
        A part is of another kind than annotated, or the parts contradict each other.
    """

    predictor: Predictor
    target: Target
    loss: Loss = LOSSES["cosine"]

    def __post_init__(self) -> None:
        # By what they do, and not by their class: a rule of one's own is a rule.
        for name, value, kinds, wanted in (
            ("predictor", self.predictor, PREDICTORS, ("build", "flow", "learns", "recorded_as")),
            ("target", self.target, TARGETS, ("build", "flow")),
        ):
            other = name == "target" and hasattr(value, "learns")
            if isinstance(value, type) or other or not all(hasattr(value, w) for w in wanted):
                known = ", ".join(sorted(type(kind).__name__ for kind in kinds.values()))
                raise ValueError(
                    f"{name} is {shown(value)}; {known} wanted, or one with {', '.join(wanted)}"
                )
            check_frozen(name, value)
        check_frozen("loss", checked("loss", self.loss, Loss))
        if self.loss.iso and self.predictor.learns:
            kind = type(self.predictor).__name__
            raise ValueError(
                f"loss iso passes no gradient to the predictor, and {kind} learns by it; "
                "choose --predictor direct with every=1, or leave iso out"
            )


METHODS: dict[str, Method] = {
    "byol": Method(Learned(layers=2), EMA(0.996)),
    "simsiam": Method(Learned(layers=2), StopGradient()),
    "directpred": Method(Direct(power=1 / 2, eps=0.1, rho=0.3, normalise="max"), EMA(0.996)),
    "directcopy": Method(Direct(power=1, eps=0.3, rho=0.5, normalise="frobenius"), EMA(0.996)),
}

SOURCES: dict[str, str] = {
    "byol": "Grill et al. 2020, arXiv:2006.07733",
    "simsiam": "Chen, He 2020, arXiv:2011.10566",
    "directpred": "Tian, Chen, Ganguli 2021, arXiv:2102.06810",
    "directcopy": "Wang, Chen, Du, Tian 2021, arXiv:2110.04947",
}
