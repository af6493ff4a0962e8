import csv
import io

from command_line import refused
from PIL import Image

from analysis.store.reader import SnapshotWriter
from trainers.commands.main import main
from trainers.evaluation.evaluate import evaluate

TINY = "--size 16 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 16 --device cpu"


def test_predict_names_the_images_of_a_folder(run, capsys, tmp_path):
    evaluate(run)
    for name, shade in (("black", 30), ("white", 220)):
        (tmp_path / "folder" / name).mkdir(parents=True)
        Image.new("RGB", (20, 24), (shade,) * 3).save(tmp_path / "folder" / name / "a.png")
    assert main(["predict", str(run), str(tmp_path / "folder")]) == 0
    printed = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert [row["file"].split("/")[-2] for row in rows] == ["black", "white"]
    assert all(0.25 <= float(row["probability"]) <= 1 for row in rows)
    right = sum(row["class"] == row["file"].split("/")[-2] for row in rows)
    assert f"{right / 2:.2%} of 2 images are of their folder's class" in printed.err


def test_broken_files_and_other_folders_are_refused(run, tmp_path, capsys):
    evaluate(run)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "has no images" in refused(capsys, "predict", str(run), str(empty))
    assert "is not a folder" in refused(capsys, "predict", str(run), str(tmp_path / "none"))
    (empty / "a.png").write_bytes(b"no image")
    assert "not a readable image" in refused(capsys, "predict", str(run), str(empty))
    (run / "classifier.pt").write_bytes(b"cut off")
    assert "classifier.pt is damaged" in refused(capsys, "predict", str(run), str(empty))
    with SnapshotWriter(run / "snapshots.zarr", resume_after=10**9):
        assert "another" in refused(capsys, "evaluate", str(run))
