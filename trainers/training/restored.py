"""Whether what a checkpoint holds is a state that this run's learner can be in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.store.reader import open_snapshots
from trainers.recording.moments import Moments
from trainers.runs import checkpoint
from trainers.runs.divergence import all_finite
from trainers.runs.form import check_like, check_optimiser, count, member, wrong
from trainers.training.learner import Learner


def check_learner(
    run: Path, state: Mapping[str, Any], learner: Learner, images_per_step: int
) -> None:
    """Check the state of learner and recorder in a checkpoint before any of it is loaded.

    Raises
    ------
    ValueError
        A name, shape or dtype is another one, a weight is not finite, or the moments are of more
        or fewer steps than went by since the last snapshot.
    """
    file = run / checkpoint.FILE
    found, fresh = member(file, state, "learner", dict), learner.state_dict()
    for part in learner.parts:
        check_like(file, f"learner.{part}", found.get(part), fresh[part])
        # The predictor's moments are NaN until it is set for the first time.
        if part != "predictor" and not all_finite(found[part]):
            raise wrong(file, f"has weights in learner.{part} that are not finite")
    optimiser = member(file, found, "optimiser", dict)
    weights, begun = learner.optimiser.parameters, count(file, state, "step") > 0
    check_optimiser(file, optimiser, fresh["optimiser"], weights, begun=begun)
    recorder = member(file, state, "recorder", dict)
    taken = open_snapshots(run)["step"].values
    since = state["step"] - int(max(taken[taken <= state["step"]], default=0))
    if (pairs := count(file, recorder, "pairs")) != since * images_per_step:
        raise wrong(file, f"has {pairs} images since the last snapshot, {since} steps before")
    sums = Moments(learner.d, weights[0].device).sums
    check_like(file, "recorder.sums", recorder.get("sums"), sums)
