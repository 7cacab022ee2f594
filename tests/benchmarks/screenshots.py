"""The pictures of the page in README and docs/artists.md, of the shipped model in a real browser.

python -m tests.benchmarks.screenshots [--out docs/pictures]
python -m tests.benchmarks.screenshots --matrix FOLDER

With --matrix, every view in every window, light and dark, to be looked at: `shape_390_dark.png` is what is in the
window, `shape_390_dark_whole.png` the whole page.
"""

import argparse
import io
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from anime_gen.drawing import render, sample_characters
from tests.benchmarks.page import page_of_the_shipped_model, visit
from tests.streamlit_app.site import CHROMIUM, FLAGS, WINDOWS

KEPT = 6
"""Characters in the cast that is shown."""
DRAWING = 4242
VIEWS = ("Find", "Shape", "Cast", "Mix", "Take away")
PAGES = ("label", "model")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TALLEST_PX = 6000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--matrix", type=Path, metavar="FOLDER", help="every view in every window, light and dark")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with page_of_the_shipped_model(Path(place)) as (address, _, _):
            page = visit(browser, address)
            _find(page)
            if wish.matrix:
                _shape(page)
                _matrix(browser, page, address, wish.matrix)
            else:
                _save(page, wish.out / "page_find.webp")
                _bring(page)
                _save(page, wish.out / "page_bring.webp")
                _shape(page)
                _save(page, wish.out / "page_shape.webp")
                _turn_to(page, "Cast")
                _save(page, wish.out / "page_cast.webp")
        browser.close()


def _find(page: Page) -> None:
    _turn_to(page, "Find")
    for place in range(KEPT):
        page.get_by_role("button", name="Keep: Number").nth(place).click()
        page.get_by_text(f"Kept as Character {place + 1}").wait_for()


def _bring(page: Page) -> None:
    """A drawing of our own program, which the model has never seen, and the character made after it."""
    buffer = io.BytesIO()
    Image.fromarray(render(sample_characters(1, seed=DRAWING)[0], 512)).save(buffer, "PNG")
    page.get_by_text("From a picture or file").click()
    file = {"name": "drawing.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    page.locator('input[type="file"]').set_input_files(file)
    page.get_by_role("button", name="Go on with it").wait_for()
    page.get_by_text("Made after it").scroll_into_view_if_needed()


def _shape(page: Page) -> None:
    """A character with a wish met, and one that cannot be."""
    _turn_to(page, "Shape")
    for name, value in (("Hair length", "0.85"), ("Hair volume", "0.3")):
        page.evaluate("performance.clearMeasures()")
        page.get_by_role("slider", name=name).fill(value)
        page.wait_for_function("performance.getEntriesByName('bench wish').length > 0", polling=50)


def _matrix(browser: Browser, page: Page, address: str, folder: Path) -> None:
    """The same project in the eyes of a visitor for each window and scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    cookies = page.context.storage_state()
    for name, (width, height) in WINDOWS.items():
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, storage_state=cookies
            )
            window = context.new_page()
            for place in PAGES:
                window.goto(f"{address}/{place}")
                window.locator("h1").first.wait_for()
                _look(window, folder / f"{place}_{name}_{scheme}")
            window.goto(address)
            for view in VIEWS:
                _turn_to(window, view)
                _look(window, folder / f"{view.lower().replace(' ', '_')}_{name}_{scheme}")
            context.close()


def _turn_to(page: Page, view: str) -> None:
    page.get_by_role("radio", name=view, exact=True).click()
    _rest(page)
    if view == "Cast":
        page.get_by_text("are worth").wait_for()


def _look(page: Page, stem: Path) -> None:
    """What is in the window; and the whole page, where it is longer."""
    _rest(page)
    page.screenshot(path=f"{stem}.png")
    window = page.viewport_size
    assert window is not None
    high = page.locator('[data-testid="stMain"]').evaluate("main => main.scrollHeight")
    if high > window["height"]:
        page.set_viewport_size({"width": window["width"], "height": min(high, TALLEST_PX)})
        page.wait_for_timeout(300)
        page.screenshot(path=f"{stem}_whole.png")
        page.set_viewport_size(window)


def _rest(page: Page) -> None:
    """Wait until nothing is computed or drawn any more."""
    page.wait_for_timeout(500)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(300)


def _save(page: Page, file: Path) -> None:
    """What is in the window, once nothing moves: no message above it, no control under the pointer."""
    page.mouse.move(1, 1)
    page.wait_for_timeout(5000)
    _rest(page)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(file, quality=85, method=6)


if __name__ == "__main__":
    main()
