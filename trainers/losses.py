"""What a method minimises: the distance of predictions to targets."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import cosine_similarity

from trainers.options import option


@dataclass(frozen=True)
class Cosine:
    r"""Symmetric cosine loss, `factor` times the theory's J on unit vectors.

    .. math:: L = c \, \bigl[ 1 - \tfrac12 \operatorname{E} \cos(q_1, t_2)
                                - \tfrac12 \operatorname{E} \cos(q_2, t_1) \bigr] \in [0, 2c]

    q is the prediction of one view, t the target of the other, c the `factor`. Up to a constant,
    c = 4 is DirectPred's code (-2 cos per view, summed), c = 2 its TensorFlow reproduction (-cos
    per view, summed), c = 1 the SimSiam paper (the mean over views). At one learning rate and
    weight decay these are three different experiments.

    References
    ----------
    Tian, Chen, Ganguli (2021), arXiv:2102.06810, section 2. Chen, He (2020), arXiv:2011.10566,
    Eq. 2.
    """

    factor: float = option(4.0, "c: 4 DirectPred's code, 2 its reproduction, 1 SimSiam's paper")

    def __post_init__(self) -> None:
        if not self.factor > 0:
            raise ValueError(f"loss factor is {self.factor}; it must be above 0")

    def __call__(self, q1: Tensor, t2: Tensor, q2: Tensor, t1: Tensor) -> Tensor:
        """Return the scalar loss of predictions and targets (batch, d)."""
        agreement = cosine_similarity(q1, t2).mean() + cosine_similarity(q2, t1).mean()
        return self.factor * (1 - agreement / 2)
