"""Checkpoints of wrong content, at every door that opens one: refused in one line, by name."""

import copy
import random
import shutil

import pytest
from damage import refusal
from pictures import save
from small_runs import tiny
from wrong_checkpoints import wrong_checkpoints

from analysis import open_snapshots
from trainers import METHODS, Config, evaluate, exact_correlation, resume, train
from trainers.evaluation.knn import KNN
from trainers.runs import checkpoint
from trainers.training.learner import Learner


class Stop(Exception):
    pass


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that was stopped in its second epoch of three steps."""
    folder = tmp_path_factory.mktemp("wrong")
    config = tiny(folder)
    learn = Learner.learn

    def until(self, step, x1, x2):
        if step == 5:
            raise Stop
        return learn(self, step, x1, x2)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Learner, "learn", until)
        with pytest.raises(Stop):
            train(config, folder / "run")
    return folder / "run"


def content(run):
    """All that lies in a run, by name."""
    files = (file for file in run.rglob("*") if file.is_file())
    return {str(file.relative_to(run)): file.read_bytes() for file in files}


def check(run, tmp_path, trials):
    state = checkpoint.load(run)
    ways = wrong_checkpoints(state)
    names = [*ways] if trials is None else random.Random(0).sample([*ways], trials)
    mine = shutil.copytree(run, tmp_path / "run")
    faults = []
    for name in names:
        wrong = copy.deepcopy(state)
        ways[name](wrong)
        checkpoint.save(mine, wrong)
        before = content(mine)
        uses = {"resume": lambda: resume(mine)}
        if trials is None:  # these need no optimiser, and no recorder
            uses |= {"correlation": lambda: exact_correlation(mine)}
            uses |= {"evaluate": lambda: evaluate(mine, {"knn": KNN()})}
        for use, call in uses.items():
            try:
                said, _ = refusal(call, mine)
            except Exception as error:
                faults.append(f"{name}, {use}: {type(error).__name__} {error}")
                continue
            if use == "resume" and "checkpoint.pt" not in said and "was trained on" not in said:
                faults.append(f"{name}: {said or 'believed'}")
            if content(mine) != before and (said or use == "resume"):
                faults.append(f"{name}, {use}: wrote")
                shutil.rmtree(mine)
                shutil.copytree(run, mine)
    assert not faults, "\n".join(faults)
    return len(names)


def test_a_checkpoint_of_wrong_content_is_refused_and_nothing_is_written(run, tmp_path):
    check(run, tmp_path, 12)


@pytest.mark.slow
def test_every_wrong_content_is_refused(run, tmp_path):
    print(check(run, tmp_path, None))


def test_the_run_itself_goes_on(run, tmp_path):
    mine = shutil.copytree(run, tmp_path / "run")
    resume(mine)
    assert open_snapshots(mine).attrs["finished_at"] == 6


@pytest.mark.parametrize("method", [name for name in METHODS if name != "byol"])
def test_what_a_method_saves_is_what_is_wanted_of_it(method, tmp_path):
    data = str(save(tmp_path / "a.npz"))
    sizes = {"width": 1, "batch_size": 4, "projector_hidden": 6, "projector_out": 4, "size": 8}
    config = Config(method=METHODS[method], data=data, epochs=1, device="cpu", **sizes)
    run = train(config, tmp_path / "run")
    (run / "encoder.pt").unlink()  # not finished: what is there is loaded, and its end made again
    resume(run)
    assert (run / "encoder.pt").is_file()


def test_a_checkpoint_ahead_of_its_store_is_not_measured_either(run, tmp_path):
    mine = shutil.copytree(run, tmp_path / "run")
    resume(mine)
    ahead = (mine / "checkpoint.pt").read_bytes()
    shutil.rmtree(mine)
    shutil.copytree(run, mine)
    (mine / "checkpoint.pt").write_bytes(ahead)
    before = content(mine)
    for use in (evaluate, exact_correlation):
        with pytest.raises(ValueError, match=r"of step 6, and the store ends with step 4; restore"):
            use(mine)
    with pytest.raises(ValueError, match=r"lacks .*metrics from step 5 on; restore a later copy"):
        resume(mine)
    assert content(mine) == before
