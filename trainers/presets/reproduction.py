"""The configurations of the reproduction of DirectPred's paper, with what it published.

Its gradient is half of DirectPred's code, its target averages BN statistics too, and its biases do
not decay: `AT` says so in flags.

References
----------
"[Re] Understanding Self-Supervised Learning Dynamics without Contrastive Pairs", ReScience C
(2022), doi 10.5281/zenodo.6574659, Tables 1 to 3; DirectCopy and the deeper projector only in its
course report.
"""

from dataclasses import replace

from trainers.methods.method import METHODS, Method
from trainers.methods.predictors import Learned
from trainers.methods.targets import EMA, StopGradient
from trainers.presets.preset import PREDICTOR_DECAY_ONLY, Preset

RE = "reproduction, ReScience C 2022"
AT = (
    "--data cifar10 --encoder resnet18 --epochs 101 --views predecessor --decay-biases no "
    "--loss.factor 2"
)
AT_EMA = AT + " --target.buffers yes"
BYOL, DIRECTPRED, DIRECTCOPY = METHODS["byol"], METHODS["directpred"], METHODS["directcopy"]
LINEAR, TIED = Learned(layers=1), Learned(layers=2, constraint="tied")
OWN = StopGradient()
FAST = {"lr": 0.2, "predictor_lr": 2.0}

REPRODUCTION: dict[str, Preset] = {
    "simsiam-linear": Preset(
        Method(LINEAR, OWN), "one-layer predictor, no EMA", RE, {}, "77.8", AT
    ),
    "byol-tied": Preset(
        Method(TIED, EMA()), "W_2 = W_1^T after every step", RE, {}, "85.7", AT_EMA
    ),
    "simsiam-tied": Preset(
        Method(TIED, OWN), "the same without EMA: collapses", RE, {}, "20.3", AT
    ),
    "simsiam-tied-decay": Preset(
        Method(TIED, OWN), "the same, only the predictor decays", RE, PREDICTOR_DECAY_ONLY, "", AT
    ),
    "directpred-own": Preset(
        replace(DIRECTPRED, target=OWN),
        "DirectPred without EMA; what was published ran the SGD baseline instead",
        RE,
        {},
        "(78.6)",
        AT,
    ),
    "directcopy-own": Preset(
        replace(DIRECTCOPY, target=OWN), "DirectCopy without EMA", RE, {}, "78.3", AT
    ),
    "directpred-deep": Preset(
        DIRECTPRED,
        "projector of three layers; what was published had a predictor by SGD",
        RE,
        {"projector_layers": 3},
        "(82.3; 80.7 from the projector's first block)",
        AT_EMA,
    ),
}

# The reproduction's 2 x 2 x 2 grid of EMA, symmetry and decay at a high rate: its Table 3.
_GRID = {
    ("byol", "", "decay"): "81.69",
    ("byol", "-tied", "decay"): "81.34",
    ("simsiam", "", "decay"): "81.39",
    ("simsiam", "-tied", "decay"): "79.1",
    ("byol", "", "nodecay"): "80.42",
    ("byol", "-tied", "nodecay"): "80.78",
    ("simsiam", "", "nodecay"): "79.22",
    ("simsiam", "-tied", "nodecay"): "20.27",
}
_DECAYS = {
    "decay": ("only the predictor decays", PREDICTOR_DECAY_ONLY),
    "nodecay": ("no decay", {"weight_decay": 0.0}),
}
_AT = {"byol": AT_EMA, "simsiam": AT}
for (_base, _tied, _decay), _top1 in _GRID.items():
    _what, _options = _DECAYS[_decay]
    REPRODUCTION[f"grid-{_base}{_tied}-{_decay}"] = Preset(
        Method(TIED if _tied else BYOL.predictor, METHODS[_base].target),
        f"lr 0.2, predictor lr 2, {_what}",
        f"{RE}, Table 3",
        FAST | _options,
        _top1,
        _AT[_base],
    )
