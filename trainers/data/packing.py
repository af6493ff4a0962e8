"""Folders of images decoded once, to the arrays of a packed folder: in parallel, and resumable."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analysis.checks.numbers import check_count
from analysis.checks.paths import path_of, refuse_in_the_way
from analysis.store.atomic import replacing, sweep_leftovers, write_whole
from analysis.store.leftovers import refuse_link
from analysis.store.lock import hold
from trainers.data.array_file import MappedArray, make_array
from trainers.data.blocks import Block, Task, blocks_of
from trainers.data.decoders import write_blocks
from trainers.data.fingerprint import hash_of
from trainers.data.folders import SIDE, Layout, lay_out
from trainers.data.mapped_images import MappedImages
from trainers.data.pack_log import NAME, PackLog, Plan, read_log
from trainers.data.packed import FILE, FORMAT, PARTS, described, half_packed
from trainers.data.packing_progress import showing
from trainers.say import said_later, say

LEAST, MOST = 8, 1 << 12  # pixels of a side, as `Config` has them
ARRAYS = [f"{kind}_{part}.npy" for part in PARTS for kind in "xy"]


def pack(
    folder: str | Path, out: str | Path, size: int | None = None, *, workers: int | None = None
) -> Path:
    """Decode a folder of images once, to arrays on the disk that ``data=out`` trains from.

    Classes, parts, and what becomes of odd images are those of the folder itself: the same code
    reads it. A packing that was stopped, or killed, goes on where it was: of a block of 256 images
    that is on the disk, and whose files are as they were, nothing is done again. Until the end
    `out` is not packed, and refused as data.

    Parameters
    ----------
    folder : path
        As ``data=folder`` takes it.
    out : path
        Made here: new, empty, or what an earlier call has begun. Packed already, it stays.
    size : int, optional
        Side in pixels, 64 by default. The central square of each image is scaled to it: what lies
        outside of it no crop will see.
    workers : int, optional
        Processes that decode: one a core by default, and never more than blocks.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    ValueError
        An option is out of range, or the folder is refused as data.
    FileExistsError
        Something else is at `out`; nothing in it was touched.
    BlockingIOError
        Another process packs into it.
    OSError
        Images cannot be read: each is named, and the other blocks are packed. Or the disk is full.
    """
    folder, out = path_of("folder", folder), path_of("out", out)
    side = SIDE if size is None else check_count("size", size, least=LEAST, most=MOST)
    workers = check_count("workers", _cores() if workers is None else workers)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; one of images wanted")
    refuse_in_the_way(out)
    source = str(folder.resolve())
    if _is_done(out, source, side):
        say(f"{out} is packed already")
        return out
    try:
        held = hold(out)
    except BlockingIOError:
        raise BlockingIOError(f"{out} is being packed by another process; wait for it") from None
    with held:
        if not _is_done(out, source, side):  # by whoever held it before
            with said_later(f"looking for images in {folder}"):
                layout = lay_out(folder)
            plan = Plan(source, side, len(layout.train) + len(layout.test))
            _check_room(out, plan)
            out.mkdir(exist_ok=True)
            sweep_leftovers(out)
            try:
                pixels = _write(layout, folder, out, plan, workers)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(f"interrupted; {half_packed(out)}") from None
            _publish(layout, out, plan, pixels)
    return out


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _is_done(out: Path, folder: str, side: int) -> bool:
    """Return whether `out` is packed; refuse what is neither free nor of this folder and size."""
    if (found := described(out)) is not None:
        there = found.get("folder"), found.get("side")
        if there == (folder, side):
            return True
        raise FileExistsError(
            f"{out} is packed already, {there[0]} at {there[1]} pixels; give another OUT"
        )
    if (begun := read_log(out)) is not None:
        if (begun[0].folder, begun[0].side) != (folder, side):
            raise FileExistsError(f"{half_packed(out)}; give another OUT for {folder}")
        for name in (NAME, FILE, *ARRAYS):
            refuse_link(out / name)
    elif os.path.lexists(out) and next(out.iterdir(), None) is not None:
        raise FileExistsError(f"{out} exists and is not packed; give a new folder for OUT")
    return False


def _check_room(out: Path, plan: Plan) -> None:
    wanted = plan.images * 3 * plan.side**2
    there = [(out / name).stat() for name in ARRAYS if (out / name).is_file()]
    place = next(folder for folder in out.absolute().parents if folder.is_dir())
    free = shutil.disk_usage(place).free + sum(512 * getattr(s, "st_blocks", 0) for s in there)
    if wanted > free:
        raise OSError(
            f"{out} would take {wanted / 1e9:.1f} GB, and its disk has {free / 1e9:.1f} GB left; "
            "give a smaller --size, or a place on another disk"
        )


def _write(
    layout: Layout, folder: Path, out: Path, plan: Plan, workers: int
) -> dict[str, list[str]]:
    """Write the images of both parts; return the hashes of their blocks."""
    log = PackLog(out, plan)
    targets: dict[str, tuple[Path, int]] = {}
    blocks: list[Block] = []
    for part, files in zip(PARTS, (layout.train, layout.test), strict=True):
        target = out / f"x_{part}.npy"
        offset, kept = make_array(target, (len(files), 3, plan.side, plan.side))
        if not kept:
            log.forget(part)
        targets[part] = target, offset
        blocks += blocks_of(part, [file.relative_to(folder).as_posix() for _, file in files])
    states: dict[Block, str] = {}
    refused: list[str] = []
    with showing(out.name, plan.images) as progress:

        def left() -> Iterator[Task]:
            for block in blocks:
                # Before it is decoded: what changes meanwhile is of another state.
                states[block] = block.state(folder)
                if log.state(block) == states[block]:
                    progress.kept(len(block.names))
                    continue
                target, offset = targets[block.part]
                yield Task(str(folder), block, str(target), offset, plan.side)

        for task, written in write_blocks(left(), min(workers, len(blocks))):
            for line in written.refused:
                say(line)
            refused += written.refused
            if not written.refused:
                log.add(task.block, states[task.block], written.pixels)
            progress.packed(len(task.block.names))
    if refused:
        more = f" (and {len(refused) - 1} more, see above)" if len(refused) > 1 else ""
        raise OSError(f"{refused[0]}{more}, and pack again: the rest stays packed")
    return {p: [log.pixels(block) for block in blocks if block.part == p] for p in PARTS}


def _publish(layout: Layout, out: Path, plan: Plan, pixels: dict[str, list[str]]) -> None:
    """Write the labels, and then what makes a packed folder of it."""
    labels = dict(zip(PARTS, layout.labels(), strict=True))
    images = [MappedImages(MappedArray(out / f"x_{part}.npy")) for part in PARTS]
    with said_later(f"reading {out} back, for its fingerprint"):
        hashed = hash_of([*images, *labels.values()])  # that of the folder itself
    for part, y in labels.items():
        with replacing(out / f"y_{part}.npy", durable=True) as aside, aside.open("wb") as file:
            np.save(file, y.numpy())
    description = {"format": FORMAT, "folder": plan.folder, "side": plan.side}
    description |= {part: len(y) for part, y in labels.items()}
    description |= {"classes": layout.classes, "notes": layout.notes}
    description |= {"hash": hashed, "pixels": pixels}
    write_whole(out / FILE, json.dumps(description, indent=1), durable=True)
    (out / NAME).unlink()
