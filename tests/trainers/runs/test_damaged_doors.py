"""A flipped bit at the doors that go on with a run: refused, or what the whole one gives."""

import random
import shutil

import pytest
from damage import files_of, flip, refusal, spread
from small_runs import same_runs, tiny

from trainers import evaluate, resume, train, view_features
from trainers.runs.export import export


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doors")
    return train(tiny(folder), folder / "run")


def accuracies(path):
    return {name: score.accuracy for name, score in evaluate(path).items()}


def features(path):
    return view_features(path, images=8, views=2).values.tolist()


DOORS = {
    "resume": lambda path: resume(path, epochs=3),
    "evaluate": accuracies,
    "features": features,
    "export": lambda path: export(path, path.parent / "w.pt"),
}


def outcome(use, path):
    """What comes of a door, in words where it is none: a conv4 is not exported."""
    try:
        found = use(path)
    except ValueError as error:
        found = str(error)
    return str(found).replace(str(path), "RUN")


@pytest.fixture(scope="module")
def whole(run, tmp_path_factory):
    """What comes of the whole run behind each door, and the run that was resumed."""
    folder = tmp_path_factory.mktemp("whole")
    paths = {name: shutil.copytree(run, folder / name) for name in DOORS}
    found = {name: outcome(use, paths[name]) for name, use in DOORS.items()}
    assert "torchvision does not have" in found["export"]
    return found | {"run": paths["resume"]}


def check_doors(run, whole, folder, trials):
    rng = random.Random(4)
    counts = dict.fromkeys(("refused", "the same"), 0)
    for i, file in enumerate(spread(files_of(run), trials, rng)):
        for name, use in DOORS.items():
            path = shutil.copytree(run, folder / f"{i}-{name}")
            damaged = path / file.relative_to(run)
            damaged.write_bytes(flip(damaged.read_bytes(), rng))
            said, found = refusal(lambda use=use, path=path: use(path), path)
            found = str(found).replace(str(path), "RUN")
            if said:  # and nothing is lost by it: with the file from a copy all is as it was
                counts["refused"] += 1
                damaged.write_bytes(file.read_bytes())
                found = outcome(use, path)
            else:
                counts["the same"] += 1
            assert found == whole[name], (name, file, said)
            if name == "resume":
                assert same_runs(whole["run"], path, evaluation=False), file
            shutil.rmtree(path)
    return counts


def test_a_flipped_bit_goes_through_no_door(run, whole, tmp_path):
    check_doors(run, whole, tmp_path, 8)


@pytest.mark.slow
def test_many_flipped_bits_go_through_no_door(run, whole, tmp_path, trials):
    print(check_doors(run, whole, tmp_path, max(trials, 100)))
