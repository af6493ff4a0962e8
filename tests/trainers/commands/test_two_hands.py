"""Two hands at one run: the second is refused, a run that goes is missed, nothing is lost."""

import contextlib
import random
import shlex
import shutil
import threading
import time

import pytest
from command_line import refused
from processes import Command, server
from small_runs import same_runs

import trainers.training.loop as loop
from analysis.store.lock import hold, is_held
from analysis.store.reader import open_snapshots
from trainers.commands.main import main
from trainers.training.learner import Learner

TINY = shlex.split(
    "--size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 --device cpu"
)
EPOCHS = 3


@pytest.fixture(scope="module")
def command(shades):
    """The command that trains the run of these tests, up to where it goes."""
    return ["byol", *TINY, "--data", str(shades), "--epochs", str(EPOCHS), "--out"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, command):
    """The run that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert main([*command, str(out)]) == 0
    return out


def content(folder):
    """Every file, and what is in it."""
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def alone(run):
    """Whether nothing is beside it."""
    return [each.name for each in run.parent.iterdir() if each.name != "said"] == [run.name]


def test_a_held_run_is_refused_at_every_door_before_anything_is_read(
    tmp_path, capsys, monkeypatch, run, command
):
    def load(*_):
        raise AssertionError("data were loaded")

    monkeypatch.setattr(loop, "load", load)
    monkeypatch.setattr("trainers.runs.trained.load", load)
    before = content(run)
    (tmp_path / "link").symlink_to(run)
    with hold(run):
        for words in (
            [*command, run],
            [*command, run, "--overwrite"],
            [*command, tmp_path / "link", "--overwrite"],
            ["resume", run],
            ["evaluate", run],
        ):
            said = refused(capsys, *words)
            assert "is held by another writer (process " in said
            assert "this very process: close that, or end it" in said
        assert len(open_snapshots(run).step) > 2  # who reads needs no lock
    assert content(run) == before
    assert not is_held(run)


@pytest.mark.parametrize("overwrite", [False, True])
def test_of_two_that_begin_at_once_one_trains(
    tmp_path, capsys, monkeypatch, run, whole, command, overwrite
):
    out = run if overwrite else tmp_path / "new"
    words = [*command, str(out), *(["--overwrite"] if overwrite else [])]
    together, codes = threading.Barrier(2), []

    def begin():
        together.wait()
        codes.append(main(words))

    threads = [threading.Thread(target=begin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [0, 2]
    assert "is held by another writer" in capsys.readouterr().err
    assert same_runs(whole, out)


@contextlib.contextmanager
def at_step(monkeypatch, n, act):
    """Do something to a run while it is trained, before its n-th step."""
    learn, calls = Learner.learn, []

    def acting(self, step, *views):
        calls.append(step)
        if len(calls) == n:
            act()
        return learn(self, step, *views)

    with monkeypatch.context() as patched:
        patched.setattr(Learner, "learn", acting)
        yield


@pytest.mark.parametrize("n", [1, 7, 15])  # after step 0, within the second epoch, at the end
@pytest.mark.parametrize("what", ["moved", "removed", "replaced"])
def test_a_run_that_goes_while_it_is_trained_is_missed(
    tmp_path, capsys, monkeypatch, command, whole, what, n
):
    run, moved = tmp_path / "run", tmp_path / "moved"

    def act():
        if what == "removed":
            shutil.rmtree(run)
        else:
            run.rename(moved)
        if what == "replaced":
            shutil.copytree(whole, run)

    with at_step(monkeypatch, n, act):
        assert main([*command, str(run)]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    fate = "was removed" if what == "removed" else f"was moved to {moved}"
    assert f"{run} {fate} while it was written; it has the snapshots up to step" in said
    assert "nothing was written in its place" in said
    assert "\x1b" not in said
    if what == "replaced":
        assert {k.relative_to(run): v for k, v in content(run).items()} == {
            k.relative_to(whole): v for k, v in content(whole).items()
        }
    else:
        assert not run.exists()
    if what != "removed":
        assert main(["resume", str(moved)]) == 0
        assert same_runs(whole, moved)
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


def test_a_run_that_is_moved_during_an_evaluation_gets_nothing_at_its_old_place(
    tmp_path, capsys, monkeypatch, run
):
    from trainers.evaluation import evaluate

    score, moved = evaluate.LinearProbe.score, tmp_path / "moved"

    def moving(self, cached):
        found = score(self, cached)
        run.rename(moved)
        return found

    monkeypatch.setattr(evaluate.LinearProbe, "score", moving)
    before = {file.relative_to(run) for file in content(run)}
    assert f"was moved to {moved} while" in refused(capsys, "evaluate", run, "--protocol", "linear")
    assert not run.exists()
    assert {file.relative_to(moved) for file in content(moved)} == before


def test_an_overwrite_that_fails_before_its_first_checkpoint_leaves_the_old_run(
    tmp_path, capsys, monkeypatch, run, command
):
    before = content(run)
    command = [*command, run, "--overwrite"]
    for words in (["--data", "nowhere.npz"], ["--batch-size", "9999"], ["--encoder", "linear"]):
        refused(capsys, *command, *words)
        assert content(run) == before

    def failing(*_):
        raise OSError(28, "No space left on device", str(run / "snapshots.zarr"))

    with monkeypatch.context() as patched:
        patched.setattr(loop, "save_checkpoint", failing)
        assert main([str(word) for word in command]) == 2
    assert content(run) == before
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


def wait_for(child, run, seconds):
    """Wait until a run is being trained, and a while longer."""
    while not (run / "checkpoint.pt").is_file() and not child.is_over:
        time.sleep(0.001)
    time.sleep(seconds)


def go_on(run, whole):
    """A run that was left in the midst goes on to the one that nobody disturbed."""
    assert main(["resume", str(run)]) == 0
    assert same_runs(whole, run)


@pytest.mark.slow
def test_races_of_two_that_begin_together(tmp_path, capsys, whole, command, trials):
    codes = []
    for trial in range(trials):
        run, barrier = tmp_path / str(trial) / "run", server.Barrier(2)
        both = [Command([*command, run], tmp_path / f"said-{i}", barrier) for i in range(2)]
        ended = [child.end() for child in both]
        codes += [code for code, _ in ended]
        assert sorted(code for code, _ in ended) == [0, 2], ended
        said = min(ended, key=lambda each: -each[0])[1]
        assert "is held by another writer" in said or "holds a run; resume it" in said
        assert same_runs(whole, run)
        assert alone(run)
    with capsys.disabled():
        print(f"\n{trials} pairs begun together: {codes.count(0)} trained, whole")


@pytest.mark.slow
@pytest.mark.parametrize("second", ["overwrite", "train", "resume", "evaluate"])
def test_races_of_a_second_hand_at_a_run_in_training(
    tmp_path, capsys, whole, command, trials, second
):
    rng, refusals = random.Random(1), 0
    for trial in range(trials):
        run = tmp_path / str(trial) / "run"
        words = {
            "overwrite": [*command, run, "--overwrite"],
            "train": [*command, run],
            "resume": ["resume", run],
            "evaluate": ["evaluate", run],
        }[second]
        # The second has imported all it needs when the first begins: otherwise it comes too late.
        ready = server.Barrier(2)
        late = Command(words, tmp_path / "second", ready)
        first = Command([*command, run], tmp_path / "first")
        wait_for(first, run, rng.uniform(0, 0.2))
        ready.wait()
        code, said = late.end()
        assert first.end()[0] == 0
        refusals += "is held by another writer" in said
        assert code == (2 if "is held by another writer" in said or second == "train" else 0)
        assert second == "evaluate" or same_runs(whole, run)
        assert alone(run)
    with capsys.disabled():
        print(f"\n{trials} times {second} of a live run: {refusals} refused, all runs whole")


@pytest.mark.slow
@pytest.mark.parametrize("what", ["moved", "removed", "replaced"])
def test_races_of_a_run_that_goes(tmp_path, capsys, whole, command, trials, what):
    rng, missed = random.Random(2), 0
    for trial in range(trials):
        run = tmp_path / str(trial) / "run"
        moved = run.with_name("moved")
        child = Command([*command, run], tmp_path / "said")
        wait_for(child, run, rng.uniform(0, 0.3))
        if what == "removed":
            for _ in range(1000):  # a file may come while its folder is being removed
                shutil.rmtree(run, ignore_errors=True)
                if not run.exists():
                    break
        else:
            run.rename(moved)
        if what == "replaced":
            shutil.copytree(whole, run)
            before = content(run)
        code, said = child.end()
        if code == 2:  # otherwise the run was over
            missed += 1
            assert "while it was written" in said, said
        if what == "replaced":
            assert content(run) == before
        else:
            assert not run.exists()
        if what != "removed":
            go_on(moved, whole)
    with capsys.disabled():
        print(f"\n{trials} live runs {what}: {missed} missed it, nothing written in their place")


@pytest.mark.slow
def test_kills_of_an_overwrite(tmp_path, capsys, whole, command, trials):
    rng, old, new = random.Random(3), 0, 0
    run = tmp_path / "run"
    other = [word if word != "byol" else "simsiam" for word in command]
    assert main([*other, str(run)]) == 0
    shutil.copytree(run, tmp_path / "kept")
    for _ in range(trials):
        ready = server.Barrier(2)
        child = Command([*command, run, "--overwrite"], tmp_path / "said", ready)
        ready.wait()
        time.sleep(rng.uniform(0, 1.0))
        child.kill()
        assert main([*command, str(run)]) == 2  # there is a run
        if open_snapshots(run).attrs["method"] == "simsiam":
            old += 1
            assert same_runs(tmp_path / "kept", run)
        else:
            new += 1
            go_on(run, whole)
            shutil.rmtree(run)
            shutil.copytree(tmp_path / "kept", run)
        assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]
    with capsys.disabled():
        print(f"\n{trials} kills of an overwrite: {old} times the old run, {new} the new, whole")
