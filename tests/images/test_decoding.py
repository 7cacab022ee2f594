import multiprocessing
import resource
import zlib

import numpy as np
import pytest
from PIL import Image

from anime_gen.images.config import FacesConfig
from anime_gen.images.decoding import decode
from anime_gen.images.rejection import REASONS, Rejection
from tests.images.pictures import BLUE, RED, animated, chunk, encoded, face, halves, hostile, unusual

CONFIG = FacesConfig(max_bytes=2_000_000)


def near(pixel: np.ndarray, colour: tuple[int, int, int], tolerance: int = 6) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= tolerance)


@pytest.mark.parametrize("name", list(hostile()))
def test_a_hostile_file_is_left_out_with_its_reason(name: str) -> None:
    data, reason = hostile()[name]
    with pytest.raises(Rejection) as caught:
        decode(data, CONFIG)
    assert caught.value.reason == reason
    assert caught.value.reason in REASONS
    assert caught.value.detail


@pytest.mark.parametrize("name", list(unusual()))
def test_an_unusual_file_is_kept(name: str) -> None:
    picture = decode(unusual()[name], CONFIG)
    assert picture.dtype == np.uint8
    assert picture.shape in ((48, 48, 3), (48, 96, 3))


def memory_growth_of_hostile_files() -> int:
    """Bytes that decoding all hostile files adds to the peak of this process."""
    cases = hostile()
    decode(encoded(face(1)), CONFIG)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data, _ in cases.values():
        try:
            decode(data, CONFIG)
        except Rejection:
            continue
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def test_hostile_files_need_no_memory_to_speak_of() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(memory_growth_of_hostile_files) < 32 * 2**20


def test_orientation_is_honoured() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: what is stored on the left is the top
    picture = decode(encoded(halves(64, 48), "JPEG", exif=exif, quality=95), CONFIG)
    assert picture.shape == (64, 48, 3)
    assert near(picture[5, 24], RED)
    assert near(picture[-5, 24], BLUE)


def test_damaged_metadata_does_not_cost_the_picture() -> None:
    data = encoded(halves(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40)
    assert near(decode(data, CONFIG)[24, 5], RED)


def test_transparency_shows_the_stated_background() -> None:
    image = halves().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    for config, colour in ((CONFIG, (255, 255, 255)), (FacesConfig(background="#102030"), (16, 32, 48))):
        assert near(decode(encoded(image), config)[24, 5], colour, 0)
    palette = Image.new("P", (48, 48), 1)
    palette.putpalette([*RED, *BLUE])
    assert near(decode(encoded(palette, transparency=1), FacesConfig(background="#102030"))[5, 5], (16, 32, 48), 0)
    assert near(decode(encoded(palette, transparency=0), CONFIG)[5, 5], BLUE, 0)


def test_sixteen_bits_become_eight() -> None:
    ramp = np.linspace(0, 65535, 48 * 48).astype(np.uint16).reshape(48, 48)
    picture = decode(encoded(Image.fromarray(ramp)), CONFIG)
    assert (picture == (ramp >> 8)[:, :, None]).all()


def test_cmyk_keeps_its_colours() -> None:
    picture = decode(encoded(halves().convert("CMYK"), "JPEG", quality=98), CONFIG)
    assert near(picture[24, 5], RED, 25)
    assert near(picture[24, 40], BLUE, 25)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_an_animation_gives_its_first_frame(file_format: str) -> None:
    assert near(decode(animated(file_format), CONFIG)[24, 24], RED, 2)


def test_limits_are_the_configured_ones() -> None:
    data = encoded(face(3, 60))
    for limits, reason in (
        ({"max_bytes": 100}, "too_many_bytes"),
        ({"max_side_px": 59}, "side_too_long"),
        ({"max_pixels": 3599}, "too_many_pixels"),
        ({"min_side_px": 61}, "too_small"),
    ):
        with pytest.raises(Rejection) as caught:
            decode(data, FacesConfig(**limits))
        assert caught.value.reason == reason
    assert decode(data, FacesConfig(max_side_px=60, max_pixels=3600, min_side_px=60)).shape == (60, 60, 3)


def after_header(png: bytes, *chunks: bytes) -> bytes:
    return png[:33] + b"".join(chunks) + png[33:]


@pytest.mark.parametrize("place", ["before the pixels", "after them"])
@pytest.mark.parametrize(
    "aside",
    [
        chunk(b"iCCP", b"big\0\0" + zlib.compress(b"\1" * 2_000_000)),
        chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"x" * 2_000_000)),
        chunk(b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(b"x" * 2_000_000)),
        chunk(b"tEXt", b"parameters\0" + b"1girl, " * 300_000),
        chunk(b"tEXt", b"a\0b")[:-1] + b"\0",
        chunk(b"iCCP", b"a\0\0not zlib"),
        *(chunk(kind, b"") for kind in (b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"bKGD", b"eXIf")),
        *(chunk(kind, bytes(9))[:-1] + b"\1" for kind in (b"pHYs", b"eXIf", b"prVt")),
    ],
)
def test_what_is_large_or_damaged_beside_the_pixels_does_not_cost_the_picture(aside: bytes, place: str) -> None:
    png = encoded(face(7))
    data = after_header(png, aside) if place == "before the pixels" else png[:-12] + aside + png[-12:]
    assert np.array_equal(decode(data, FacesConfig()), decode(png, FacesConfig()))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encoded(face(7))[:8] + chunk(b"CgBI", b"\x50\0\x20\x02") + encoded(face(7))[8:], "made for iPhones"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n", "git lfs pull"),
        (b"<!DOCTYPE html><html><head><title>403</title></head></html>", "a web page"),
        (b"\xff\x0a" + bytes(3000), "JPEG XL is not read"),
        (b"Rar!\x1a\x07\0" + bytes(100), "a rar archive inside the source"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "text, not a picture"),
        (b'{"error": "not found"}', "text, not a picture"),
        (b"data:image/png;base64,iVBORw0KGgo" + b"A" * 600, "text, not a picture"),
        (bytes(5000), "nothing but zeros"),
        (encoded(face(7)).replace(b"\r\n", b"\n"), "in text mode"),
        (b"\0\0\0\x20ftypisom" + bytes(100), "a film"),
        (b"gimp xcf v011\0" + bytes(100), "XCF"),
    ],
)
def test_what_else_people_have_is_called_by_its_name(data: bytes, words: str) -> None:
    with pytest.raises(Rejection) as caught:
        decode(data, FacesConfig())
    assert words in caught.value.detail
