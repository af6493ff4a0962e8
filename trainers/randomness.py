"""Random numbers that depend on what they are for, not on when or where they are drawn.

Every number is a hash of (seed, stream, step, view, sample, column). Splitting a batch, reordering
it, resuming a run or adding ranks changes nothing, and nothing but the seed has to be stored.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

# SplitMix64 (Steele, Lea, Flood 2014): its increment, the golden ratio, and its two multipliers.
GAMMA, MIX_1, MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
# The second level's increment (the Weyl constant of Vigna's splitmix variants): with one increment
# for samples and columns, (sample, column + 1) and (sample + 1, column) would be close keys.
COLUMN = 0xD1342543DE82EF95
WORD = (1 << 64) - 1


def uniforms(
    seed: int, step: int, view: int, samples: Tensor, n: int, *, stream: int = 0
) -> Tensor:  # (batch,) -> (batch, n)
    r"""Draw `n` uniform numbers per sample.

    .. math:: u_{ij} = 2^{-24} \lfloor 2^{-40} h(h(k + \gamma\, i) + \gamma' (j + 1)) \rfloor

    with :math:`k` the hash of (seed, stream, step, view), :math:`i` the number of the sample in the
    data set and :math:`h` the finaliser of SplitMix64. Integers only: the same bits on any device.

    Parameters
    ----------
    seed, step, view, stream : int
        What the numbers are for; `stream` keeps purposes with equal keys apart.
    samples : Tensor (batch,), int64
        Numbers of the samples in the data set, not in the batch.
    n : int
        Numbers per sample. The first columns do not depend on it.

    Returns
    -------
    Tensor (batch, n), float32
        In [0, 1), on a grid of 2⁻²⁴, on the device of `samples`.

    Raises
    ------
    ValueError
        `samples` is not a vector of int64.
    """
    if samples.ndim != 1 or samples.dtype != torch.int64:
        raise ValueError(
            f"samples has shape {tuple(samples.shape)} and {samples.dtype}; "
            "(batch,) torch.int64 wanted"
        )
    key = 0
    for part in (seed, stream, step, view):
        key = _mix((key ^ (part & WORD)) + GAMMA & WORD)
    columns = torch.arange(1, n + 1, device=samples.device)
    rows = _finalise(samples * _signed(GAMMA) + _signed(key))
    bits = _finalise(rows[:, None] + columns * _signed(COLUMN))
    return ((bits >> 40) & 0xFFFFFF).to(torch.float32) * 2.0**-24


def normals(
    seed: int, step: int, view: int, samples: Tensor, n: int, *, stream: int = 0
) -> Tensor:  # (batch,) -> (batch, n)
    r"""Draw `n` standard normal numbers per sample, by Box and Muller, keyed as `uniforms`.

    .. math:: z_{2k}, z_{2k+1} = \sqrt{-2 \ln(1 - u_{2k})}\, (\cos, \sin)(2 \pi u_{2k+1})

    Returns
    -------
    Tensor (batch, n), float32
        At most 5.8 in size, as the uniforms have 24 bits. Equal across devices up to the rounding
        of their logarithm and cosine.

    Raises
    ------
    ValueError
        `samples` is not a vector of int64.
    """
    u = uniforms(seed, step, view, samples, n + n % 2, stream=stream)
    radius = (-2 * torch.log1p(-u[:, ::2])).sqrt()
    angle = 2 * math.pi * u[:, 1::2]
    pairs = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1)
    return pairs.flatten(1)[:, :n]


def permutation(seed: int, epoch: int, n: int) -> Tensor:  # -> (n,)
    """Return the order in which an epoch visits `n` samples: int64, on the CPU."""
    key = _mix(_mix((seed & WORD) + GAMMA & WORD) ^ epoch)
    generator = torch.Generator().manual_seed(key >> 1)
    return torch.randperm(n, generator=generator)


@contextmanager
def seeded(seed: int, step: int, device: torch.device, *, part: int = 0) -> Iterator[None]:
    """Let torch's own generators, of the CPU and of `device`, draw what is this step's.

    For code that is not ours: dropout, or noise in a loss. Afterwards they stand where they stood.

    Parameters
    ----------
    part : int
        Keeps those apart who draw at the same step, on data of their own.

    Examples
    --------
    >>> with seeded(0, 3, torch.device("cpu")):
    ...     first = torch.rand(2)
    >>> with seeded(0, 3, torch.device("cpu")):
    ...     print(torch.equal(first, torch.rand(2)))
    True
    """
    key = 0
    for number in (seed, _OTHERS, step, part):
        key = _mix((key ^ (number & WORD)) + GAMMA & WORD)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(key >> 1)
        yield


_OTHERS = 8  # of the streams


def _mix(z: int) -> int:
    z = (z ^ z >> 30) * MIX_1 & WORD
    z = (z ^ z >> 27) * MIX_2 & WORD
    return z ^ z >> 31


def _finalise(z: Tensor) -> Tensor:  # int64, any shape
    """Apply `_mix` to int64; products wrap, and a mask makes the arithmetic shift a logical one."""
    z = (z ^ (z >> 30 & 0x3FFFFFFFF)) * _signed(MIX_1)
    z = (z ^ (z >> 27 & 0x1FFFFFFFFF)) * _signed(MIX_2)
    return z ^ (z >> 31 & 0x1FFFFFFFF)


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word
