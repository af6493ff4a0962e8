"""Everything that decides a run, in one frozen value that is stored with it."""

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from analysis.checks.fields import check_fields
from trainers.augmentation.recipes import RECIPES
from trainers.methods.method import LOSSES, METHODS, Method, Predictor, Target
from trainers.named import is_named, name_of
from trainers.networks.encoders import DEFAULT_WIDTHS
from trainers.networks.precision import PRECISIONS
from trainers.networks.two_views import BATCH_NORMS
from trainers.optimisation.parts import check_parts
from trainers.optimisation.rates import DECAYS, PARTS, TRUST, Rate, check_lars, decay_in_flow
from trainers.optimisation.schedule import SCHEDULES
from trainers.options import DEEP, WIDE, choose, from_json, option, read_json, to_json

SIDE, LONG = 1 << 12, 10**6
CHANNELS = (1, 3)
DATA_NAMES = "shapes, gaussian, cifar10, cifar100, fashion-mnist, stl10"
SEED = (1 << 63) - 1  # what torch's generator takes


@dataclass(frozen=True, kw_only=True)
class Config:
    """The configuration of a training run; defaults are DirectPred's CIFAR-10 settings.

    Fields stay as they were given, so that `dataclasses.replace` changes what it is asked to change
    and nothing else. `encoder`, `data` and `views` may also be yours: ``"package.module:name"``, or
    the object itself, if it is found again by its name. What an option left at None (or an empty
    name) stands for is in `resolved`: it depends on the others. Images get `conv4` and the
    two-layer projector, vectors (``data="gaussian"``) the theory's linear encoder and no projector.

    Raises
    ------
    ValueError
        An option is of another kind than annotated, out of its range, not finite, or contradicts
        another one.

    Examples
    --------
    >>> config = Config(method=METHODS["byol"])
    >>> config.width, config.resolved.encoder, config.resolved.width
    (None, 'conv4', 16)
    >>> dataclasses.replace(config, encoder="resnet18").resolved.width
    64
    """

    method: Method
    name: str = option("", "label in tables and figures (default: the method's name)")
    data: str = option("shapes", f"{DATA_NAMES}, a folder (packed or not), FILE.npz, module:name")
    views: str | None = option(None, "recipe, or module:name (default: the data's own)")
    size: int | None = option(
        None, "side of the training images in pixels (default: the data's own)", least=8, most=SIDE
    )
    limit: int | None = option(
        None,
        "train on N images: the first, of sorted ones some of each class (default: all)",
        least=1,
    )
    encoder: str | None = option(
        None,
        f"{', '.join(DEFAULT_WIDTHS)}, torchvision:NAME, timm:NAME or module:name (default: conv4, "
        "of vectors linear)",
    )
    width: int | None = option(
        None,
        "of the encoder, default its own: 16 of conv4, which has 8 WIDTH features",
        least=1,
        most=WIDE,
    )
    channels: int = option(3, "of the images: 3, or of grey ones 1, for a network that sees one")
    projector_layers: int | None = option(
        None,
        "linear layers of the projector (default: 2; none after encoder linear)",
        least=0,
        most=DEEP,
    )
    projector_hidden: int = option(
        512, "width of the projector's hidden layers", least=1, most=WIDE
    )
    projector_out: int = option(
        128, "size of its output, which the predictor acts on", least=1, most=WIDE
    )
    projector_bias: bool = option(False, "its last layer has a bias, as in DirectPred's code")
    epochs: int = option(20, "passes over the training images", least=1, most=LONG)
    # Batch norm needs two.
    batch_size: int = option(128, "images in a batch; a last part-full batch is dropped", least=2)
    accumulate: int = option(1, "parts in which a batch passes: less memory, one step", least=1)
    optimiser: str = option("sgd", "sgd, or lars: SGD with a rate for each layer")
    trust: float = option(TRUST, "LARS: a layer's step over its weights' norm, at rate 1", above=0)
    lr: float = option(0.03, "learning rate", above=0)
    encoder_lr: float | None = option(
        None, "the encoder's own learning rate (default: LR)", least=0
    )
    projector_lr: float | None = option(None, "the projector's (default: LR)", least=0)
    predictor_lr: float | None = option(None, "the predictor's (default: LR)", least=0)
    schedule: str = option("constant", "of the learning rates: constant, or cosine down to 0")
    warmup: float = option(0.0, "epochs over which the learning rates rise linearly", least=0)
    fix_predictor_lr: bool = option(False, "the predictor's rate follows no schedule")
    momentum: float = option(0.9, "of the optimiser", least=0, below=1)
    weight_decay: float = option(4e-4, "of the optimiser", least=0)
    flow_decay: bool = option(
        False, "the predictor's decay is that of the flow, by the encoder's: eta_p = eta_s"
    )
    encoder_decay: float | None = option(
        None, "the encoder's own decay (default: WEIGHT_DECAY)", least=0
    )
    projector_decay: float | None = option(None, "the projector's (default: WEIGHT_DECAY)", least=0)
    predictor_decay: float | None = option(None, "the predictor's (default: WEIGHT_DECAY)", least=0)
    decay: str = option("coupled", "coupled (L2, torch's SGD) or decoupled (SGDW)")
    decay_biases: bool = option(True, "biases decay too")
    batch_norm: str = option(
        "separate", f"how the two views pass batch norm: {', '.join(BATCH_NORMS)}"
    )
    every: int | None = option(
        None, "steps between snapshots (default: some 400, dense at first)", least=1
    )
    record_head: bool = option(
        False, "snapshots hold the linear layer before the predictor, for the balance law"
    )
    seed: int = option(
        0, "the one number behind weights, order of images and views", least=0, most=SEED
    )
    precision: str = option("fp32", f"of the networks: {', '.join(PRECISIONS)}, by autocast")
    compile: bool = option(
        False, "compile the encoder by torch.compile: a slow first step, then faster ones"
    )
    device: str = option("auto", "cpu, cuda, cuda:1, mps; auto takes the best there is")

    def __post_init__(self) -> None:
        if isinstance(self.method, str):
            choose("method", self.method, METHODS)
            raise ValueError(
                f"method is {self.method!r}, a name; METHODS[{self.method!r}] is the method"
            )
        for kind in ("data", "views", "encoder"):
            given: Any = getattr(self, kind)
            if callable(given):
                object.__setattr__(self, kind, name_of(kind, given))
        check_fields(self)
        if not self.data or "\0" in self.data:
            raise ValueError(f"data is {self.data!r}; a name, a folder or a file wanted")
        if self.views is not None and not is_named(self.views):
            choose("views", self.views, RECIPES)
        if self.encoder is not None and not is_named(self.encoder):
            choose("encoder", self.encoder, DEFAULT_WIDTHS)
        if self.channels not in CHANNELS:
            raise ValueError(f"channels is {self.channels}; 3, or 1 of grey images, wanted")
        choose("schedule", self.schedule, SCHEDULES)
        choose("decay", self.decay, DECAYS)
        check_lars(self.optimiser, self.trust, self.decay, self.flow_decay)
        choose("precision", self.precision, PRECISIONS)
        choose("batch-norm", self.batch_norm, BATCH_NORMS)
        check_parts(self.accumulate, self.batch_size, self.batch_norm, self.method.loss)
        if not self.warmup < self.epochs:
            raise ValueError(f"warmup is {self.warmup} of {self.epochs} epochs; shorten it")
        if self.flow_decay and self.predictor_decay not in (None, self._flow_decay()):
            raise ValueError("flow-decay sets the predictor's decay; leave predictor-decay out")

    @property
    def resolved(self) -> "Config":
        """The config of the same run in which nothing that follows from the rest is left open.

        Name, encoder, width, layers of the projector, rates and decays of the parts. What only the
        data or the machine can say stays open: `views`, `size`, `limit`, `every`, `device`.
        """
        encoder = self.encoder or ("linear" if self.data == "gaussian" else "conv4")
        layers = 0 if encoder == "linear" else 2
        parts: dict[str, Any] = {f"{part}_lr": self.lr_of(part) for part in PARTS}
        parts |= {f"{part}_decay": self.decay_of(part) for part in PARTS}
        return dataclasses.replace(
            self,
            name=self.name or next((k for k, m in METHODS.items() if m == self.method), "custom"),
            encoder=encoder,
            width=DEFAULT_WIDTHS.get(encoder) if self.width is None else self.width,
            projector_layers=layers if self.projector_layers is None else self.projector_layers,
            **parts,
        )

    @property
    def rates(self) -> dict[str, Rate]:
        """Learning rate and weight decay of encoder, projector and predictor."""
        return {part: Rate(self.lr_of(part), self.decay_of(part)) for part in PARTS}

    def lr_of(self, part: str) -> float:
        """Return the learning rate of encoder, projector or predictor."""
        own: float | None = getattr(self, f"{part}_lr")
        return self.lr if own is None else own

    def decay_of(self, part: str) -> float:
        """Return the weight decay of encoder, projector or predictor.

        With `flow_decay` the predictor's is the one of equal decays eta_s and eta_p in the flow.
        """
        if part == "predictor" and self.flow_decay:
            return self._flow_decay()
        own: float | None = getattr(self, f"{part}_decay")
        return self.weight_decay if own is None else own

    def _flow_decay(self) -> float:
        encoder = Rate(self.lr_of("encoder"), self.decay_of("encoder"))
        return decay_in_flow(encoder, self.lr_of("predictor"), self.decay)

    @property
    def time_per_step(self) -> float:
        r"""Gradient-flow time of an optimiser step at full rate, :math:`c \alpha / (1 - \mu)`.

        c is the factor of the loss, alpha the encoder's learning rate, mu the momentum. NaN of
        LARS, whose steps no flow of one time follows.
        """
        if self.optimiser != "sgd":
            return math.nan
        return self.method.loss.factor * self.lr_of("encoder") / (1 - self.momentum)

    def to_json(self) -> str:
        """Return the config as JSON."""
        return json.dumps(to_json(self))

    @classmethod
    def from_json(cls, text: str) -> "Config":
        """Rebuild a config, as it was given or resolved.

        Raises
        ------
        ValueError
            It is no JSON of a config, or was written by a version with other options.
        """
        config = from_json(read_json("config", text), KINDS)
        if not isinstance(config, cls):
            raise ValueError(f"expected a Config, got {type(config).__name__}")
        return config


KINDS: dict[str, Callable[..., Any]] = {
    kind.__name__: kind
    for kind in (
        Config,
        Method,
        *get_args(Predictor),
        *get_args(Target),
        *map(type, LOSSES.values()),
    )
}

__all__ = ["KINDS", "METHODS", "Config"]
