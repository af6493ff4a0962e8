"""What is done with a finished run: ``evaluate``, ``predict``, ``export``."""

import csv
import sys
from pathlib import Path

import torch

from analysis.store.schema import FEATURES, NETWORKS
from trainers.commands.parser import Parser, add_options, apply_options
from trainers.data.folders import list_images
from trainers.data.image_files import decode_images
from trainers.evaluation.classifier import load_classifier
from trainers.evaluation.evaluate import PROTOCOLS, evaluate
from trainers.evaluation.protocol import EvaluationProtocol, settings
from trainers.runs.export import export


def evaluate_command(parser: Parser, argv: list[str]) -> int:
    """Measure accuracies of runs, store them in the runs, print them."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="directory of a run")
    parser.add_argument(
        "--protocol",
        nargs="+",
        choices=PROTOCOLS,
        default=["knn", "linear"],
        help="nearest neighbours, logistic regression, the reproduction's probe, or the whole "
        "encoder (default: knn linear)",
    )
    parser.add_argument("--network", choices=NETWORKS, default=NETWORKS[0])
    parser.add_argument(
        "--features",
        choices=FEATURES,
        default=FEATURES[0],
        help="of the encoder (the default), the projector's first block, or the projector",
    )
    parser.add_argument("--device", help="default: the run's own")
    for name, protocol in PROTOCOLS.items():
        add_options(parser, protocol, f"{name}.")
    parsed = parser.parse_strictly(argv)
    chosen = {name: apply_options(PROTOCOLS[name], parsed, f"{name}.") for name in parsed.protocol}
    given = {key.partition(".")[0] for key in vars(parsed) if "." in key}
    if stray := sorted(given - chosen.keys()):
        raise ValueError(f"options of {stray[0]} given, and --protocol is {' '.join(chosen)}")
    for run in parsed.runs:
        scores = evaluate(
            run,
            chosen,
            network=parsed.network,
            features=parsed.features,
            device=parsed.device,
        )
        for name, score in scores.items():
            words = _unusual(name, chosen[name], parsed.network, parsed.features)
            print(f"{run}  {' '.join(words):<24} {score.accuracy:7.2%}", flush=True)
    return 0


def _unusual(
    name: str, protocol: EvaluationProtocol, network: str, features: str
) -> tuple[str, ...]:
    """Return a protocol's name with the network, features and options that are not the usual."""
    usual = settings(PROTOCOLS[name])
    options = [f"{k}={v}" for k, v in settings(protocol).items() if v != usual[k]]
    where = [one for one in (network, features) if one not in (NETWORKS[0], FEATURES[0])]
    return (name, *where, *options)


def predict_command(parser: Parser, argv: list[str]) -> int:
    """Name the images of a folder by a run's classifier, as CSV."""
    parser.add_argument("run", type=Path, metavar="RUN", help="with a classifier of `evaluate`")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of images, nested or not")
    parsed = parser.parse_strictly(argv)
    classifier = load_classifier(parsed.run)
    if not parsed.folder.is_dir():
        raise FileNotFoundError(f"{parsed.folder} is not a folder; a folder of images wanted")
    listed = list_images(parsed.folder)
    if not listed:
        raise ValueError(f"{parsed.folder} has no images")
    images = decode_images([file for _, file in listed], classifier.size)
    best, number = classifier.probabilities(images).max(1)
    named = [classifier.classes[k] for k in number.tolist()]
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["file", "class", "probability"])
    for (_, file), name, share in zip(listed, named, best.tolist(), strict=True):
        rows.writerow([file, name, f"{share:.4f}"])
    known = [(truth, name) for (truth, _), name in zip(listed, named, strict=True)]
    known = [pair for pair in known if pair[0] in classifier.classes]
    if known:
        right = torch.tensor([truth == name for truth, name in known]).double().mean().item()
        print(f"{right:.2%} of {len(known)} images are of their folder's class", file=sys.stderr)
    return 0


def export_command(parser: Parser, argv: list[str]) -> int:
    """Write a ResNet encoder for torchvision, and say how to load it."""
    parser.add_argument("run", type=Path, metavar="RUN", help="directory of a run")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="to write")
    parser.add_argument("--network", choices=NETWORKS, default=NETWORKS[0])
    parsed = parser.parse_strictly(argv)
    print(export(parsed.run, parsed.out, network=parsed.network))
    return 0
