"""``python -m trainers predict RUN FOLDER``: the images of a folder by the classifier of a run."""

import csv
import sys
from pathlib import Path

from analysis.commands.parser import Parser
from analysis.commands.sign import say_loading
from analysis.commands.values import RUN
from analysis.store.visible import cell


def predict_command(parser: Parser, argv: list[str]) -> int:
    """Name the images of a folder by a run's classifier, as CSV."""
    parser.add_argument("run", type=RUN, metavar="RUN", help="with a classifier of `evaluate`")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of images, nested or not")
    parsed = parser.parse_strictly(argv)
    if not parsed.folder.is_dir():
        raise FileNotFoundError(f"{parsed.folder} is not a folder; a folder of images wanted")
    say_loading("torch")
    from trainers.data.grey import first_coloured
    from trainers.data.image_files import decode_images
    from trainers.data.listing import list_images
    from trainers.evaluation.classifier import load_classifier

    classifier = load_classifier(parsed.run)
    listed = list_images(parsed.folder)
    if not listed:
        raise ValueError(f"{parsed.folder} has no images")
    images = decode_images([file for _, file in listed], classifier.size)
    if classifier.channels == 1 and (coloured := first_coloured(images)) is not None:
        raise ValueError(
            f"{listed[coloured][1]} has colours, and {parsed.run} learned to see grey images"
        )
    best, number = classifier.probabilities(images).max(1)
    named = [classifier.classes[k] for k in number.tolist()]
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["file", "class", "probability"])
    for (_, file), name, share in zip(listed, named, best.tolist(), strict=True):
        rows.writerow([file, cell(name), f"{share:.4f}"])
    known = [(truth, name) for (truth, _), name in zip(listed, named, strict=True)]
    known = [pair for pair in known if pair[0] in classifier.classes]
    if known:
        right = sum(truth == name for truth, name in known) / len(known)
        print(f"{right:.2%} of {len(known)} images are of their folder's class", file=sys.stderr)
    return 0
