"""The pictures of the page in README and docs/artists.md, of the shipped model in a real browser.

python -m tests.benchmarks.screenshots [--out docs/pictures]
"""

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.page import page_of_the_shipped_model, visit
from tests.streamlit_app.site import CHROMIUM, FLAGS

KEPT = 6
"""Characters in the cast that is shown."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with page_of_the_shipped_model(Path(place)) as (address, _, _):
            page = visit(browser, address)
            _find(page)
            _save(page, out / "page_find.webp")
            _shape(page)
            _save(page, out / "page_shape.webp")
            page.get_by_role("radio", name="Cast", exact=True).click()
            page.get_by_text("are worth").wait_for()
            _save(page, out / "page_cast.webp")
        browser.close()


def _find(page: Page) -> None:
    page.get_by_role("radio", name="Find", exact=True).click()
    for place in range(KEPT):
        page.get_by_role("button", name="Keep: Number").nth(place).click()
        page.get_by_text(f"Kept as Character {place + 1}").wait_for()


def _shape(page: Page) -> None:
    """A character with a wish met, and one that cannot be."""
    page.get_by_role("radio", name="Shape", exact=True).click()
    for name, value in (("Hair length", "0.85"), ("Hair volume", "0.3")):
        page.evaluate("performance.clearMeasures()")
        page.get_by_role("slider", name=name).fill(value)
        page.wait_for_function("performance.getEntriesByName('bench wish').length > 0", polling=50)


def _save(page: Page, file: Path) -> None:
    """What is in the window, once nothing moves: no message above it, no control under the pointer."""
    page.mouse.move(1, 1)
    page.wait_for_timeout(5000)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(file, quality=85, method=6)


if __name__ == "__main__":
    main()
