"""Sums of outer products; by hand and over ranks: test_loop_recorder and test_recorder_ranks."""

import torch

from trainers.recording.moments import MOMENTS, Moments


def test_all_is_summed_where_the_features_are():
    meta = torch.device("meta")  # no numbers, but a place
    moments = Moments(3, meta)
    views = [torch.zeros(5, 3, device=meta)] * 2
    moments.add(views, views, views)
    assert set(moments.sums) == {*MOMENTS, "mean"}
    assert {total.device.type for total in moments.sums.values()} == {"meta"}
    assert moments.rows == {name: 5 if name == "cross_correlation" else 10 for name in moments.sums}
