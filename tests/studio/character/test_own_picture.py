"""An artist's own picture becomes a character; what is no picture gets a sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from anime_gen.images.windows import windows
from anime_gen.latent import inversion
from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, recipe_of
from anime_gen.studio.character import own_picture
from anime_gen.studio.character.own_picture import PictureError, bring

RANDOM = np.random.default_rng(0)


def drawing(width: int = 60, height: int = 60) -> Image.Image:
    """Soft blobs of colour, as a picture has, and not the same any way round."""
    small = Image.fromarray(np.random.default_rng(width).integers(0, 256, (4, 3, 3), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def file_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


KINDS = [("PNG", m) for m in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")]
KINDS += [("JPEG", m) for m in ("RGB", "L", "CMYK")] + [("WEBP", m) for m in ("RGB", "RGBA")]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """How near it comes is tested with the inversion."""
    monkeypatch.setattr(inversion, "STEPS", 3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(KINDS), width=st.integers(32, 200), height=st.integers(32, 200))
def test_every_kind_of_picture_becomes_a_character_whose_file_gives_the_same_bytes(
    tag_renderer: Renderer, kind: tuple[str, str], width: int, height: int
):
    brought = bring(tag_renderer, file_of(drawing(width, height).convert(kind[1]), kind[0]))
    editor = Editor(tag_renderer, brought.recipe)
    assert (editor.picture.pixels == brought.picture.pixels).all()
    saved = editor.png()
    again = Editor(tag_renderer)
    again.open_file(saved)
    assert again.png() == saved
    assert recipe_of(saved).seed is None
    assert brought.seen.shape == (own_picture.SHOWN_PX, own_picture.SHOWN_PX, 3)
    assert 0.0 <= brought.colours_apart < 1.0


def test_the_same_file_gives_the_same_character_and_another_one_another(tag_renderer: Renderer):
    once, again = (bring(tag_renderer, file_of(drawing())) for _ in range(2))
    assert once.recipe == again.recipe
    assert bring(tag_renderer, file_of(drawing(61))).recipe != once.recipe


def test_a_picture_of_the_model_comes_back_nearly_as_it_was(tag_renderer: Renderer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    monkeypatch.setattr(own_picture, "windows", lambda *size: windows(*size)[:1])  # the tiny readers know no faces
    own = tag_renderer.render(tag_renderer.latent(7, 0.7), {})
    image = Image.fromarray(own.pixels).resize((64, 64), Image.Resampling.LANCZOS)
    brought = bring(tag_renderer, file_of(image))
    assert brought.colours_apart < 0.7 * brought.strangers_apart


def test_a_turned_photograph_is_taken_upright(tag_renderer: Renderer):
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned by 90 degrees to the right
    upright = drawing(80, 60)
    lying = file_of(upright.rotate(90, expand=True), exif=turned)
    assert bring(tag_renderer, lying).recipe == bring(tag_renderer, file_of(upright)).recipe


def test_what_could_not_be_met_is_listed_with_its_size(tag_renderer: Renderer):
    brought = bring(tag_renderer, file_of(drawing()))
    assert [gap.share for gap in brought.unmet] == sorted((gap.share for gap in brought.unmet), reverse=True)
    assert all(gap.before != gap.after for gap in brought.unmet)
    assert not {gap.name for gap in brought.unmet} & tag_renderer.bundle.directions.settings["derived"].keys()


def test_a_picture_of_a_camera_is_made_smaller_before_its_parts_are_looked_at(
    tag_renderer: Renderer, monkeypatch: pytest.MonkeyPatch
):
    sizes = []
    monkeypatch.setattr(own_picture, "windows", lambda *size: sizes.append(size) or windows(*size))
    for width, height in ((3000, 2000), (700, 600)):
        bring(tag_renderer, file_of(drawing(width, height), "JPEG"))
    assert sizes == [(667, 1000), (600, 700)]


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it is 30,000 px wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


BAD = {
    "nothing": (b"", "empty"),
    "one pixel": (file_of(drawing(1, 1)), "too little"),
    "a strip": (file_of(drawing(900, 40)), "strip"),
    "far too wide": (file_of(Image.new("1", (9000, 2000))), "8192"),
    "a bomb": (bomb(), "pixels"),
    "cut": (file_of(drawing(200, 200))[:-300], "ends before"),
    "a cut JPEG": (file_of(drawing(200, 200), "JPEG")[:-300], "ends before"),
    "damaged": (file_of(drawing(200, 200), "WEBP")[:40] + bytes(400), ""),
    "animated GIF": (file_of(drawing(), "GIF", save_all=True, append_images=[drawing(60, 61)]), "GIF is not read"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG is not read"),
    "a page": (b"<!doctype html><p>Not found</p>", "a web page, not the file"),
    "an archive": (b"PK\3\4" + bytes(100), "archive"),
    "noise": (RANDOM.bytes(5000), "no picture"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_picture_gets_a_plain_sentence(tag_renderer: Renderer, case: str):
    file, words = BAD[case]
    with pytest.raises(PictureError) as error:
        bring(tag_renderer, file)
    said = str(error.value)
    assert words in said
    assert said.endswith(".")
    assert "faces." not in said
