"""What data a run was trained on: what is at the same place later may be something else."""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch

from trainers.data.mapped_images import Images

BYTES = 1 << 26  # hashed at a time: data on a device, or on the disk, come to memory in parts


@dataclass(frozen=True)
class Fingerprint:
    """Counts, shape, classes and a hash of what was trained and tested on.

    Examples
    --------
    >>> then = Fingerprint(train=40, test=10, shape=(3, 16, 16), classes=("cat", "dog"), hash="a1")
    >>> dataclasses.replace(then, train=70, hash="b2").differences(then)
    '70 training samples, were 40'
    """

    train: int
    test: int
    shape: tuple[int, ...]
    """Of one sample as it is kept, before views are made of it."""
    classes: tuple[str, ...]
    hash: str
    """BLAKE2b, 128 bits: of pixels and labels in their order, or of what drawn data follow from."""

    def differences(self, then: "Fingerprint") -> str:
        """Say what differs from `then`, nothing if nothing does."""
        parts = []
        for name, what in (("train", "training samples"), ("test", "test samples")):
            now, before = getattr(self, name), getattr(then, name)
            if now != before:
                parts.append(f"{now} {what}, were {before}")
        if self.shape != then.shape:
            parts.append(f"samples of shape {self.shape}, were {then.shape}")
        if self.classes != then.classes:
            parts.append(_changed(self.classes, then.classes))
        if not parts and self.hash != then.hash:
            parts.append("as many samples and the same classes, but other values or labels")
        return "; ".join(parts)

    def to_plain(self) -> dict[str, Any]:
        """Return it as numbers, strings and lists."""
        plain = dataclasses.asdict(self)
        return plain | {"shape": list(self.shape), "classes": list(self.classes)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Rebuild it from what `to_plain` returned."""
        sequences = {name: tuple(plain[name]) for name in ("shape", "classes")}
        return cls(**{**plain, **sequences})


def _changed(now: tuple[str, ...], then: tuple[str, ...]) -> str:
    new, gone = sorted(set(now) - set(then)), sorted(set(then) - set(now))
    parts = [f"new {', '.join(new)}"] * bool(new) + [f"gone {', '.join(gone)}"] * bool(gone)
    return f"{len(now)} classes, were {len(then)} ({'; '.join(parts) or 'in another order'})"


def hash_of(parts: Iterable[Images | str]) -> str:
    """Return the hash of tensors or mapped images, with their shapes and dtypes, and of texts.

    CIFAR-10, 184 MB, takes a quarter of a second.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, str):
            digest.update(f"{len(part)}:{part}".encode())
            continue
        digest.update(f"{tuple(part.shape)} {part.dtype}".encode())
        if not len(part):
            continue
        each = part[:1].numel() * part[:1].element_size()
        for rows in part.split(max(BYTES // max(each, 1), 1)):
            digest.update(rows.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
