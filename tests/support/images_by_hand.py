"""Small images made byte by byte, and the colour that comes in of an image of one."""

import struct
import zlib

from PIL import Image

from trainers.data.image_files import decode_images

SIDE = 4


def pixel(image, file, **options):
    """Save an image of one colour, decode it, and return that colour."""
    image.save(file, **options)
    return colour(file)


def colour(file):
    (x,) = decode_images([file], SIDE).permute(0, 2, 3, 1)
    assert (x == x[0, 0]).all()
    return tuple(x[0, 0].tolist())


def plain(mode, value, side=SIDE):
    return Image.new(mode, (side, side), value)


def png(bits, kind, row, side=1, **chunks):
    """A PNG by hand: bit depth, colour type, bytes of its one row, further chunks."""

    def chunk(name, data):
        whole = name.encode() + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", side, side, bits, kind, 0, 0, 0)
    body = chunk("IHDR", head) + b"".join(chunk(*item) for item in chunks.items())
    return (
        b"\x89PNG\r\n\x1a\n" + body + chunk("IDAT", zlib.compress(b"\0" + row)) + chunk("IEND", b"")
    )


def tiff(bits, values, photometric=1, sample_format=1):
    """A little-endian TIFF of one row by hand, `values` its bytes."""
    tags = [(256, 1), (257, 1), (258, bits), (259, 1), (262, photometric), (273, 8), (277, 1)]
    tags += [(278, 1), (279, len(values)), (339, sample_format)]
    data = values + b"\0" * (-len(values) % 4)
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags))
    head = b"II*\0" + struct.pack("<I", 8 + len(data)) + data
    return head + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
