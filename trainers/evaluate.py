"""How good the features are: weighted nearest neighbours, on cached features."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from trainers.data import Data, ImageData

CHUNK = 512  # images at a time


@dataclass(frozen=True)
class KNN:
    r"""Weighted k-nearest-neighbour classifier.

    .. math:: \hat y(x) = \arg\max_c \sum_{i \in N_k(x)} e^{\cos(h, h_i) / T} \, [y_i = c]

    References
    ----------
    Wu, Xiong, Yu, Lin (2018), arXiv:1805.01978, section 3.4.
    """

    k: int = 200
    temperature: float = 0.1

    @property
    def attrs(self) -> dict[str, Any]:
        """The protocol, as it is stored beside the accuracy."""
        return asdict(self) | {
            "protocol": "weighted kNN on cosine similarity; k is at most the number of images",
            "network": "online",
            "features": "encoder, batch norm in evaluation mode, images not augmented",
            "split": "test against the labelled training images",
            "epoch_rule": "last",
        }

    def accuracy(
        self, bank: Tensor, labels: Tensor, queries: Tensor, truth: Tensor
    ) -> float:  # (n, d), (n,), (m, d), (m,)
        """Return the share of queries that get their true label, in [0, 1]."""
        bank, queries = normalize(bank, dim=1), normalize(queries, dim=1)
        classes = int(torch.cat([labels, truth]).max()) + 1
        right = 0
        for start in range(0, len(queries), CHUNK):
            chunk = slice(start, start + CHUNK)
            similarity, neighbours = (queries[chunk] @ bank.mT).topk(min(self.k, len(bank)))
            votes = torch.zeros(len(similarity), classes, device=bank.device)
            # The largest possible exponent is taken out: only ratios count.
            weights = ((similarity - 1) / self.temperature).exp()
            votes.scatter_add_(1, labels[neighbours], weights)
            right += int((votes.argmax(1) == truth[chunk]).sum())
        return right / len(queries)


def evaluate(encoder: nn.Module, data: Data) -> dict[str, float]:
    """Return the accuracies of `encoder` on `data`; none where the data have no labels."""
    if not isinstance(data, ImageData):
        return {}
    labelled = data.y_train >= 0
    if not labelled.any() or not len(data.x_test):
        return {}
    bank = features(encoder, data, data.x_train[labelled])
    queries = features(encoder, data, data.x_test)
    accuracy = KNN().accuracy(bank, data.y_train[labelled], queries, data.y_test)
    return {"knn_accuracy": accuracy}


@torch.no_grad()
def features(encoder: nn.Module, data: ImageData, images: Tensor) -> Tensor:  # -> (n, features)
    """Return the features of un-augmented `images`, batch norm in evaluation mode."""
    was_training = encoder.training
    encoder.eval()
    try:
        return torch.cat([encoder(data.plain(chunk)).float() for chunk in images.split(CHUNK)])
    finally:
        encoder.train(was_training)
