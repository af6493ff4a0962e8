"""Wrong command lines of the three packages; RUN is a finished run, FREE a folder that is free."""

import dataclasses
import os
from pathlib import Path

import numpy as np
from PIL import Image

from trainers.data.pack_log import PackLog, Plan

SMALL = (
    "--size 16 --limit 40 --width 2 --projector-hidden 8 --projector-out 6 --batch-size 10 "
    "--epochs 1 --device cpu --out FREE"
)


def files():
    """Make a run, and what is none, in the working directory."""
    from small_runs import SMALL as config

    from trainers import METHODS, train

    images = np.random.default_rng(0).integers(0, 255, (30, 16, 16, 3)).astype(np.uint8)
    labels = np.arange(30) % 3
    parts = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    np.savez("images.npz", **parts)
    np.savez("floats.npz", **parts | {"x_train": images / 255})
    small = dataclasses.replace(config, data="images.npz", size=16, limit=None, epochs=1)
    train(dataclasses.replace(small, method=METHODS["simsiam"]), "RUN")
    Path("file").write_text("hello")
    Path("text.csv").write_text("a,b\n")
    Path("empty").mkdir()
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    os.makedirs("photos/a")
    Image.new("RGB", (8, 8), "red").save("photos/a/0.png")
    Path("half").mkdir()
    PackLog(Path("half"), Plan("/photos", 8, 9))
    os.symlink("loop", "loop")
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe")


TRAINERS = {
    "byol --epochs 1.5": "1.5",
    "byol --epochs 0": "epochs is 0",
    "byol --epochs -1": "epochs is -1",
    "byol --epochs ten": "ten",
    "byol --lr nan": "lr is nan",
    "byol --lr inf": "lr is inf",
    "byol --lr 0": "lr is 0",
    "byol --lr 1/0": "1/0",
    "byol --lr 0,1": "0,1",
    "byol --momentum 1": "momentum is 1",
    "byol --optimiser adam": "optimiser 'adam' is not known",
    "byol --trust 0.1": "trust is 0.1, of LARS",
    "byol --optimiser lars --decay decoupled": "decay is decoupled under LARS",
    "byol --weight-decay -1": "weight-decay is -1",
    "byol --batch-size 1": "batch-size is 1",
    "byol --batch-size 99999": "batch-size is 99999",
    "byol --limit 0": "limit is 0",
    "byol --limit 99999": "limit = 99999",
    "byol --size 4": "size is 4",
    "byol --width 0": "width is 0",
    "byol --projector-layers -1": "projector-layers is -1",
    "byol --seed -1": "seed is -1",
    "byol --seed 99999999999999999999": "seed is 99999999999999999999",
    "byol --every 0": "every is 0",
    "byol --warmup 1": "warmup is 1",
    "byol --schedule step": "schedule 'step' is not known",
    "byol --encoder vgg": "encoder 'vgg' is not known",
    "byol --encoder resnet18": "width",
    "byol --encoder linear": "linear",
    "byol --views simclr": "views 'simclr' is not known",
    "byol --device tpu": "device is 'tpu'",
    "byol --device cuda:99": "device is 'cuda:99'",
    "byol --compile maybe": "maybe",
    "byol --data no.npz": "no.npz: no such file",
    "byol --data no/folder": "no/folder",
    "byol --data file": "file is a file, and no .npz",
    "byol --data floats.npz": "float64",
    "byol --data empty": "empty has no images",
    "byol --data pipe": "data 'pipe' is not known",
    "byol --data gaussian --encoder conv4": "gaussian",
    "byol --target.momentum 1.5": "target momentum is 1.5",
    "byol --predictor.layers 0": "predictor layers is 0",
    "byol --predictor.constraint round": "predictor constraint 'round'",
    "directpred --predictor.rho 1": "predictor rho is 1",
    "directpred --predictor.eps -1": "predictor eps is -1",
    "directpred --loss.factor 0": "loss factor is 0",
    "byol --out RUN": "RUN holds a run",
    "byol --out mine": "mine exists and is not a run",
    "byol --out mine --overwrite": "mine exists and is not a run",
    "byol --out file": "file exists",
    "resume": "RUN",
    "resume no": "no",
    "resume file": "file",
    "resume empty": "empty",
    "resume pipe": "pipe",
    "resume loop": "loop",
    "evaluate no": "no",
    "evaluate RUN --protocol nn": "nn",
    "evaluate RUN --protocol knn --knn.k 0": "knn k is 0",
    "evaluate RUN --protocol knn --knn.temperature 0": "knn temperature is 0",
    "evaluate RUN --protocol knn --finetune.lr 1": "options of finetune",
    "evaluate RUN --protocol knn --network target": "no target network",
    "evaluate RUN --protocol knn --features block --device tpu": "device is 'tpu'",
    "evaluate RUN --protocol finetune --finetune.batch-size 1": "finetune batch-size is 1",
    "ranks RUN --views 3": "views is 3",
    "ranks RUN --images 0": "images is 0",
    "ranks empty": "empty",
    "predict RUN no": "no",
    "predict RUN empty": "no classifier",
    "predict no empty": "RUN is 'no'",
    "pack": "FOLDER",
    "pack mine": "OUT",
    "pack no FREE": "no: no such folder",
    "pack images.npz FREE": "images.npz: no such folder",
    "pack empty FREE": "empty has no images",
    "pack photos FREE --size 4": "size is 4",
    "pack photos FREE --size 9999": "size is 9999",
    "pack photos FREE --size big": "big",
    "pack photos FREE --workers 0": "workers is 0",
    "pack photos mine": "mine exists and is not packed",
    "pack photos RUN": "RUN exists and is not packed",
    "pack photos photos": "photos exists and is not packed",
    "pack photos file": "file is a file",
    "pack photos file/x": "file is a file; a folder wanted",
    "pack photos loop": "loop is a link that leads nowhere",
    "pack photos half --size 16": "half is half packed, 0 of 9 images",
    "byol --data half --size 8": "half is half packed, 0 of 9 images; `eigenspace pack",
    "views --images 0 --data images.npz": "images is 0",
    "views --images 99 --data images.npz": "images is 99",
    "views --size 0 --data images.npz": "size",
    "views --views simclr": "recipe 'simclr' is not known",
    "views --data gaussian": "are vectors",
    "views --out a.svg": "a.svg",
    "views --out file/a.png --data images.npz": "file is a file; a folder wanted",
    "views --seed -1 --data images.npz": "seed is -1; a whole number from 0",
    "byol --out file/run --data images.npz": "file is a file",
    "byol --out loop --data images.npz": "loop is a link that leads nowhere",
    "demo --out file/x": "file is a file",
    "export RUN --out w.pt": "torchvision does not have",
    "export no --out w.pt": "no",
    "export RUN --out file/w.pt": "file is a file; a folder wanted",
    "sweep byol --out file": "file is a file; a folder wanted",
    "sweep byol --out file/x --dry-run": "file is a file; a folder wanted",
    "bylo": "did you mean 'byol'?",
    "evalute RUN": "did you mean 'evaluate'?",
    "export RUN --out file --network teacher": "teacher",
    "sweep byol --seeds a --out FREE": "seeds is 'a'",
    "sweep byol --seeds 0 --workers 0 --out FREE": "workers is 0",
    "sweep byol --workers two --out FREE": "two",
    "sweep byol --scheduler nowhere --out FREE": "scheduler is 'nowhere'",
    "sweep byol --workers 2 --scheduler tcp://127.0.0.1:9 --out FREE": "leave --workers or",
    "sweep byol --epochs 0,1 --out FREE": "epochs is 0",
    "demo --epochs 0 --out FREE": "epochs is 0",
    "demo --limit 0 --out FREE": "limit is 0",
}
ANALYSIS = {
    "no": "no",
    "file": "file",
    "empty": "empty",
    "pipe": "pipe",
    "accuracy no": "no",
    "accuracy empty": "empty",
    "accuracy text.csv": "text.csv has columns",
    "accuracy RUN --of svm": "svm",
    "accuracy RUN --out file": "file is a file; a folder wanted",
    "accuracy loop": "loop",
    "accurcy RUN": "did you mean the command accuracy?",
    "loop": "loop",
    "verify loop": "loop",
    "RUN --out file": "file is a file; a folder wanted",
    "RUN --out file/x": "file is a file; a folder wanted",
    "accuracy RUN --against colour": "colour",
}
DYNAMICS = {
    "phase --eta -1 --out a.png": "eta is -1",
    "phase --eta nan --out a.png": "eta is nan",
    "phase --p-max -1 --out a.png": "--p-max",
    "phase --s-max 0 --out a.png": "--s-max",
    "phase --run no --out a.png": "no",
    "phase --out file/a.png": "file is a file",
    "basin --out file/a.png": "file is a file",
    "trajectories --out file/a.png": "file is a file",
    "compare RUN --out file/a.png": "file is a file",
    "figure 3 --out file/a.png": "file is a file",
    "phse --out a.png": "did you mean 'phase'?",
    "basin --s0 -1 --out a.png": "s0 is -1",
    "basin --low 1 --high 0 --out a.png": "--low",
    "basin --over gamma --out a.png": "gamma",
    "trajectories --values a,b --out a.png": "a,b",
    "trajectories --until 0 --out a.png": "--until is 0",
    "trajectories --s0 -1 --out a.png": "-1",
    "compare no --out a.png": "no",
    "compare RUN --modes 0 --out a.png": "modes",
    "compare RUN --start 99999 --out a.png": "start is 99999",
    "figure 11 --out a.png": "11",
    "figure 6 --runs empty --out a.png": "empty",
    "figure 6 --runs text.csv --out a.png": "text.csv",
}
LINES = [
    *(("trainers", line, said) for line, said in TRAINERS.items()),
    *(("analysis", line, said) for line, said in ANALYSIS.items()),
    *(("dynamics", line, said) for line, said in DYNAMICS.items()),
]
