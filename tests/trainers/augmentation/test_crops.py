import numpy as np
import pytest
import torch
import torchvision.transforms.functional as tvf
from hypothesis import given
from hypothesis import strategies as st
from pictures import draws, pictures
from scipy import stats
from torchvision.transforms import RandomResizedCrop

from trainers.augmentation.crops import CROP_DRAWS, crop_boxes, resample

SCALE, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)


def test_crop_resize_and_flip_are_torchvision_s_without_antialias_where_images_grow():
    images = pictures(40, 20, 28)
    boxes = crop_boxes(draws(40)[:, :CROP_DRAWS], 20, 28, SCALE, RATIO)
    flipped = torch.arange(40) % 2
    ours = resample(images, boxes, flipped, 32).transpose(0, 1)
    for x, box, flip, y in zip(images, boxes.long().tolist(), flipped, ours, strict=True):
        z = tvf.resized_crop(x.float() / 255, *box, [32, 32], antialias=False)
        torch.testing.assert_close(y, tvf.hflip(z) if flip else z, atol=1e-5, rtol=0)


def test_pixels_outside_the_box_are_never_read():
    images = torch.full((1, 3, 16, 16), 255, dtype=torch.uint8)
    images[:, :, 4:10, 5:9] = 0
    box = torch.tensor([[4.0, 5.0, 6.0, 4.0]])
    for size in (3, 6, 32):
        assert resample(images, box, torch.zeros(1), size).max() == 0


def test_two_pixels_by_hand():
    images = torch.tensor([0, 255], dtype=torch.uint8).expand(1, 3, 2, 2)
    whole = torch.tensor([[0.0, 0.0, 2.0, 2.0]])
    row = resample(images, whole, torch.zeros(1), 4)[0, 0, 0]
    # Pixel centres at 1/2 and 3/2; output centres at 1/4, 3/4, 5/4, 7/4.
    assert row.tolist() == [0, 0.25, 0.75, 1]
    assert resample(images, whole, torch.ones(1), 4)[0, 0, 0].tolist() == [1, 0.75, 0.25, 0]


@pytest.mark.parametrize(("height", "width"), [(32, 32), (24, 64)])
def test_boxes_are_distributed_as_torchvision_s(height, width):
    torch.manual_seed(0)
    image, n = torch.empty(3, height, width), 3000
    theirs = [RandomResizedCrop.get_params(image, list(SCALE), list(RATIO)) for _ in range(n)]
    u = draws(n)[:, :CROP_DRAWS]
    ours = crop_boxes(u, height, width, SCALE, RATIO).numpy()
    assert (ours >= 0).all()
    assert (ours[:, 2:] >= 1).all()
    assert (ours[:, :2] + ours[:, 2:] <= [height, width]).all()
    assert (ours == ours.round()).all()
    a, b = ours.T, np.array(theirs).T
    for x, y in [*zip(a, b, strict=True), (a[2] * a[3], b[2] * b[3]), (a[3] / a[2], b[3] / b[2])]:
        assert stats.ks_2samp(x, y).pvalue > 1e-4


@given(height=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0, 999))
def test_boxes_fit_images_of_any_shape(height, width, seed):
    boxes = crop_boxes(draws(20, seed)[:, :CROP_DRAWS], height, width, SCALE, RATIO)
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] >= 1).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= torch.tensor([height, width])).all()


@pytest.mark.parametrize(("height", "width"), [(10, 60), (60, 10)])
def test_a_box_that_never_fits_is_the_central_one(height, width):
    torch.manual_seed(0)
    expected = RandomResizedCrop.get_params(torch.empty(3, height, width), [1, 1], list(RATIO))
    boxes = crop_boxes(draws(5)[:, :CROP_DRAWS], height, width, (1.0, 1.0), RATIO)
    assert boxes.tolist() == [list(expected)] * 5
