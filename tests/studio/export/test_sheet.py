import io
import re
import zlib

import numpy as np
import pytest
from PIL import Image

from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe
from anime_gen.studio.export.page_items import Line, Page, Picture, page_pdf, page_png
from anime_gen.studio.export.sheet import CONTACT_COLUMNS, character_sheet, contact_sheet


@pytest.fixture(scope="module")
def sheet(renderer: Renderer) -> Page:
    editor = Editor(renderer, Recipe(seed=3, targets={"bangs": 0.8}, locks=("smile",)))
    before = editor.recipe
    made = character_sheet(editor, "Aoi")
    assert editor.recipe == before  # a sheet leaves the document alone
    return made


def words(page: Page) -> list[str]:
    return [item.text for item in page.items if isinstance(item, Line)]


def test_a_sheet_shows_name_expressions_palette_and_values(sheet: Page):
    assert words(sheet)[0] == "Aoi"
    assert {"Expressions", "Palette", "Measured", "happy", "sad", "angry"} <= set(words(sheet))
    assert any(line.startswith("Hair length: ") for line in words(sheet))
    assert any(re.fullmatch("#[0-9a-f]{6}", line) for line in words(sheet))
    pictures = [item.pixels for item in sheet.items if isinstance(item, Picture)]
    assert len(pictures) == 7  # portrait and six expressions; this model knows no head turn
    assert any((pictures[0] != other).any() for other in pictures[1:])


def test_everything_lies_on_the_paper(sheet: Page):
    for item in sheet.items:
        assert 0 <= item.x < sheet.width
        assert 0 <= item.y < sheet.height
        if isinstance(item, Picture):
            assert item.x + item.side <= sheet.width
            assert item.y + item.side <= sheet.height


def test_a_sheet_becomes_a_png_and_a_pdf(sheet: Page):
    picture = Image.open(io.BytesIO(page_png(sheet)))
    assert picture.size == (1684, round(2 * sheet.height))
    assert len(np.unique(np.asarray(picture).reshape(-1, 3), axis=0)) > 100
    pdf = page_pdf(sheet)
    assert pdf.startswith(b"%PDF-")
    different = {(item.side, item.pixels.tobytes()) for item in sheet.items if isinstance(item, Picture)}
    assert pdf.count(b"/Subtype /Image") == len(different)
    parts = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    streams = [zlib.decompress(part) for part in parts if part[:1] == b"x"]
    assert any(b" Tj" in stream or b" TJ" in stream for stream in streams)  # words are text, not pixels


@pytest.mark.parametrize("name", ["x" * 500, "<b>![x](http://example.com)</b>", "\x00\x07", "名前", ""])
def test_any_name_fits(sheet: Page, name: str):
    odd = Page(sheet.width, sheet.height, [Line(28, 28, 20, name, 300)], name)
    assert Image.open(io.BytesIO(page_png(odd))).width == 1684
    assert page_pdf(odd).startswith(b"%PDF-")


def test_a_contact_sheet_has_every_picture_with_its_name():
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    page = contact_sheet([(f"one {number}", pixels) for number in range(14)], "Cast")
    assert words(page) == ["Cast", *(f"one {number}" for number in range(14))]
    lines = {item.y for item in page.items if isinstance(item, Picture)}
    assert len(lines) == -(-14 // CONTACT_COLUMNS)
    assert max(item.y + item.side for item in page.items if isinstance(item, Picture)) < page.height
