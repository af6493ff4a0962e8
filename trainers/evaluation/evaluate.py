"""How good the features of a run are: protocols by name, their results kept in the run."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from analysis.checks.fields import shown
from analysis.checks.paths import path_of
from analysis.store.lock import hold
from analysis.store.reader import STORE, SnapshotWriter
from analysis.store.schema import FEATURES, NETWORKS
from trainers.data.load import ImageData
from trainers.evaluation import classifier
from trainers.evaluation.adam_probe import AdamProbe
from trainers.evaluation.cached_features import CachedFeatures
from trainers.evaluation.finetune import FineTune
from trainers.evaluation.knn import KNN
from trainers.evaluation.linear_probe import LinearProbe
from trainers.evaluation.protocol import EvaluationProtocol, Score, record, settings
from trainers.networks.network import part
from trainers.options import choose
from trainers.runs import checkpoint
from trainers.runs.agreement import check_not_ahead
from trainers.runs.divergence import refuse_diverged
from trainers.runs.replacement import recover
from trainers.runs.trained import open_trained

LATEST = 1 << 62  # a step after every step

PROTOCOLS: dict[str, EvaluationProtocol] = {
    "knn": KNN(),
    "linear": LinearProbe(),
    "adam": AdamProbe(),
    "finetune": FineTune(),
}
"""Nearest neighbours; logistic regression; the reproduction's probe; the whole encoder."""


def evaluate(
    run: str | Path,
    protocols: Mapping[str, EvaluationProtocol] | None = None,
    *,
    network: str = "online",
    features: str = "encoder",
    device: str | None = None,
) -> dict[str, Score]:
    """Measure accuracies of a run's latest checkpoint, and keep them in the run.

    A tenth of the labelled training images validates, the same ones in every run; the test images
    are used once for each protocol. What was measured before stays: each is a row of the run's
    table. The last protocol that makes a classifier leaves it in ``RUN/classifier.pt``.

    Parameters
    ----------
    run : path
        The run's directory.
    protocols : mapping of name to protocol, optional
        kNN and the linear probe by default; names are those of `PROTOCOLS`.
    network : {"online", "target"}
    features : {"encoder", "block", "projector"}
        What the network is cut off behind; `block` is the projector's first hidden layer.
    device : str, optional
        The run's own by default.

    Returns
    -------
    dict of str to Score
        By name of the protocol.

    Raises
    ------
    FileNotFoundError, ValueError
        There is no checkpoint, the run diverged, the data have no labels or changed since the
        training, or the run has no such network.
    FloatingPointError
        Features or what was fitted to them are not finite; nothing of that protocol was stored.
    BlockingIOError
        The run is being trained, or evaluated by another process; nothing was read or written.
    OSError
        Data could not be read, or the results not be written.
    """
    chosen = _chosen(protocols)
    choose("network", network, dict.fromkeys(NETWORKS))
    choose("features", features, dict.fromkeys(FEATURES))
    run = path_of("run", run)
    scores: dict[str, Score] = {}
    with hold(run) as held:
        recover(held)
        refuse_diverged(run)
        trained = open_trained(run, device)
        check_not_ahead(run, run / checkpoint.FILE, trained.step)
        if not isinstance(data := trained.data, ImageData):
            raise ValueError(f"{run} was trained on {data.name}, which has no labels")
        cached = CachedFeatures(part(trained.network(network), features).eval(), data)
        with SnapshotWriter(
            held.run / STORE, resume_after=LATEST, durable=True, lock=held
        ) as writer:
            for name, protocol in chosen.items():
                try:
                    score = protocol.score(cached)
                except KeyboardInterrupt as stop:
                    raise KeyboardInterrupt(_left(run, chosen, scores)) from stop
                scores[name] = score
                record(
                    *(writer, trained.step, trained.epoch, name, protocol, score),
                    network=network,
                    features=features,
                    changed=trained.changed,
                )
                if score.classifier is not None:
                    classifier.save(
                        *(held.run, score, trained.state, data, name, network, features),
                        check=writer.check,
                    )
    return scores


def _left(run: Path, chosen: Mapping[str, object], scores: Mapping[str, object]) -> str:
    rest = " ".join(name for name in chosen if name not in scores)
    kept = f"{' and '.join(scores)} of it kept" if scores else "nothing of it measured"
    again = f"`eigenspace evaluate {shlex.quote(str(run))} --protocol {rest}` measures the rest"
    return f"interrupted: {run} is as it was, {kept}; {again}"


def _chosen(given: Mapping[str, EvaluationProtocol] | None) -> Mapping[str, EvaluationProtocol]:
    if given is None:
        return {name: PROTOCOLS[name] for name in ("knn", "linear")}
    if not isinstance(given, Mapping) or not given:
        raise ValueError(
            f"protocols is {shown(given)}; some of {', '.join(PROTOCOLS)} by name wanted, say "
            "{'knn': KNN()}"
        )
    for name, protocol in given.items():
        choose("protocol", name, PROTOCOLS)
        settings(protocol, name)
    return given
