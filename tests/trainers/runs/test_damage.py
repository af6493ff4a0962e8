"""Files of a run that are not as they were written: refused by name, or read as they were."""

import random

import pytest
import torch
import xarray as xr
from damage import DAMAGES, exchanged, files_of, flip, holding, mutant, refusal, spread
from small_runs import tiny

import analysis
from analysis import open_runs, open_snapshots
from trainers import evaluate, train
from trainers.evaluation.classifier import load_classifier
from trainers.runs import checkpoint
from trainers.runs.form import config_of
from trainers.runs.network import load_network

GROUPS = (None, "metrics", "evaluation")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of six steps, with a classifier; damages are undone."""
    folder = tmp_path_factory.mktemp("damage")
    config = tiny(folder)
    train(config, folder / "run")
    evaluate(folder / "run")
    return folder / "run"


@pytest.fixture(scope="module")
def whole(run):
    """What every reader of the whole run finds."""
    return {name: use() for name, use in readers(run).items()}


def readers(run):
    """Return all ways to read a run, by name; each returns what it read."""
    store = run / "snapshots.zarr"
    ways = {f"open_snapshots {g}": lambda g=g: open_snapshots(run, g).load() for g in GROUPS}
    ways |= {f"open_runs {g}": lambda g=g: open_runs([run], g).load() for g in GROUPS}
    ways |= {f"xarray {g}": lambda g=g: xr.open_zarr(store, group=g).load() for g in GROUPS}
    ways["checkpoint.pt"] = lambda: believed(run)
    ways["encoder.pt"] = lambda: checkpoint.read(run / "encoder.pt")
    ways["classifier.pt"] = lambda: load_classifier(run)
    return ways


def believed(run):
    """Read a checkpoint as whoever goes on with it."""
    state, file = checkpoint.load(run), run / checkpoint.FILE
    load_network(state, config_of(file, state).resolved, (3, 16, 16), "online", file)
    return state


def same(a, b):
    """Return whether two things that were read are bit by bit the same."""
    if isinstance(a, xr.Dataset):
        return a.identical(b)
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if hasattr(a, "network"):
        rest = (a.classes, a.recipe.mean, a.recipe.std, a.size)
        return rest == (b.classes, b.recipe.mean, b.recipe.std, b.size) and same(
            a.network.state_dict(), b.network.state_dict()
        )
    return a == b


def touching(run, *files):
    """Return the readers that look at some of the files."""
    names = set()
    for file in files:
        group = next((g for g in GROUPS if g and g in file.parts), None)
        groups = GROUPS if file.parent.name == "snapshots.zarr" else (group,)
        kinds = ("open_snapshots", "open_runs", "xarray")
        names |= (
            {file.name} if file.suffix == ".pt" else {f"{k} {g}" for k in kinds for g in groups}
        )
    return {name: use for name, use in readers(run).items() if name in names}


def read_as_other_data(run, whole, *files, chunk=True):
    """Return the readers that read something else, and how many refused.

    Plain xarray believes metadata, and does not know which chunk is whose: it is asked only where a
    chunk is damaged in itself.
    """
    wrong, refused = [], 0
    for name, use in touching(run, *files).items():
        if name.startswith("xarray"):
            if chunk:
                try:
                    found = use()
                except Exception:
                    found = None
                wrong += [name] * (found is not None and not same(found, whole[name]))
            continue
        said, found = refusal(use, run)
        refused += bool(said)
        wrong += [name] * (not said and not same(found, whole[name]))
    return wrong, refused


def check_flips(run, whole, trials):
    rng = random.Random(0)
    counts = {"refused": 0, "harmless": 0}
    for file in spread(files_of(run), trials, rng):
        with holding(file, flip(file.read_bytes(), rng)):
            wrong, refused = read_as_other_data(run, whole, file, chunk="c" in file.parts)
            found = analysis.verify(run)
        assert not wrong, (file, wrong)
        assert all(str(file) in line for line in found), (file, found)
        if file.name != "zarr.json":  # where a space may become a tab
            assert refused or found or file.suffix == ".pt", file
        counts["refused" if refused or found else "harmless"] += 1
    assert analysis.verify(run) == []
    return counts


def test_a_flipped_bit_is_never_read_as_data(run, whole):
    check_flips(run, whole, 24)


@pytest.mark.slow
def test_hundreds_of_flipped_bits_are_never_read_as_data(run, whole, trials):
    print(check_flips(run, whole, max(trials, 300)))


def check_damages(run, whole, trials):
    rng = random.Random(1)
    for i, file in enumerate(spread(files_of(run), trials, rng)):
        content = DAMAGES[i % len(DAMAGES)](file.read_bytes(), rng)
        same_content = content == file.read_bytes()
        with holding(file, content):
            wrong, _ = read_as_other_data(run, whole, file, chunk="c" in file.parts)
            found = analysis.verify(run)
        assert not wrong, (file, wrong)
        assert found or same_content or file.suffix == ".pt", file  # a zip ignores what is behind


def test_a_file_that_is_cut_blanked_lengthened_or_scrambled_is_never_read_as_data(run, whole):
    check_damages(run, whole, 16)


@pytest.mark.slow
def test_hundreds_of_damaged_files_are_never_read_as_data(run, whole, trials):
    check_damages(run, whole, max(trials, 211))


def check_exchanges(run, whole, trials):
    rng = random.Random(2)
    every = files_of(run)
    for _ in range(trials):
        one, other = rng.sample(every, 2)
        if one.read_bytes() == other.read_bytes():
            continue
        with exchanged(one, other):
            wrong, _ = read_as_other_data(run, whole, one, other, chunk=False)
            found = analysis.verify(run)
        # Nothing of ours reads encoder.pt, and torch believes what is whole.
        assert not {*wrong} - {"encoder.pt"}, (one, other, wrong)
        assert found or ".pt" in {one.suffix, other.suffix}, (one, other)


def test_files_that_are_exchanged_are_never_read_as_each_other(run, whole):
    check_exchanges(run, whole, 12)


@pytest.mark.slow
def test_hundreds_of_exchanged_files_are_never_read_as_each_other(run, whole, trials):
    check_exchanges(run, whole, max(trials, 200))


def check_mutants(run, whole, trials):
    rng = random.Random(3)
    roots = [file for file in files_of(run) if file.name == "zarr.json"]
    for file in spread(roots, trials, rng):
        with holding(file, mutant(file.read_bytes(), rng)):
            wrong, _ = read_as_other_data(run, whole, file, chunk=False)
        assert not wrong, (file, wrong)


def test_mutated_metadata_are_never_believed(run, whole):
    check_mutants(run, whole, 12)


@pytest.mark.slow
def test_hundreds_of_mutated_metadata_are_never_believed(run, whole, trials):
    check_mutants(run, whole, max(trials, 200))
