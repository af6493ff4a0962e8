"""Wrong rows for a store, wrong stores, and wrong ways to ask for one."""

import os
import tempfile
from pathlib import Path

import numpy as np
import torch

from analysis import SnapshotWriter, open_runs, open_snapshots

W = np.eye(3, dtype="f4")


def within_a_store(method):
    """Return a function that calls a method of a writer of one row, in a place of its own."""

    def call(*values, **named):
        with (
            tempfile.TemporaryDirectory() as folder,
            SnapshotWriter(Path(folder) / "s.zarr") as writer,
        ):
            writer.append(0, epoch=0.0, predictor=W)
            writer.append_metrics([0, 1], loss=[1.0, 2.0])
            try:
                getattr(writer, method)(*values, **named)
            finally:
                assert (writer.last_step(), writer.last_step("metrics")) == (0, 1)

    return call


def files():
    """Make them in the working directory."""
    Path("file").write_bytes(b"")
    Path("empty").mkdir()
    Path("other").mkdir()
    Path("other/notes.txt").write_text("mine")
    Path("text.zarr").mkdir()
    Path("text.zarr/zarr.json").write_text("not json")
    os.symlink("loop", "loop")
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe")
    for name, seed in (("runs/a", 0), ("runs/b", 0), ("wide/a", 0), ("wide/b", 1)):
        d = 4 if name == "wide/b" else 3
        attrs = {"method": "byol", "seed": seed}
        with SnapshotWriter(Path(name) / "snapshots.zarr", attrs=attrs) as writer:
            writer.append(0, predictor=np.eye(d), correlation=np.eye(d))


def writer(*values, **named):
    SnapshotWriter(*values, **named).close()


NAMES = {
    **{name: within_a_store(name) for name in ("append", "append_metrics", "append_evaluation")},
    **{"writer": writer, "open_snapshots": open_snapshots, "open_runs": open_runs},
    **{"np": np, "torch": torch, "W": W, "nan": float("nan"), "inf": float("inf")},
}
CASES = {
    "append('1', epoch=0.1, predictor=W)": "'step'",
    "append(1.5, epoch=0.1, predictor=W)": "'step' is 1.5",
    "append(-1, epoch=0.1, predictor=W)": "'step' is -1",
    "append(nan, epoch=0.1, predictor=W)": "'step' is nan",
    "append(True, epoch=0.1, predictor=W)": "'step' has dtype bool",
    "append(None, epoch=0.1, predictor=W)": "'step'",
    "append([1, 2], epoch=0.1, predictor=W)": "'step'",
    "append(10**30, epoch=0.1, predictor=W)": "'step'",
    "append(2**60, epoch=0.1, predictor=W)": "'step' is 1152921504606846976",
    "append(0, epoch=0.1, predictor=W)": "steps must rise",
    "append(1j, epoch=0.1, predictor=W)": "'step' has dtype complex128",
    "append(1, epoch='a', predictor=W)": "'epoch'",
    "append(1, epoch=None, predictor=W)": "'epoch'",
    "append(1, epoch=nan, predictor=W)": "'epoch' is nan",
    "append(1, epoch=inf, predictor=W)": "'epoch' is inf",
    "append(1, epoch=[0.1], predictor=W)": "'epoch'",
    "append(1, predictor=W)": "this store holds",
    "append(1, epoch=0.1)": "this store holds",
    "append(1, epoch=0.1, predictor=W, correlation=W)": "this store holds",
    "append(1, epoch=0.1, predictr=W)": "did you mean 'predictor'",
    "append(1, epoch=0.1, weights=W)": "'weights' is not a variable",
    "append(1, epoch=0.1, predictor='W')": "'predictor'",
    "append(1, epoch=0.1, predictor=None)": "'predictor'",
    "append(1, epoch=0.1, predictor=W[0])": "'predictor' has shape (3,)",
    "append(1, epoch=0.1, predictor=W[:2])": "'predictor' has shape (2, 3)",
    "append(1, epoch=0.1, predictor=W[None])": "'predictor' has shape (1, 3, 3)",
    "append(1, epoch=0.1, predictor=np.eye(4, dtype='f4'))": "'predictor' has shape (4, 4)",
    "append(1, epoch=0.1, predictor=W[:0, :0])": "'predictor' has shape (0, 0)",
    "append(1, epoch=0.1, predictor=W.astype(int))": "'predictor' has dtype int64",
    "append(1, epoch=0.1, predictor=W.astype(complex))": "'predictor' has dtype complex128",
    "append(1, epoch=0.1, predictor=W.astype(bool))": "'predictor' has dtype bool",
    "append(1, epoch=0.1, predictor=W.astype(object))": "'predictor' has dtype object",
    "append(1, epoch=0.1, predictor=W.astype('f8'))": "'predictor' has dtype float64",
    "append(1, epoch=0.1, predictor=[[1.0], [2.0, 3.0]])": "'predictor'",
    "append(1, epoch=0.1, predictor=np.ma.array(W, mask=W > 0))": "masked",
    "append(1, epoch=0.1, predictor=torch.eye(3, requires_grad=True))": "'predictor'",
    "append(1, epoch=0.1, predictor=torch.eye(3, device='meta'))": "'predictor'",
    "append(1, epoch=0.1, predictor=torch.eye(3).to_sparse())": "'predictor'",
    "append(1, epoch=0.1, predictor=torch.eye(3, dtype=torch.bfloat16))": "'predictor'",
    "append(1, epoch=0.1, predictor={'a': W})": "'predictor'",
    "append(1, epoch=0.1, predictor=lambda: W)": "'predictor'",
    "append_metrics([2, 3], loss=[1.0])": "'loss' has 1 rows",
    "append_metrics([2], loss=['x'])": "'loss'",
    "append_metrics([2], loss=[1j])": "'loss' has dtype complex128",
    "append_metrics([2], loss=[None])": "'loss'",
    "append_metrics([2], loss=[[1.0]])": "'loss' has shape (1,)",
    "append_metrics([1], loss=[1.0])": "steps must rise",
    "append_metrics([3, 2], loss=[1.0, 2.0])": "steps must rise",
    "append_metrics([2.5], loss=[1.0])": "'step' is 2.5",
    "append_metrics('ab', loss=[1.0])": "'step'",
    "append_metrics(None, loss=[1.0])": "'step'",
    "append_metrics([2], accuracy=[1.0])": "'accuracy' is not a variable",
    "append_metrics([2])": "this store holds",
    "append_evaluation(1, 0.1)": "no accuracy was given",
    "append_evaluation(1, 0.1, knn_accuracy=1.5)": "'knn_accuracy' is 1.5",
    "append_evaluation(1, 0.1, knn_accuracy=nan)": "'knn_accuracy' is nan",
    "append_evaluation(1, 0.1, knn_accuracy='0.5')": "'knn_accuracy' is '0.5'",
    "append_evaluation(1, 0.1, knn_accuracy=None)": "'knn_accuracy' is None",
    "append_evaluation(1, 0.1, knn_accuracy=[0.5])": "'knn_accuracy' is [0.5]",
    "append_evaluation(1, 0.1, knn=0.5)": "'knn' is no accuracy",
    "append_evaluation(1, 0.1, svm_accuracy=0.5)": "'svm_accuracy' is no accuracy",
    "append_evaluation(1, 0.1, network='teacher', knn_accuracy=0.5)": "network is 'teacher'",
    "append_evaluation(1, 0.1, features=['encoder'], knn_accuracy=0.5)": "features is ['encoder']",
    "append_evaluation(1, 0.1, options=3, knn_accuracy=0.5)": "options",
    "append_evaluation(1, 0.1, options=[1], knn_accuracy=0.5)": "options",
    "append_evaluation(1, 0.1, options={'k': nan}, knn_accuracy=0.5)": "options",
    "append_evaluation(1, 0.1, options={'k': object}, knn_accuracy=0.5)": "options",
    "append_evaluation(1, 0.1, details={1: {2}}, knn_accuracy=0.5)": "details",
    "append_evaluation(1, 0.1, data=3, knn_accuracy=0.5)": "'data' is 3",
    "append_evaluation(-1, 0.1, knn_accuracy=0.5)": "'step' is -1",
    "append_evaluation(1, 'a', knn_accuracy=0.5)": "'epoch'",
    "writer(None)": "path is None",
    "writer('')": "path is ''",
    "writer(3)": "path is 3",
    "writer('a\\0b')": "path is 'a\\x00b'",
    "writer('x' * 300)": "300 bytes",
    "writer('file')": "file exists",
    "writer('file/s.zarr')": "file",
    "writer('other')": "other exists",
    "writer('runs/a/snapshots.zarr')": "runs/a/snapshots.zarr exists",
    "writer('new.zarr', resume_after=0)": "new.zarr to resume",
    "writer('runs/a/snapshots.zarr', resume_after='last')": "resume_after is 'last'",
    "writer('runs/a/snapshots.zarr', resume_after=1.5)": "resume_after is 1.5",
    "writer('new.zarr', attrs=3)": "attrs is 3",
    "writer('new.zarr', attrs={'a': object()})": "attrs",
    "writer('new.zarr', attrs={'a': nan})": "attrs",
    "writer('new.zarr', attrs={'a': np.arange(3)})": "attrs",
    "writer('new.zarr', variable_attrs={'predictr': {}})": "did you mean 'predictor'",
    "writer('new.zarr', variable_attrs={'predictor': {'a': object()}})": "variable_attrs",
    "writer('new.zarr', variable_attrs={'predictor': 3})": "variable_attrs",
    "writer('new.zarr', flush_seconds='often')": "flush_seconds is 'often'",
    "writer('new.zarr', flush_seconds=nan)": "flush_seconds is nan",
    "writer('new.zarr', flush_seconds=-1)": "flush_seconds is -1",
    "open_snapshots(None)": "path is None",
    "open_snapshots('')": "path is ''",
    "open_snapshots(3)": "path is 3",
    "open_snapshots(['runs/a'])": "path is ['runs/a']",
    "open_snapshots('a\\0b')": "path is 'a\\x00b'",
    "open_snapshots('x' * 300)": "300 bytes",
    "open_snapshots('no')": "no snapshot store at no",
    "open_snapshots('file')": "no snapshot store at file",
    "open_snapshots('empty')": "no snapshot store at empty",
    "open_snapshots('loop')": "loop",
    "open_snapshots('pipe')": "no snapshot store at pipe",
    "open_snapshots('text.zarr')": "text.zarr/zarr.json",
    "open_snapshots('runs')": "no snapshot store at runs",
    "open_snapshots('runs/a', 'matrics')": "did you mean 'metrics'",
    "open_snapshots('runs/a', 'evaluation')": "has no group 'evaluation'",
    "open_snapshots('runs/a', 3)": "group is 3",
    "open_runs(None)": "runs is None",
    "open_runs(3)": "runs is 3",
    "open_runs([])": "no run was given",
    "open_runs([None])": "path is None",
    "open_runs('empty')": "empty is no run",
    "open_runs('no')": "no is no run",
    "open_runs('file')": "file is no run",
    "open_runs('runs')": "do not differ",
    "open_runs('wide')": "different numbers of features",
    "open_runs('runs', 'matrics')": "'matrics'",
}
