"""Weighted nearest neighbours: an accuracy with nothing to fit."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from analysis.checks.fields import check_fields
from trainers.evaluation.cached_features import CHUNK, CachedFeatures
from trainers.evaluation.protocol import Score
from trainers.options import option


@dataclass(frozen=True)
class KNN:
    r"""Weighted k-nearest-neighbour classifier.

    .. math:: \hat y(x) = \arg\max_c \sum_{i \in N_k(x)} e^{\cos(h, h_i) / T} \, [y_i = c]

    in float64, for any T: as T falls to 0 the nearest neighbour decides. Equal votes go to the
    class that comes first; a feature of length 0 has a cosine of 0 with everything.

    Raises
    ------
    ValueError
        `k` is below 1, or the temperature not above 0.

    References
    ----------
    Wu, Xiong, Yu, Lin (2018), arXiv:1805.01978, section 3.4.
    """

    k: int = option(200, "neighbours", least=1)
    temperature: float = option(0.1, "of their weights", above=0)

    def __post_init__(self) -> None:
        check_fields(self, "knn")

    @property
    def attrs(self) -> dict[str, Any]:
        """The protocol, as it is stored beside the accuracy."""
        return asdict(self) | {
            "protocol": "weighted kNN on cosine similarity; k is at most the number of images",
            "split": "test against the labelled training images",
        }

    def score(self, cached: CachedFeatures) -> Score:
        """Let every test image be named by its neighbours among the training images."""
        return Score(
            self.accuracy(cached.train, cached.labels, cached.test, cached.truth), self.attrs
        )

    def accuracy(
        self, cached: Tensor, labels: Tensor, queries: Tensor, truth: Tensor
    ) -> float:  # (n, d), (n,), (m, d), (m,)
        """Return the share of queries that get their true label, in [0, 1]."""
        cached, queries = _directions(cached), _directions(queries)
        classes = int(torch.cat([labels, truth]).max()) + 1
        right = 0
        for start in range(0, len(queries), CHUNK):
            chunk = slice(start, start + CHUNK)
            similarity, neighbours = (queries[chunk] @ cached.mT).topk(min(self.k, len(cached)))
            votes = similarity.new_zeros(len(similarity), classes)
            # Only ratios count: the nearest neighbour has weight 1, however small T is.
            weights = ((similarity - similarity[:, :1]) / self.temperature).exp()
            votes.scatter_add_(1, labels[neighbours], weights)
            right += int((votes.argmax(1) == truth[chunk]).sum())
        return right / len(queries)


def _directions(h: Tensor) -> Tensor:  # (n, d) -> (n, d)
    # A small T tells cosines apart that are equal in float32. MPS has no float64.
    wide = h if h.device.type == "mps" else h.double()
    return normalize(wide, dim=1, eps=torch.finfo(wide.dtype).tiny)
