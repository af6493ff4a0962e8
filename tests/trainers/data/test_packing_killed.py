"""Packing in processes of its own: killed, out of disk, and larger than memory."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from packed_sets import sparse_pack
from PIL import Image

from trainers import pack
from trainers.data import blocks
from trainers.data.blocks import Task, blocks_of
from trainers.data.decoders import Decoder
from trainers.data.load import load_data
from trainers.data.pack_log import NAME, read_log
from trainers.data.packed import FILE, is_packed

SIDE = 8


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Ten blocks of small images."""
    folder = tmp_path_factory.mktemp("photos") / "a"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(10 * blocks.BLOCK):
        Image.fromarray(rng.integers(0, 256, (8, 8, 3)).astype(np.uint8)).save(folder / f"{i}.png")
    return folder.parent


def command(photos, out):
    line = [sys.executable, "-m", "trainers", "pack", photos, out, "--size", SIDE, "--workers", 2]
    return subprocess.Popen([*map(str, line)], stderr=subprocess.DEVNULL)


def noted(out):
    """How many blocks are packed, -1 where none has been begun."""
    found = read_log(out)
    return -1 if found is None else len(found[1])


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_a_decoder_that_is_killed_is_said_to_be(photos, tmp_path):
    decoder = Decoder()
    block = next(blocks_of("train", ["a/0.png"]))
    task = Task(str(photos), block, str(tmp_path / "none.npy"), 128, SIDE)
    with pytest.raises(OSError, match=r"none.npy could not be written: No such file"):
        decoder.do(task)
    decoder.process.kill()
    with pytest.raises(OSError, match=r"ended \(exit code -9\).* fewer --workers"):
        decoder.do(task)
    decoder.end()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for children in /proc")
def test_a_packing_killed_at_any_moment_goes_on_to_the_same_arrays(photos, tmp_path, trials):
    rng, whole, out = random.Random(0), pack(photos, tmp_path / "whole", SIDE), tmp_path / "out"
    expected = {file.name: file.read_bytes() for file in whole.iterdir()}
    killed = halves = 0
    while killed < trials:
        wanted = noted(out) + rng.choice([0, 1, 1, 3])  # blocks more, before it is killed
        process = command(photos, out)
        while noted(out) < wanted and not (out / FILE).exists() and process.poll() is None:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.02))
        decoders = children(process.pid) if process.poll() is None else []
        process.send_signal(rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
        process.wait()
        killed += process.returncode != 0
        if (out / FILE).exists():
            (out / NAME).unlink(missing_ok=True)  # the last that is removed
            assert {file.name: file.read_bytes() for file in out.iterdir()} == expected
            for file in out.iterdir():
                file.unlink()
        elif is_packed(out):
            halves += noted(out) > 0
            with pytest.raises(ValueError, match="is half packed"):
                load_data(str(out))
        until = time.monotonic() + 30
        while any(Path(f"/proc/{pid}").exists() for pid in decoders):
            assert time.monotonic() < until, "a decoder outlives who started it"
            time.sleep(0.01)
    assert halves > killed / 4  # and not all before it began, or after its end
    pack(photos, out, SIDE)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == expected


TWENTY_GB = 100_000  # images of 256 pixels
TRAINED = """
import dataclasses, re, resource, sys
import numpy as np, torch
from pathlib import Path
from trainers import METHODS, Config, train
from trainers.data.load import load_data

def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1e6

out = sys.argv[1]
small = dict(width=2, projector_hidden=8, projector_out=6, batch_size=16, size=16, device="cpu")
config = Config(method=METHODS["byol"], data=out, limit=160, epochs=1, **small)
train(config, sys.argv[2] + "/warm")  # whatever is loaded once
before = anonymous()
resource.setrlimit(resource.RLIMIT_DATA, (3 << 30, 3 << 30))
data = load_data(out, size=16)
for step, samples in enumerate(torch.randperm(len(data))[:4096].split(128)):
    data.views(step, samples)
train(dataclasses.replace(config, limit=1600), sys.argv[2] + "/run")
try:
    np.load(out + "/x_train.npy")
except MemoryError:
    print("grew", anonymous() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and reads memory as Linux has it")
def test_what_is_larger_than_the_memory_allowed_is_trained_from(tmp_path):
    out = sparse_pack(tmp_path / "out", TWENTY_GB, 256)
    assert (out / "x_train.npy").stat().st_size > 19e9
    line = [sys.executable, "-c", TRAINED, str(out), str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    word, grown = done.stdout.split()[-2:]
    assert word == "grew"  # the whole of it had no room
    assert float(grown) < 0.5  # GB
