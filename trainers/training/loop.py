"""Where training begins and where it is taken up again."""

import math
from contextlib import nullcontext
from pathlib import Path

import torch

from analysis.checks.fields import checked
from analysis.checks.paths import path_of
from analysis.store.lock import hold
from analysis.store.reader import STORE, SnapshotWriter
from trainers import ranks
from trainers.config import Config
from trainers.data.load import Data
from trainers.device import pick_device
from trainers.recording.loop_recorder import LoopRecorder
from trainers.runs import directory, extended
from trainers.runs.continuation import check_continuation
from trainers.runs.divergence import marking, refuse_diverged
from trainers.runs.finished import finished_at, said_finished
from trainers.runs.own_code import keep_changes
from trainers.runs.own_parts import before_training
from trainers.runs.replacement import beginning, recover
from trainers.runs.trained import announce, describe_data, load, open_trained, steps_per_epoch
from trainers.say import say
from trainers.training.accumulation import say_unequal
from trainers.training.advance import advance, save_checkpoint
from trainers.training.follow import follow
from trainers.training.learner import Learner
from trainers.training.rehearsal import rehearse
from trainers.training.restored import check_learner
from trainers.training.steps import batches, due_steps
from trainers.training.stopped import Reached, saying_how_to_go_on, saying_what_failed


def train(config: Config, out: str | Path, *, overwrite: bool = False) -> Path:
    """Train, and write snapshots, metrics, checkpoints, the encoder and its kNN accuracy.

    Parameters
    ----------
    config : Config
    out : path
        The run's directory, made here.
    overwrite : bool
        Replace a run that is already there. It is put aside, and removed when the new one has its
        first checkpoint; until then any failure puts it back.

    Returns
    -------
    Path
        `out`, ready for `analysis.open_snapshots`.

    Raises
    ------
    FileExistsError
        `out` exists and is not empty; nothing in it was touched.
    BlockingIOError
        It is being trained or evaluated; nothing in it was touched.
    ValueError
        The configuration does not fit the data; nothing was written.
    OSError
        Data could not be read, or the run could not be written; complete snapshots are kept. Or the
        run was moved, replaced or removed meanwhile; nothing was written in its place.
    FloatingPointError
        The run diverged: loss, gradient, features or weights are not finite, first at the step that
        the message names. Earlier snapshots and the last checkpoint are kept, and the store's
        ``attrs["diverged_at"]`` is that step.
    """
    config, run = checked("config", config, Config), path_of("out", out)
    with hold(run) if ranks.writes() else nullcontext() as held:
        if held is not None:
            recover(held)
            directory.check_free(run, overwrite)
        device = pick_device(config.device)
        data = load(config, device)
        with before_training(config):
            learner = Learner(config, data.shape, device, steps_per_epoch(config, data))
            rehearse(config, data, learner)
        if held is None:
            follow(config, data, learner, 0)
            return run
        announce(config, data)
        say_unequal(config, learner)
        attrs = directory.attrs(config, device, describe_data(config, data))
        described = directory.variable_attrs(config)
        place, reached = held.run, Reached()
        with (
            saying_how_to_go_on(run, reached),
            beginning(held) as stands,
            SnapshotWriter(
                place / STORE, attrs=attrs, variable_attrs=described, durable=True, lock=held
            ) as writer,
            marking(place, writer),
            saying_what_failed(run, writer, reached),
        ):
            recorder = _recorder(writer, learner, device, config)
            _look_before_training(config, data, learner, recorder)
            save_checkpoint(place, reached, config, data, learner, recorder)
            stands()
            advance(place, reached, config, data, learner, recorder)
    return run


def resume(run: str | Path, *, epochs: int | None = None) -> Path:
    """Continue a run from its checkpoint to the end; on one CPU, bitwise as if never stopped.

    Of a run that is finished, its last measurement included, nothing is computed: one line on
    stderr says so.

    Parameters
    ----------
    run : path
    epochs : int, optional
        How many the run is to have in all, from now on, be it finished or not. From the step of the
        checkpoint on, schedules of rates and target and the steps of snapshots are those of a run
        of so many epochs; rows before stay. A constant run of 2 epochs that is extended to 4 is the
        one of 4, but for a snapshot at the end of the second; a cosine, which had come down to 0,
        goes up to where a run of 4 would be. The store's ``attrs["extended"]`` keeps what was.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no checkpoint, it is damaged or of another version, it is ahead of the store or of
        another run, the data changed, the run diverged, or so many epochs are done.
    OSError, FloatingPointError
        As `train`.
    """
    run = path_of("run", run)
    with hold(run) if ranks.writes() else nullcontext() as held:
        if held is not None:
            recover(held)
        refuse_diverged(run)
        trained = open_trained(run)
        state, step, device, data = trained.state, trained.step, trained.device, trained.data
        per_epoch, known = steps_per_epoch(trained.config, data), extended.stretches(run)
        config, before = extended.as_continued(run, trained.config, known), known
        if epochs is not None:
            config, before = extended.extend(
                run, config, known, epochs, step=step, per_epoch=per_epoch
            )
        if before == known and finished_at(run) == step:
            if ranks.writes():
                say(said_finished(run, step))
            return run
        with before_training(config):
            learner = Learner(
                config, data.shape, device, per_epoch, extended.in_steps(before, per_epoch)
            )
        check_continuation(
            run, step, state["config"], due_steps(learner.schedule.laid_out, config.every)
        )
        check_learner(run, state, learner, config.batch_size)
        learner.load_state_dict(state["learner"])
        with before_training(config):
            rehearse(config, data, learner, step)
        if held is None:
            follow(config, data, learner, step)
            return run
        described = directory.variable_attrs(config)
        place, reached = held.run, Reached(step, kept=step)
        with (
            saying_how_to_go_on(run, reached),
            SnapshotWriter(
                place / STORE,
                variable_attrs=described,
                resume_after=step,
                durable=True,
                lock=held,
            ) as writer,
            marking(place, writer),
            saying_what_failed(run, writer, reached),
        ):
            recorder = _recorder(writer, learner, device, config)
            recorder.load_state_dict(state["recorder"])
            announce(config, data)
            say_unequal(config, learner)
            keep_changes(place, config, step, writer)
            if before != known:
                writer.mark(**extended.described(config, before))
                save_checkpoint(place, reached, config, data, learner, recorder)
            advance(place, reached, config, data, learner, recorder)
    return run


def _recorder(
    writer: SnapshotWriter, learner: Learner, device: torch.device, config: Config
) -> LoopRecorder:
    return LoopRecorder(writer, learner, device, config.batch_size, head=config.record_head)


def _look_before_training(
    config: Config, data: Data, learner: Learner, recorder: LoopRecorder
) -> None:
    """Record step 0 on the views of the first steps, enough of them for a full-rank F."""
    idle = learner.by_itself()  # its batch statistics move, the learner's must not
    wanted = math.ceil(8 * learner.d / (2 * config.batch_size))
    with torch.no_grad(), idle.drawing(0):
        for step, samples in batches(config, data, 0):
            for part in idle.split(*data.views(step, samples)):
                seen = idle.look(*part)
                recorder.moments.add(seen.z, seen.q, seen.t)
            if step >= min(wanted, steps_per_epoch(config, data)):
                break
    recorder.snapshot(0, 0.0, 0 * config.time_per_step)
