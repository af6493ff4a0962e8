import io
import re
import sys

import pytest
from small_runs import SMALL

from trainers import train
from trainers.training.progress import showing

pytestmark = pytest.mark.usefixtures("few_shapes")

LINE = r"byol: epoch {0}/3, step {1}/12, loss \d\.\d{{3}}, \d+ images/s, 0:\d\d:\d\d left"


def test_a_log_file_gets_a_line_an_epoch(tmp_path, capsys):
    train(SMALL, tmp_path / "run")
    lines = [line for line in capsys.readouterr().err.splitlines() if "epoch" in line]
    assert len(lines) == 3
    for epoch, line in enumerate(lines, 1):
        assert re.fullmatch(LINE.format(epoch, 4 * epoch), line), line


def test_rate_and_time_left_by_hand(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    with showing("byol", epochs=10, per_epoch=4, done=8, images=40) as progress:
        for _ in range(4):
            progress.stepped()
        now[0] += 50
        progress.trained(12, loss=1.25)
        now[0] += 10
        progress.trained(16, loss=1.0)
    assert capsys.readouterr().err.splitlines() == [
        "byol: epoch 3/10, step 12/40, loss 1.250, 1 images/s, 0:05:50 left",  # 7 epochs of 50 s
        "byol: epoch 4/10, step 16/40, loss 1.000, 4 images/s, 0:03:00 left",  # 6 of 30 s
    ]


class Terminal(io.StringIO):
    def isatty(self):
        return True


Notebook = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})


@pytest.mark.parametrize("stream", [Terminal, Notebook])
def test_where_somebody_looks_it_is_a_bar(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream())
    with showing("byol", epochs=2, per_epoch=3, done=0, images=30) as progress:
        for step in range(1, 7):
            progress.looked(loss=1.5)
            progress.stepped()
            if step % 3 == 0:
                progress.trained(step, loss=1.5)
    shown = sys.stderr.getvalue()
    assert "6/6" in shown
    assert "loss=1.500" in shown
    assert "images/s" not in shown
