import struct

import pytest
from images_by_hand import colour, pixel, plain, png, tiff

from trainers.data.image_files import to_rgb


@pytest.mark.parametrize(
    ("mode", "value", "key", "expected"),
    [
        ("L", 77, 77, (255,) * 3),
        ("L", 77, 78, (77,) * 3),
        ("RGB", (1, 2, 3), (1, 2, 3), (255,) * 3),
        ("RGB", (1, 2, 3), (1, 2, 4), (1, 2, 3)),
        ("I;16", 600, 600, (255,) * 3),
    ],
)
def test_the_colour_that_a_png_calls_transparent_is_white(tmp_path, mode, value, key, expected):
    assert pixel(plain(mode, value), tmp_path / "a.png", transparency=key) == expected


@pytest.mark.parametrize(
    ("bits", "kind", "row", "chunks", "expected"),
    [
        (4, 0, b"\x50", {}, (85,) * 3),
        (4, 0, b"\x50", {"tRNS": b"\0\5"}, (255,) * 3),  # 5 of 15 is 85 of 255, and transparent
        (2, 0, b"\x80", {"tRNS": b"\0\2"}, (255,) * 3),
        (2, 0, b"\x80", {"tRNS": b"\0\1"}, (170,) * 3),
        (16, 0, b"\x80\x00", {}, (128,) * 3),
        (16, 2, b"\x12\x34\x56\x78\x9a\xbc", {}, (0x12, 0x56, 0x9A)),
        (16, 2, b"\x12\x34\x56\x78\x9a\xbc", {"tRNS": b"\x12\x34\x56\x78\x9a\xbc"}, (255,) * 3),
        (16, 4, b"\xff\xff\0\0", {}, (255,) * 3),
        (16, 6, b"\xc8\0\x64\0\0\0\x33\0", {}, (244, 224, 204)),
    ],
)
def test_a_png_of_any_depth_by_hand(tmp_path, bits, kind, row, chunks, expected):
    (tmp_path / "a.png").write_bytes(png(bits, kind, row, **chunks))
    assert colour(tmp_path / "a.png") == expected


@pytest.mark.parametrize("value", [0, 1, 128, 129, 600, 32768, 65280, 65535])
def test_sixteen_bits_of_any_byte_order_are_scaled(tmp_path, value):
    expected = (round(value / 257),) * 3
    for name in ("a.png", "a.tif"):
        assert pixel(plain("I;16", value), tmp_path / name) == expected
    assert pixel(plain("I;16B", value), tmp_path / "b.tif") == expected
    (tmp_path / "c.pgm").write_bytes(b"P5 1 1 65535\n" + struct.pack(">H", value))
    assert colour(tmp_path / "c.pgm") == expected
    for mode in ("I;16", "I;16L", "I;16B", "I"):
        assert to_rgb(plain(mode, value)).getpixel((0, 0)) == expected


def test_a_pgm_of_twelve_bits_is_scaled_by_its_own_white(tmp_path):
    for value, expected in ((4095, 255), (2048, 128), (0, 0)):
        (tmp_path / "a.pgm").write_bytes(b"P5 1 1 4095\n" + struct.pack(">H", value))
        assert colour(tmp_path / "a.pgm") == (expected,) * 3


@pytest.mark.parametrize(
    ("bits", "values", "photometric", "expected"),
    [
        (12, b"\xff\xf0", 1, 255),  # 4095 of 4095
        (12, b"\x80\x00", 1, 128),  # 2048
        (16, b"\x00\x80", 1, 128),
        (16, b"\xff\xff", 0, 0),  # 0 is white
        (8, b"\xff", 0, 0),
        (8, b"\x40", 1, 64),
    ],
)
def test_a_tiff_of_any_depth_by_hand(tmp_path, bits, values, photometric, expected):
    (tmp_path / "a.tif").write_bytes(tiff(bits, values, photometric))
    assert colour(tmp_path / "a.tif") == (expected,) * 3


def test_integers_beyond_sixteen_bits_are_refused():
    for value in (-1, 65536):
        with pytest.raises(ValueError, match="integers outside of 0 to 65535"):
            to_rgb(plain("I", value))
    with pytest.raises(ValueError, match="floating-point"):
        to_rgb(plain("F", 0.5))
