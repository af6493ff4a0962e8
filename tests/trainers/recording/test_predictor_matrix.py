"""What W_p of a predictor is: the product where it is one, a fit where nobody can say."""

import numpy as np
import pytest
import torch
from torch import nn

from trainers.recording.predictor_matrix import linear_chain, predictor_matrix


class Around(nn.Module):
    """What lightly's heads are: a module around one Sequential."""

    def __init__(self, *layers, residual=False):
        super().__init__()
        self.layers, self.residual = nn.Sequential(*layers), residual

    def forward(self, x):
        return self.layers(x) + x if self.residual else self.layers(x)


def two():
    return nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 4)


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(*two()),
        nn.Sequential(nn.Sequential(*two())),
        nn.Sequential(nn.Sequential(*two()[:3]), nn.Dropout(), nn.Linear(6, 4)),
        Around(*two()),
        nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 4)),
    ],
)
def test_a_chain_is_the_product_with_the_last_layer_first(module):
    first, last = (m.weight.detach().numpy() for m in module.modules() if isinstance(m, nn.Linear))
    kind, matrix = predictor_matrix(module)
    assert kind == "product"
    np.testing.assert_allclose(matrix({}), last @ first, atol=1e-6)


def test_one_layer_is_its_weight_and_a_function_of_yours_comes_first():
    layer = nn.Linear(3, 3)
    kind, matrix = predictor_matrix(layer)
    assert kind == "weight"
    np.testing.assert_array_equal(matrix({}), layer.weight.detach())
    kind, matrix = predictor_matrix(layer, lambda module: 2 * module.weight)
    assert kind == "matrix"
    np.testing.assert_array_equal(matrix({}), 2 * layer.weight.detach())


@pytest.mark.parametrize(
    "module",
    [
        Around(*two(), residual=True),
        nn.Sequential(Around(*two(), residual=True)),
        nn.Sequential(nn.Conv1d(4, 4, 1)),
        nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 5)),  # no square
        nn.Sequential(nn.Linear(4, 6), nn.Linear(4, 4)),  # does not follow
        nn.Bilinear(4, 4, 4),
        nn.ReLU(),
    ],
)
def test_what_is_no_chain_is_fitted(module):
    assert linear_chain(module) == []
    assert predictor_matrix(module)[0] == "least squares"


def test_the_fit_of_a_residual_head_is_its_matrix():
    torch.manual_seed(0)
    head = Around(nn.Linear(4, 4, bias=False), residual=True)
    z = torch.randn(50, 4)
    q = head(z).detach()
    kind, matrix = predictor_matrix(head)
    found = matrix(
        {
            "correlation": (z.mT @ z / 50).numpy(),
            "prediction_correlation": (q.mT @ z / 50).numpy(),
        }
    )
    assert kind == "least squares"
    expected = np.eye(4) + head.layers[0].weight.detach().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_looking_leaves_modes_and_batch_statistics_as_they_were():
    head = Around(*two())
    head.layers[1].eval()
    linear_chain(head)
    assert head.training
    assert not head.layers[1].training
    assert head.layers[1].num_batches_tracked == 0
