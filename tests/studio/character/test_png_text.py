"""Every form in which programs keep a text in a PNG, and every way to hurt a reader of it."""

import io
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from anime_gen.studio.character.png_text import SIGNATURE, PngTextError, text_of

WORDS = '{"hair": "青 long"}'
PLAIN = '{"hair": "long"}'


def png(**kinds: str) -> bytes:
    """A picture with texts as Pillow writes them: `itxt`, `packed_itxt`, `text`, `packed_text`."""
    info = PngInfo()
    for kind, words in kinds.items():
        if kind.endswith("itxt"):
            info.add_itxt("anime_gen", words, zip=kind.startswith("packed"))
        else:
            info.add_text("anime_gen", words, zip=kind.startswith("packed"))
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize(
    ("kind", "words"), [("itxt", WORDS), ("packed_itxt", WORDS), ("text", PLAIN), ("packed_text", PLAIN)]
)
def test_a_text_comes_back_however_it_was_kept(kind: str, words: str):
    assert text_of(png(**{kind: words}), "anime_gen", 1000) == words


def test_a_picture_without_one_has_none():
    assert text_of(png(), "anime_gen", 1000) is None
    assert text_of(png(itxt=WORDS), "anime", 1000) is None


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_bomb_is_not_unpacked(kind: bytes):
    bomb = zlib.compress(b"x" * 200_000_000, 9)  # 200 MB in 200 KB
    head = b"anime_gen\0\0" if kind == b"zTXt" else b"anime_gen\0\1\0\0\0"
    with pytest.raises(PngTextError, match="longer than 1,000 bytes"):
        text_of(SIGNATURE + chunk(kind, head + bomb), "anime_gen", 1000)


@pytest.mark.parametrize(
    ("kind", "data", "word"),
    [
        (b"tEXt", b"anime_gen\0" + b"x" * 2000, "longer"),
        (b"iTXt", b"anime_gen\0\0\0\0\0" + b"x" * 2000, "longer"),
        (b"tEXt", b"anime_gen\0\xff\xfe", "UTF-8"),
        (b"zTXt", b"anime_gen\0", "no standard"),
        (b"zTXt", b"anime_gen\0\7xx", "no standard"),
        (b"zTXt", b"anime_gen\0\0not packed", "damaged"),
        (b"zTXt", b"anime_gen\0\0" + zlib.compress(b"abc" * 50)[:-3], "cut short"),
        (b"iTXt", b"anime_gen\0\1\1\0\0x", "malformed"),
        (b"iTXt", b"anime_gen\0\2\0\0\0x", "malformed"),
        (b"iTXt", b"anime_gen\0\0", "malformed"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(kind: bytes, data: bytes, word: str):
    with pytest.raises(PngTextError, match=word):
        text_of(SIGNATURE + chunk(kind, data), "anime_gen", 1000)


def test_a_damaged_text_is_noticed():
    damaged = bytearray(png(text=PLAIN))
    damaged[damaged.index(b"long")] ^= 1
    with pytest.raises(PngTextError, match="checksum"):
        text_of(bytes(damaged), "anime_gen", 1000)


def test_a_damaged_text_of_another_program_does_not_stand_in_the_way():
    damaged = bytearray(chunk(b"tEXt", b"Software\0Paint"))
    damaged[-1] ^= 1
    picture = SIGNATURE + bytes(damaged) + chunk(b"tEXt", b"anime_gen\0" + PLAIN.encode())
    assert text_of(picture, "anime_gen", 1000) == PLAIN


@given(st.sampled_from([b"tEXt", b"zTXt", b"iTXt"]), st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_in_any_text_chunk_are_a_text_or_refused(kind: bytes, data: bytes):
    with suppress(PngTextError):
        found = text_of(SIGNATURE + chunk(kind, b"anime_gen\0" + data) + chunk(b"IEND", b""), "anime_gen", 100)
        assert found is not None
        assert len(found) <= 100
