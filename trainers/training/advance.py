"""The one training loop: no method name in it, nothing that waits for the device in a step."""

from pathlib import Path

from torch.linalg import LinAlgError  # type: ignore[attr-defined]

from analysis.store.atomic import sweep_leftovers
from trainers.config import Config
from trainers.data.load import Data
from trainers.data.shared_views import shared_views
from trainers.evaluation.cached_features import CachedFeatures, has_labels
from trainers.evaluation.knn import KNN
from trainers.evaluation.protocol import record
from trainers.recording.loop_recorder import LoopRecorder
from trainers.runs import checkpoint
from trainers.runs.divergence import Diverged
from trainers.runs.finished import ENCODER, mark_finished
from trainers.runs.trained import describe_data, steps_per_epoch
from trainers.training.collapse_notice import CollapseNotice
from trainers.training.learner import Learner
from trainers.training.progress import showing
from trainers.training.steps import batches, due_steps
from trainers.training.stopped import Reached


def advance(
    run: Path,
    reached: Reached,
    config: Config,
    data: Data,
    learner: Learner,
    recorder: LoopRecorder,
) -> None:
    """Train from where a run has come to to the last epoch, and measure what it ends in."""
    per_epoch = steps_per_epoch(config, data)
    total = per_epoch * config.epochs
    due = due_steps(learner.schedule.laid_out, config.every)
    notice = CollapseNotice(run)
    name = config.resolved.name
    images = per_epoch * config.batch_size
    with showing(name, config.epochs, per_epoch, reached.step, images) as progress:
        for step, samples in batches(config, data, reached.step):
            try:
                seen = learner.learn(step, *shared_views(data, step, samples))
            except (FloatingPointError, LinAlgError) as error:
                recorder.fetch()  # what W_p is set from may have broken before
                raise Diverged(step, str(error)) from error
            recorder.observe(step, seen)
            reached.step = step
            if step in due:
                time = learner.schedule.elapsed(step) * config.time_per_step
                recorder.snapshot(step, step / per_epoch, time)
                progress.looked(recorder.loss)
            if step == total:  # before its checkpoint: an end without an encoder is none
                _save_encoders(run, learner, recorder)
            if step % per_epoch == 0:
                save_checkpoint(run, reached, config, data, learner, recorder)
                progress.trained(step, recorder.loss)
                notice.look(step // per_epoch)
            progress.stepped()
    if not (run / ENCODER).is_file():
        _save_encoders(run, learner, recorder)
    if has_labels(data):  # a run that has this row already gets no second one
        try:
            score = KNN().score(CachedFeatures(learner.online.encoder, data))
        except FloatingPointError as error:
            raise Diverged(total, str(error)) from error
        record(recorder.writer, total, float(config.epochs), "knn", KNN(), score)
    mark_finished(recorder.writer, total)
    reached.finished = True


def _save_encoders(run: Path, learner: Learner, recorder: LoopRecorder) -> None:
    target = learner.target.network or learner.online
    encoders = {"online": learner.online.encoder, "target": target.encoder}
    states = {name: encoder.state_dict() for name, encoder in encoders.items()}
    checkpoint.replace(run / ENCODER, states, recorder.writer.check)
    sweep_leftovers(run, ENCODER)


def save_checkpoint(
    run: Path,
    reached: Reached,
    config: Config,
    data: Data,
    learner: Learner,
    recorder: LoopRecorder,
) -> None:
    """Publish all rows to the step that was reached, then replace the checkpoint."""
    recorder.fetch()
    recorder.writer.flush()  # a checkpoint never speaks of a step that the store does not hold
    checkpoint.save(
        run,
        check=recorder.writer.check,
        state={
            "config": config.to_json(),
            "data": describe_data(config, data),
            "step": reached.step,
            "learner": learner.state_dict(),
            "recorder": recorder.state_dict(),
        },
    )
    reached.kept = reached.step
