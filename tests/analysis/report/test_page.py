import json
import re
import shutil
import subprocess
import threading
import time
from importlib import import_module

import numpy as np
import pytest
from descents import descend
from markupsafe import Markup

from analysis import SnapshotWriter, collapse, open_snapshots, summarise
from analysis.commands.main import main
from analysis.report.measured_run import Measured
from analysis.report.page import typeset, write_report

D = 6


def snapshot(step):
    rng = np.random.default_rng(step)
    Z = rng.standard_normal((64, D)) * np.linspace(2, 0.5, D)
    F = Z.T @ Z / 64
    W = F / np.linalg.norm(F) + 0.1 * rng.standard_normal((D, D)) / (1 + step)
    return {
        **{"epoch": step / 10, "time": float(step), "predictor": W, "correlation": F},
        **{"mean": Z.mean(0), "samples": 64},
    }


def write(folder, name="run", steps=(0, 10, 20), **attrs):
    config = json.dumps({"kind": "Config", "lr": 0.1, "note": "<b>&"})
    known = {"method": name, "data": "none", "seed": 0, "config": config, **attrs}
    with SnapshotWriter(folder / name / "snapshots.zarr", attrs=known) as writer:
        for step in steps:
            writer.append(step, **snapshot(step))
    return folder / name


def page(folder, *names):
    runs = []
    for name in names:
        run = open_snapshots(write(folder, name))
        runs.append(Measured(name, run, summarise(run), collapse(run)))
    rows = [{"run": one.name, "collapse": one.verdict.kind} for one in runs]
    return write_report(runs, rows, folder / "report.html")


def test_the_norms_of_a_run_are_measured_against_their_laws_and_stand_on_its_page(tmp_path):
    tree = descend(np.random.default_rng(0))
    run, metrics = tree.to_dataset(), tree["metrics"].to_dataset(inherit=False)
    with SnapshotWriter(tmp_path / "run" / "snapshots.zarr", attrs=run.attrs) as writer:
        columns = {str(name): values.values for name, values in metrics.data_vars.items()}
        writer.append_metrics(step=metrics["metrics_step"].values, **columns)
        for W in run["predictor"]:
            values = {"predictor": W.values, "correlation": W.values.T @ W.values}
            writer.append(int(W["step"]), **values)
    one = Measured.of(tmp_path / "run", "run")
    (law,) = one.scale_laws  # there is no head
    np.testing.assert_allclose(law["left_over"], 0, atol=1e-6)
    text = write_report([one], [{"run": "run"}], tmp_path / "report.html").read_text()
    assert f"ends at {float(law['excess'][-1]) + 1:.3g} times gradient flow" in text
    assert Measured.of(write(tmp_path, "without"), "without").scale_law is None


def test_a_page_holds_verdict_table_figures_and_config_and_asks_for_nothing(tmp_path):
    text = page(tmp_path, "mine").read_text()
    assert "no collapse: 6 of 6 directions vary" in text
    assert text.count("<img") == 3
    assert "&lt;b&gt;&amp;" in text  # what a config says is text
    assert not re.search(r"https?://|src=\"(?!data:)|href=", text)
    frames = json.loads(re.search(r'application/json">(.*?)</script>', text, re.DOTALL)[1])
    assert [frame["label"].rpartition(",")[0] for frame in frames] == [
        *("epoch 0.00, step 0", "epoch 1.00, step 10", "epoch 2.00, step 20")
    ]
    assert len({frame["png"] for frame in frames}) == 3  # one figure is drawn on again and again


def test_several_runs_are_compared_on_one_page(tmp_path, blank_pictures):
    text = page(tmp_path, "one", "two").read_text()
    assert text.count('class="verdict none"') == 2
    assert text.count("<img") == 3 + 2 * 3


def test_a_run_of_one_snapshot_has_no_course(tmp_path):
    run = open_snapshots(write(tmp_path, "short", steps=(0,)))
    file = write_report(
        [Measured("short", run, summarise(run), None)], [{"run": "short"}], tmp_path / "r"
    )
    assert file.read_text().count("<img") == 2
    assert "cannot be judged" in file.read_text()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser here")
def test_a_browser_shows_it_without_an_error(tmp_path):
    file = page(tmp_path, "mine")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}"]
    shown = subprocess.run(
        [*command, file.as_uri()], capture_output=True, text=True, timeout=60, check=False
    )
    assert "CONSOLE" not in shown.stderr
    assert "epoch 0.00, step 0, largest " in shown.stdout  # the script ran
    assert re.search(r'max="2"', shown.stdout)


KEYS = """<script>
var player = document.querySelector('.player'), seen = [];
function now() { seen.push(player.querySelector('input').value); }
now();
['End', 'ArrowRight', 'ArrowLeft', 'Home', 'ArrowLeft', 'ArrowRight'].forEach(function (key) {
  player.dispatchEvent(new KeyboardEvent('keydown', {key: key, cancelable: true})); now();
});
player.dispatchEvent(new KeyboardEvent('keydown', {key: ' '}));
seen.push(player.querySelector('.play').textContent);
player.dispatchEvent(new KeyboardEvent('keydown', {key: ' '}));
seen.push(player.querySelector('.play').textContent);
document.title = seen.join(' ');
</script></body>"""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser here")
def test_the_player_starts_at_the_first_snapshot_and_has_keys(tmp_path):
    file = page(tmp_path, "mine")
    file.write_text(file.read_text().replace("</body>", KEYS))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "<title>0 2 2 1 0 0 1 stop play</title>" in shown.stdout


def test_what_strangers_wrote_is_text_and_no_markup(tmp_path):
    odd = "<img src=x onerror=alert(1)> & {{ 7 * 7 }} $x_1$"
    run = open_snapshots(write(tmp_path, "run", steps=(0, 10)))
    run = run.assign_attrs(method=odd, config=json.dumps({"note": "</pre></script>" + odd}))
    one = Measured(odd, run, summarise(run), collapse(run))
    text = write_report([one], [{odd: odd}], tmp_path / "report.html").read_text()
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; {{ 7 * 7 }} $x_1$" in text
    assert text.count("</script>") == 2


@pytest.mark.parametrize(
    "config", ["{", "[" * 100_000, '"\\ud800\\u0000"', '"</script>"', 3, "", None], ids=range(7)
)
def test_whatever_a_config_is_a_page_shows_it(tmp_path, blank_pictures, config):
    run = open_snapshots(write(tmp_path, "run", steps=(0, 10)))
    odd = "\udcff\0\x1b[2J\u202egnp"
    run = run.assign_attrs(method=odd, config=config)
    one = Measured(odd, run, summarise(run), None)
    text = write_report([one], [{"run": odd}], tmp_path / "report.html").read_text("utf-8")
    assert text.count(r"\udcff\x00\x1b[2J\u202egnp") >= 4
    assert not set(text) & set("\udcff\0\x1b\u202e")
    assert text.count("</script>") == 2


def test_indices_and_powers_are_set_as_such():
    assert typeset("W_p of E|z|^2 < s_1") == Markup(
        "<i>W</i><sub>p</sub> of E|z|<sup>2</sup> &lt; <i>s</i><sub>1</sub>"
    )
    assert typeset("running_correlation <b>") == Markup("running_correlation &lt;b&gt;")


def test_no_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="one run or more; got none"):
        write_report([], [], tmp_path / "report.html")


def test_following_draws_anew_until_the_run_is_closed(
    tmp_path, blank_pictures, monkeypatch, capsys
):
    monkeypatch.setattr(import_module("analysis.commands.measure"), "PAUSE", 0.05)
    store = tmp_path / "live" / "snapshots.zarr"
    began, go_on = threading.Event(), threading.Event()

    def train():
        with SnapshotWriter(store, attrs={"method": "live"}) as writer:
            for step in (0, 10):
                writer.append(step, **snapshot(step))
            writer.flush()
            began.set()
            go_on.wait(60)
            writer.append(20, **snapshot(20))

    trainer = threading.Thread(target=train)
    trainer.start()
    assert began.wait(60)
    follower = threading.Thread(target=main, args=([str(tmp_path / "live"), "--follow"],))
    follower.start()
    report = tmp_path / "live" / "report.html"
    until = time.monotonic() + 60
    while not report.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert "step 10" in report.read_text()
    assert "step 20" not in report.read_text()
    go_on.set()
    trainer.join(60)
    follower.join(60)
    assert not follower.is_alive()
    assert "step 20" in report.read_text()
    assert capsys.readouterr().out.count("snapshots") >= 2
