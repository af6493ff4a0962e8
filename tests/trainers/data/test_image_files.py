import colorsys
import struct
import threading
import time

import numpy as np
import pytest
from images_by_hand import SIDE, colour, pixel, plain, png, tiff
from PIL import Image, ImageCms

from trainers.data import image_files
from trainers.data.image_files import LIMIT, decode_images, to_rgb


@pytest.mark.parametrize(
    ("image", "name", "expected"),
    [
        (plain("1", 1), "a.png", (255, 255, 255)),
        (plain("1", 0), "a.pbm", (0, 0, 0)),
        (plain("L", 77), "a.png", (77, 77, 77)),
        (plain("RGB", (1, 2, 3)), "a.bmp", (1, 2, 3)),
        # a over white: 255 - (255 - v) a / 255
        (plain("LA", (55, 102)), "a.png", (175, 175, 175)),
        (plain("RGBA", (200, 100, 0, 51)), "a.png", (244, 224, 204)),
        (plain("RGBA", (200, 100, 0, 0)), "a.webp", (255, 255, 255)),
        (plain("RGBA", (200, 100, 0, 51)), "a.tif", (244, 224, 204)),
        (plain("CMYK", (0, 255, 255, 0)), "a.tif", (255, 0, 0)),
        (plain("CMYK", (0, 0, 0, 255)), "a.tif", (0, 0, 0)),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
def test_a_colour_of_each_mode_is_what_it_should_be(tmp_path, image, name, expected):
    options = {"lossless": True, "exact": True} if name.endswith("webp") else {}
    assert pixel(image, tmp_path / name, **options) == expected


def palette(colours):
    image = plain("P", 0)
    image.putpalette([value for one in colours for value in one])
    image.putdata([i % len(colours) for i in range(SIDE**2)])
    return image


def test_a_palette_gives_its_colours_and_not_its_numbers(tmp_path):
    palette([(9, 8, 7)]).save(tmp_path / "a.png")
    assert colour(tmp_path / "a.png") == (9, 8, 7)
    palette([(9, 8, 7)]).save(tmp_path / "b.gif")
    assert colour(tmp_path / "b.gif") == (9, 8, 7)


@pytest.mark.parametrize("name", ["a.png", "a.gif"])
def test_a_transparent_entry_of_a_palette_is_white(tmp_path, name):
    palette([(9, 8, 7), (90, 80, 70)]).save(tmp_path / name, transparency=1)
    x = decode_images([tmp_path / name], SIDE)[0].permute(1, 2, 0).reshape(-1, 3)
    assert x[:2].tolist() == [[9, 8, 7], [255, 255, 255]]


def test_a_palette_with_alpha_of_its_own_is_laid_over_white(tmp_path):
    palette([(200, 100, 0)]).save(tmp_path / "a.png", transparency=bytes([51]))
    assert colour(tmp_path / "a.png") == (244, 224, 204)
    assert to_rgb(plain("PA", (0, 0))).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (tiff(32, b"\0\0\1\0"), "32-bit integers"),
        (tiff(16, b"\0\1", sample_format=2), "signed integers"),
        (tiff(8, b"\x90", sample_format=2), "signed integers"),
        (tiff(32, struct.pack("<f", 0.5), sample_format=3), "floating-point values"),
        (b"PF\n1 1\n-1.0\n" + struct.pack("<3f", 1, 1, 1), ""),
        (b"Pf\n1 1\n-1.0\n" + struct.pack("<f", 1), "floating-point values"),
        (b"not an image", ""),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot identify"),
        (png(8, 2, b"\1\2\3")[:44], ""),
        (b"", ""),
    ],
)
def test_values_without_a_white_and_what_is_no_image_are_refused_by_name(tmp_path, content, said):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(OSError, match=rf"a.png is not a readable image \(.*{said}.*\); mend or"):
        decode_images([tmp_path / "a.png"], SIDE)


def test_colours_of_other_spaces_agree_with_their_formulas():
    hue, saturation, value = 40, 200, 180
    expected = np.array(colorsys.hsv_to_rgb(hue / 255, saturation / 255, value / 255)) * 255
    got = to_rgb(plain("HSV", (hue, saturation, value))).getpixel((0, 0))
    np.testing.assert_allclose(got, expected, atol=2)
    y, cb, cr = 120, 90, 200  # ITU-R BT.601, as JFIF has it
    expected = y + np.array(
        [1.402 * (cr - 128), -0.344136 * (cb - 128) - 0.714136 * (cr - 128), 1.772 * (cb - 128)]
    )
    got = to_rgb(plain("YCbCr", (y, cb, cr))).getpixel((0, 0))
    np.testing.assert_allclose(got, expected, atol=1)
    # CIE 1976: grey 128 of sRGB has L = 53.585, a = b = 0: 255 L / 100 is 137, 0 is at 128.
    grey = to_rgb(plain("LAB", (137, 128, 128))).getpixel((0, 0))
    np.testing.assert_allclose(grey, 128, atol=2)


def test_a_lab_tiff_comes_back_as_it_was(tmp_path):
    lab = ImageCms.createProfile("LAB")
    there = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), lab, "RGB", "LAB")
    ImageCms.applyTransform(plain("RGB", (180, 60, 90)), there).save(tmp_path / "a.tif")
    np.testing.assert_allclose(colour(tmp_path / "a.tif"), (180, 60, 90), atol=3)


def test_a_cmyk_jpeg_of_adobe_is_not_inverted(tmp_path):
    assert pixel(plain("CMYK", (0, 0, 0, 0), 16), tmp_path / "a.jpg") == (255,) * 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.png", "a.webp"])
def test_the_orientation_of_the_camera_is_applied_once(tmp_path, orientation, name):
    quarters = np.kron([[10, 80], [150, 220]], np.ones((16, 16), int)).astype(np.uint8)
    turned = {  # what the file holds, of a picture that is to be seen as `quarters`
        1: quarters,
        2: quarters[:, ::-1],
        3: quarters[::-1, ::-1],
        4: quarters[::-1],
        5: quarters.T,
        6: np.rot90(quarters),
        7: quarters[::-1, ::-1].T,
        8: np.rot90(quarters, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(np.ascontiguousarray(turned)).convert("RGB").save(tmp_path / name, exif=exif)
    x = decode_images([tmp_path / name], 8)[0, 0]
    assert [x[i, j].item() // 10 for i, j in ((1, 1), (1, 6), (6, 1), (6, 6))] == [1, 8, 15, 22]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tif"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path, name):
    frames = [plain("RGB", (200, 0, 0)), plain("RGB", (0, 200, 0))]
    options = {"lossless": True} if name.endswith("webp") else {}
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **options)
    assert colour(tmp_path / name) == (200, 0, 0)


def test_a_reduced_jpeg_keeps_every_pixel_of_the_square(tmp_path):
    small = np.random.default_rng(0).integers(40, 216, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(np.kron(small, np.ones((4, 4, 1), np.uint8))).save(
        tmp_path / "a.jpg", quality=95, subsampling=0
    )
    got = decode_images([tmp_path / "a.jpg"], 32)[0].permute(1, 2, 0).numpy().astype(float)
    with Image.open(tmp_path / "a.jpg") as image:
        whole = np.asarray(image.resize((32, 32), Image.Resampling.BILINEAR), float)
    assert abs(got - whole).max() <= 8


@pytest.mark.parametrize("side", [8193, 13000, 60000])
def test_a_bomb_is_refused_by_its_header_before_anything_is_decoded(tmp_path, monkeypatch, side):
    files = [tmp_path / f"{i}.png" for i in range(4)]
    for file in files[:3]:
        plain("RGB", (1, 2, 3)).save(file)
    files[3].write_bytes(png(8, 2, b"", side))  # whose pixels are not there
    decoded = []
    monkeypatch.setattr(image_files, "to_rgb", decoded.append)
    with pytest.raises(OSError, match=r"3.png (has|is not).* pixels"):
        decode_images(files, SIDE)
    assert not decoded


def test_what_is_decoded_at_once_is_bounded(tmp_path, monkeypatch):
    files = [tmp_path / f"{i}.png" for i in range(12)]
    for file in files:
        plain("RGB", (1, 2, 3), 20).save(file)
    monkeypatch.setattr(image_files, "LIMIT", 1000)  # two of 400 pixels
    lock, now, most = threading.Lock(), [0], [0]

    def slowly(image):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1
        return image

    monkeypatch.setattr(image_files, "to_rgb", slowly)
    assert decode_images(files, SIDE).shape == (12, 3, SIDE, SIDE)
    assert most[0] == 2
    assert LIMIT == 8192**2
