import dataclasses
import json
import os
import shutil

import numpy as np
import pytest
import torch
from images_by_hand import plain, png
from PIL import Image
from small_runs import same_runs, small

from analysis.store.lock import hold
from trainers import METHODS, FineTune, LinearProbe, evaluate, pack, resume, train
from trainers.data import images, packing
from trainers.data.blocks import BLOCK
from trainers.data.decoders import write_blocks
from trainers.data.load import load_data
from trainers.data.pack_log import NAME, read_log
from trainers.data.packed import FILE

SIDE = 8
TRAIN, TEST = BLOCK + 30, 40  # of each of two classes: three blocks, and one


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two classes in two parts, images of many kinds among them, and two without a class."""
    root = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for part, n in (("train", TRAIN), ("test", TEST)):
        for name in ("class 10", "class 2"):
            folder = root / part / name
            folder.mkdir(parents=True)
            for i in range(n):
                pixels = rng.integers(0, 256, (9 + i % 5, 12, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{i:04d}.png")
    odd = root / "train" / "class 2"
    plain("RGBA", (200, 100, 0, 51), 12).save(odd / "odd-alpha.png")
    plain("CMYK", (0, 255, 255, 0), 12).save(odd / "odd-cmyk.tif")
    (odd / "odd-grey16.png").write_bytes(png(16, 0, b"\x80\x00"))
    turned = Image.fromarray(rng.integers(0, 256, (12, 20, 3)).astype(np.uint8))
    exif = turned.getexif()
    exif[0x0112] = 6  # turned by a camera
    turned.save(odd / "odd-turned.jpg", exif=exif, quality=95)
    for i in range(2):
        plain("RGB", (i, 2, 3), 12).save(root / "train" / f"{i}.png")
    (root / "train" / "class 2" / "notes.txt").write_text("no image")
    return root


@pytest.fixture(scope="module")
def packed(tmp_path_factory, photos):
    """The same, packed by two processes."""
    return pack(photos, tmp_path_factory.mktemp("packed") / photos.name, SIDE, workers=2)


def arrays(out):
    return {file.name: file.read_bytes() for file in sorted(out.iterdir())}


def counted(monkeypatch, stop=None):
    """Count the blocks that are packed from here on; Ctrl-C comes before the n-th is noted."""
    done = []

    def write(tasks, workers):
        for task, written in write_blocks(tasks, workers):
            if len(done) == stop:
                raise KeyboardInterrupt
            done.append((task.block.part, task.block.number))
            yield task, written

    monkeypatch.setattr(packing, "write_blocks", write)
    return done


def test_a_packed_folder_is_the_folder(photos, packed):
    there, here = load_data(str(photos), size=SIDE), load_data(str(packed))
    assert here.classes == there.classes == ("class 2", "class 10")
    assert (len(here.x_train), len(here.x_test)) == (2 * TRAIN + 4 + 2, 2 * TEST)
    for part in ("train", "test"):
        mapped, whole = getattr(here, f"x_{part}"), getattr(there, f"x_{part}")
        assert mapped.shape == tuple(whole.shape)
        assert torch.equal(mapped[:], whole)
        assert torch.equal(getattr(here, f"y_{part}"), getattr(there, f"y_{part}"))
    assert here.y_train.eq(-1).sum() == 2
    assert here.recipes == there.recipes
    assert here.fingerprint == there.fingerprint
    assert here.account.partition(": ")[2] == there.account.partition(": ")[2]
    samples = torch.tensor([300, 2, 511])
    for a, b in zip(here.views(3, samples), there.views(3, samples), strict=True):
        assert torch.equal(a, b)
    assert torch.equal(here.plain(here.x_test[:5]), there.plain(there.x_test[:5]))


def test_anyone_can_read_a_packed_folder(packed):
    x, y = (np.load(packed / f"{kind}_train.npy", mmap_mode="r") for kind in "xy")
    assert x.shape == (2 * TRAIN + 6, 3, SIDE, SIDE)
    assert x.dtype == np.uint8
    assert y.shape == (len(x),)
    words = json.loads((packed / FILE).read_text())
    assert words["classes"] == ["class 2", "class 10"]
    assert (words["train"], words["test"]) == (len(x), 2 * TEST)
    assert sorted(arrays(packed)) == sorted(
        [FILE, "x_test.npy", "x_train.npy", "y_test.npy", "y_train.npy"]
    )


def test_one_process_and_several_pack_the_same(tmp_path, photos, packed):
    assert arrays(pack(photos, tmp_path / "one", SIDE, workers=1)) == arrays(packed)


def test_a_limit_and_a_size_of_views_are_those_of_the_folder(photos, packed):
    there, here = load_data(str(photos), size=SIDE, limit=50), load_data(str(packed), limit=50)
    assert torch.equal(here.x_train[:], there.x_train)
    assert torch.equal(here.y_train, there.y_train)
    assert here.fingerprint == there.fingerprint
    assert load_data(str(packed), size=4).views(1, torch.arange(3))[0].shape == (3, 3, 4, 4)


def test_a_run_on_a_packed_folder_is_bitwise_that_on_the_folder(tmp_path, photos, packed):
    options = {"size": SIDE, "limit": None, "batch_size": 100, "epochs": 1}
    runs = [
        train(small(METHODS["directpred"], data=str(data), **options), tmp_path / name)
        for name, data in (("folder", photos), ("packed", packed))
    ]
    assert same_runs(*runs)
    for run in runs:
        evaluate(run, {"linear": LinearProbe(), "finetune": FineTune(epochs=1)})
    assert same_runs(*runs)


@pytest.mark.parametrize("stop", [0, 1, 3])
def test_what_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch, photos, packed, stop):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        counted(patch, stop)
        with pytest.raises(KeyboardInterrupt, match=r"interrupted; .*half packed, .* goes on"):
            pack(photos, out, SIDE, workers=1)
    with pytest.raises(
        ValueError, match=rf"out is half packed, \d+ of {2 * TRAIN + 86} images; .* on"
    ):
        load_data(str(out))
    with (out / NAME).open("a") as log:
        log.write('["train", 2, "cut o')  # as a kill may leave it
    done = counted(monkeypatch)
    pack(photos, out, SIDE, workers=1)
    assert len(done) == 4 - stop
    assert arrays(out) == arrays(packed)


def test_what_changed_meanwhile_is_packed_anew_and_nothing_else(tmp_path, monkeypatch, photos):
    mine, out = shutil.copytree(photos, tmp_path / "mine"), tmp_path / "out"
    broken = mine / "train" / "class 10" / "0000.png"
    whole = broken.read_bytes()
    for name in ("0000.png", "0003.png"):
        (mine / "train" / "class 10" / name).write_bytes(whole[:50])
    with pytest.raises(
        OSError, match=r"0000.png is not a readable .* mend or remove it \(and 1 more"
    ):
        pack(mine, out, SIDE, workers=1)
    assert {block for block in read_log(out)[1]} == {("train", 1), ("train", 2), ("test", 0)}
    done = counted(monkeypatch)
    broken.write_bytes(whole)
    shutil.copy(photos / "train" / "class 10" / "0003.png", broken.parent)
    pack(mine, out, SIDE, workers=1)
    assert done == [("train", 0)]
    assert torch.equal(load_data(str(out)).x_train[:], load_data(str(mine), size=SIDE).x_train)


def test_images_may_come_and_go_before_it_is_packed(tmp_path, monkeypatch, photos):
    mine, out = shutil.copytree(photos, tmp_path / "mine"), tmp_path / "out"
    with monkeypatch.context() as patch:
        counted(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            pack(mine, out, SIDE, workers=1)
    (mine / "train" / "class 2" / "zzz.png").write_bytes((mine / "train" / "0.png").read_bytes())
    os.unlink(mine / "test" / "class 10" / "0000.png")
    done = counted(monkeypatch)
    pack(mine, out, SIDE, workers=1)
    assert done == [("train", 2), ("test", 0)]
    there, here = load_data(str(mine), size=SIDE), load_data(str(out))
    assert torch.equal(here.x_train[:], there.x_train)
    assert torch.equal(here.x_test[:], there.x_test)
    assert torch.equal(here.y_train, there.y_train)


def test_an_array_that_was_lost_is_packed_anew(tmp_path, monkeypatch, photos, packed):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        counted(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            pack(photos, out, SIDE, workers=1)
    (out / "x_train.npy").unlink()
    pack(photos, out, SIDE, workers=1)
    assert arrays(out) == arrays(packed)


def test_a_folder_without_classes_has_no_test_part(tmp_path):
    (tmp_path / "loose").mkdir()
    for i in range(3):
        plain("RGB", (i, 2, 3), 12).save(tmp_path / "loose" / f"{i}.png")
    data = load_data(str(pack(tmp_path / "loose", tmp_path / "out", SIDE)))
    assert data.x_train[:][:, 0, 0, 0].tolist() == [0, 1, 2]
    assert data.y_train.tolist() == [-1] * 3
    assert (data.classes, len(data.x_test), data.fingerprint.test) == ((), 0, 0)


def test_what_is_packed_stays_and_is_said_to_be(tmp_path, capsys, photos, packed):
    before = {file: file.stat().st_mtime_ns for file in packed.iterdir()}
    assert pack(photos, packed, SIDE) == packed
    assert "is packed already" in capsys.readouterr().err
    assert {file: file.stat().st_mtime_ns for file in packed.iterdir()} == before
    with pytest.raises(FileExistsError, match=r"is packed already, .* at 8 pixels; give another"):
        pack(photos, packed, 16)


def test_two_do_not_pack_into_one_folder(tmp_path, photos):
    with hold(tmp_path / "out"), pytest.raises(BlockingIOError, match="is being packed by another"):
        pack(photos, tmp_path / "out", SIDE)


def test_what_is_not_ours_is_not_touched(tmp_path, photos):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / NAME).write_text("my own\n")
    with pytest.raises(FileExistsError, match="mine exists and is not packed"):
        pack(photos, tmp_path / "mine", SIDE)
    assert (tmp_path / "mine" / NAME).read_text() == "my own\n"
    assert len(list((tmp_path / "mine").iterdir())) == 1


def test_a_link_is_not_followed(tmp_path, monkeypatch, photos):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        counted(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            pack(photos, out, SIDE, workers=1)
    (tmp_path / "precious").write_text("precious")
    (out / "x_test.npy").unlink()
    (out / "x_test.npy").symlink_to(tmp_path / "precious")
    with pytest.raises(ValueError, match=r"x_test.npy is a link to .*precious"):
        pack(photos, out, SIDE)
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_disk_that_is_too_small_is_seen_before_it_is_full(tmp_path, monkeypatch, photos):
    usage = shutil.disk_usage(tmp_path)._replace(free=10**5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OSError, match=r"would take 0.0 GB, and its disk has 0.0 GB left"):
        pack(photos, tmp_path / "out", SIDE)
    assert not list(tmp_path.iterdir())


def test_another_pack_at_the_same_place_is_refused_by_resume(tmp_path, photos, packed):
    out = shutil.copytree(packed, tmp_path / "out")
    config = small(METHODS["byol"], data=str(out), size=SIDE, limit=None, batch_size=100, epochs=1)
    run = train(config, tmp_path / "run")
    assert resume(run) == run
    mine = shutil.copytree(photos, tmp_path / "mine")
    shutil.copy(mine / "train" / "0.png", mine / "train" / "class 2" / "0200.png")
    shutil.rmtree(out)
    pack(mine, out, SIDE)
    for again in (lambda: resume(run, epochs=2), lambda: evaluate(run)):
        with pytest.raises(ValueError, match=r"as many samples .* but other values"):
            again()


def test_damage_is_refused(tmp_path, packed):
    def flipped(out):
        whole = bytearray((out / "x_train.npy").read_bytes())
        whole[-1] ^= 1
        (out / "x_train.npy").write_bytes(whole)

    def cut(out):
        os.truncate(out / "x_test.npy", (out / "x_test.npy").stat().st_size - 1)

    def without(name):
        return lambda out: (out / name).unlink()

    def written(name, text):
        return lambda out: (out / name).write_text(text)

    words = json.loads((packed / FILE).read_text())
    cases = {
        "has other pixels than were packed": flipped,
        "x_test.npy says it has shape": cut,
        "x_train.npy is no .npy file": written("x_train.npy", "hello"),
        "y_train.npy is no .npy file": written("y_train.npy", "hello"),
        "is not the labels of 80 images": lambda out: np.save(out / "y_test.npy", np.zeros(80)),
        "of 80 images of 2 classes": lambda out: np.save(out / "y_test.npy", np.full(80, 2)),
        "x_train.npy has shape": written(FILE, json.dumps(words | {"train": 3})),
        "pack.json is damaged": written(FILE, json.dumps(words | {"pixels": 3})),
        r"pack.json is damaged \('hash'\)": written(
            FILE, json.dumps({key: words[key] for key in words if key != "hash"})
        ),
        "of another version of the library": written(
            FILE, json.dumps(words | {"format": "eigenspace pack 9"})
        ),
    }
    for number, (said, damage) in enumerate(cases.items()):
        damage(out := shutil.copytree(packed, tmp_path / str(number)))
        with pytest.raises(ValueError, match=said):
            load_data(str(out))
    without("x_test.npy")(out := shutil.copytree(packed, tmp_path / "lost"))
    with pytest.raises(FileNotFoundError, match="x_test"):
        load_data(str(out))


def test_what_is_read_goes_where_the_labels_are(packed, monkeypatch):
    monkeypatch.setattr(images, "two_views", lambda x, *_, **__: (x, x))  # no autocast on meta
    monkeypatch.setattr(images, "normalise", lambda x, *_: x)
    data = load_data(str(packed))
    elsewhere = dataclasses.replace(data, y_train=data.y_train.to("meta"))
    seen = [*elsewhere.views(1, torch.arange(5)), elsewhere.plain(data.x_test[:5])]
    assert {x.device.type for x in seen} == {"meta"}
