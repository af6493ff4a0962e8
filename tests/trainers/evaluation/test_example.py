"""Of the examples that ship with their networks, images are named and accuracies measured anew."""

import numpy as np
from PIL import Image

from analysis import copy_example
from trainers.commands.main import main
from trainers.evaluation.evaluate import evaluate


def test_the_accuracy_that_is_stored_is_that_of_the_network(tmp_path):
    run = copy_example("shapes", tmp_path)
    knn = evaluate(run)["knn"].accuracy
    from analysis import open_example

    table = open_example("shapes", "evaluation")
    stored = float(table.accuracy.sel(evaluation=table.protocol == "knn")[-1])
    assert abs(knn - stored) < 0.01  # another machine rounds otherwise


def test_it_names_the_images_of_a_folder(tmp_path, capsys):
    run = copy_example("byol-linear", tmp_path)
    (tmp_path / "photos").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "photos" / "a.png")
    assert main(["predict", str(run), str(tmp_path / "photos")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "file,class,probability"
