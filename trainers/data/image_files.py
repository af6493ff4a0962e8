"""Files of images, decoded to squares of one size: the one place where pixels enter by Pillow.

Every pixel becomes 8-bit RGB by these rules:

- A palette, CMYK, YCbCr or LAB is converted by Pillow; a colour profile in the file is not applied.
- What is transparent, wholly or in part, is laid over white.
- 16-bit grey is scaled so that white is the largest value that the file can declare: 65535, or
  4095 in a TIFF of 12 bits. 16-bit colour keeps its upper 8 bits.
- 32-bit integers, signed integers and floating-point numbers have no white; they are refused.
- The orientation that a camera wrote is applied. Of an animation the first frame is taken.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

if TYPE_CHECKING:
    from torch import Tensor

LIMIT = 1 << 26
"""Pixels of one image, 8192 x 8192, and of all that are being decoded: 1 to 2 GB at worst."""
# A suffix does not say what is in a file. What other programs would draw stays out: EPS, WMF.
_FORMATS = {"AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "MPO"}
_FORMATS |= {"PCX", "PNG", "PPM", "QOI", "SGI", "TGA", "TIFF", "WEBP"}
_ALPHA = ("LA", "La", "PA", "RGBA", "RGBa")
_ROWS = 256  # of wide numbers at a time: less memory
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # TIFF tags


def decode_images(files: list[Path], side: int) -> Tensor:  # -> (n, 3, side, side)
    """Return the central squares of images, scaled to `side`, uint8.

    Sizes are read from all headers before anything is decoded. JPEGs are decoded at a half, a
    quarter or an eighth where that leaves twice `side`.

    Raises
    ------
    OSError
        One is not readable, has more than `LIMIT` pixels, or has values whose white is unknown.
    """
    import torch  # whoever decodes in a process of its own does without

    out = torch.empty(len(files), 3, side, side, dtype=torch.uint8)
    room = _Room(LIMIT)

    def decode(file: Path, pixels: int) -> np.ndarray:
        with room.hold(pixels):
            return _square(file, side)

    with ThreadPoolExecutor() as pool, _without_warnings():
        sizes = list(pool.map(lambda file: _pixels(file, side), files))
        images = pool.map(decode, files, sizes)  # Pillow decodes outside the interpreter's lock
        for k, image in enumerate(tqdm(images, "reading", len(files), disable=None, leave=False)):
            out[k] = torch.from_numpy(image)
    return out


def decode_image(file: Path, side: int) -> np.ndarray:  # -> (3, side, side)
    """Return one image as `decode_images` does, in this thread; OSErrors are the same."""
    with _without_warnings():
        _pixels(file, side)
        return _square(file, side)


@contextmanager
def _without_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        # Pillow warns of what is larger than its limit; `LIMIT` is lower, and refuses.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _pixels(file: Path, side: int) -> int:
    """Return how many pixels decoding `file` will make, by its header."""
    with _opened(file, side) as image:
        pixels = image.width * image.height
    if pixels > LIMIT:
        raise OSError(f"{file} has {pixels} pixels; at most {LIMIT} wanted: make it smaller")
    return pixels


def _square(file: Path, side: int) -> np.ndarray:  # -> (3, side, side)
    with _opened(file, side) as image:
        # Of a TIFF Pillow applies it on loading, and takes the tag away.
        ImageOps.exif_transpose(image, in_place=True)
        square = ImageOps.fit(to_rgb(image), (side, side), Image.Resampling.BILINEAR)
    return np.array(square).transpose(2, 0, 1)


@contextmanager
def _opened(file: Path, side: int) -> Iterator[Image.Image]:
    if not file.is_file():  # a pipe would be waited for
        raise OSError(f"{file} is no file, or a link to nothing; remove it")
    try:
        with Image.open(file, formats=_formats()) as image:
            image.draft(None, (2 * side, 2 * side))
            _scale_key(image)
            yield image
    except Exception as error:  # by what is broken: struct's, zlib's, IndexError
        reason = str(error) or type(error).__name__
        raise OSError(f"{file} is not a readable image ({reason}); mend or remove it") from error


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in Image.OPEN if name in _FORMATS)


@cache
def suffixes() -> frozenset[str]:
    """Return the suffixes of files that are read as images, in lower case: ``.png``, ``.tif``."""
    known = Image.registered_extensions().items()
    return frozenset(suffix for suffix, name in known if name in _formats())


def _scale_key(image: Image.Image) -> None:
    """Bring the colour that a PNG calls transparent to the 8 bits that Pillow makes of others."""
    key, tile = image.info.get("transparency"), getattr(image, "tile", None)
    raw = str(tile[0][3]) if tile else ""
    if isinstance(key, tuple) and raw == "RGB;16B":
        image.info["transparency"] = tuple(value >> 8 for value in key)
    elif isinstance(key, int) and raw in _LOW_BITS:
        image.info["transparency"] = key * _LOW_BITS[raw]


_LOW_BITS = {"L;2": 85, "L;4": 17}  # 255 over the largest value


def to_rgb(image: Image.Image) -> Image.Image:
    """Return an image of any of Pillow's modes as RGB, by the rules of this module.

    Raises
    ------
    ValueError
        Its values have no white.

    Examples
    --------
    >>> to_rgb(Image.new("RGBA", (1, 1), (200, 0, 0, 51))).getpixel((0, 0))
    (244, 204, 204)
    """
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    if 2 in tags.get(_SAMPLE_FORMAT, ()):
        raise ValueError("signed integers, whose white is unknown: save it with 8 or 16 bits")
    if image.mode.startswith("I"):
        return _from_integers(image, tags)
    if image.mode == "F":
        raise ValueError("floating-point values, whose white is unknown: save it with 8 or 16 bits")
    palette = image.palette.mode if image.palette else ""
    if image.mode not in _ALPHA and palette != "RGBA" and "transparency" not in image.info:
        return image if image.mode == "RGB" else image.convert("RGB")
    plain = image.convert("LA") if image.mode == "La" else image
    whole = plain if plain.mode == "RGBA" else plain.convert("RGBA")
    canvas = Image.new("RGB", image.size, "white")
    canvas.paste(whole, mask=whole)
    return canvas


def _from_integers(image: Image.Image, tags: Mapping[int, Any]) -> Image.Image:
    bits = tags.get(_BITS, (16,))[0]
    if bits > 16:
        raise ValueError("32-bit integers, whose white is unknown: save it with 8 or 16 bits")
    white = (1 << bits) - 1
    stored = np.asarray(image)
    grey = np.empty(stored.shape, np.uint8)
    for first in range(0, len(stored), _ROWS):
        rows = slice(first, first + _ROWS)
        values = stored[rows].astype(np.uint32)
        if values.max() > white:  # negative ones wrap
            raise ValueError(f"integers outside of 0 to {white}: save it with 8 or 16 bits")
        hidden = values == image.info.get("transparency", -1)
        if tags.get(_PHOTOMETRIC) == 0:  # 0 is white, which Pillow turns round at 8 bits only
            values = white - values
        grey[rows] = np.where(hidden, 255, (values * 255 + white // 2) // white)
    return Image.fromarray(grey).convert("RGB")


class _Room:
    """Pixels that may be decoded at once; whoever wants more waits for the others."""

    def __init__(self, pixels: int) -> None:
        self._free = pixels
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._free >= pixels)
            self._free -= pixels
        try:
            yield
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()
