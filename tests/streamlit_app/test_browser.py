"""The page in a real browser: what AppTest cannot see."""

import io
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.streamlit_app.site import CHROMIUM, FIRST_SEED, FLAGS, PATIENCE_S, free_port, start

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)"),
]


@dataclass
class Site:
    """The running page; `kill` ends it as a power cut would, `start` brings it back."""

    address: str
    begin: Callable[[], subprocess.Popen]
    server: subprocess.Popen

    def restart(self, sign: int) -> None:
        self.server.send_signal(sign)
        self.server.wait(PATIENCE_S)
        self.server = self.begin()


@pytest.fixture(scope="module")
def site(published_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running page on the tiny champion."""
    port, folder = free_port(), tmp_path_factory.mktemp("page")
    begin = partial(start, port, published_database, folder / "studio", folder / "log")
    running = Site(f"http://127.0.0.1:{port}", begin, begin())
    yield running
    running.server.terminate()
    running.server.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(site: Site, browser: Browser) -> Iterator[Page]:
    """A visitor who was never here."""
    visitor = browser.new_context(viewport={"width": 1300, "height": 900})
    opened = visitor.new_page()
    opened.set_default_timeout(1000 * PATIENCE_S)
    opened.goto(site.address)
    opened.wait_for_selector(".picture[src]")
    yield opened
    visitor.close()


def source(page: Page) -> str:
    return page.locator(".picture").get_attribute("src")


def changed(page: Page, before: str) -> str:
    """The picture once it is another one."""
    page.wait_for_function(
        "before => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.picture')"
        " && e.shadowRoot.querySelector('.picture').getAttribute('src') !== before)",
        arg=before,
    )
    return source(page)


def view(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()


def move(page: Page, name: str) -> str:
    """Send a slider to its other end by keyboard; the picture that is then shown."""
    before, slider = source(page), page.get_by_role("slider", name=name)
    value = float(slider.input_value())
    slider.focus()
    page.keyboard.press("End" if value < 0.5 else "Home")
    page.wait_for_function("performance.getEntriesByName('bench wish').length > 0")
    return changed(page, before)


def test_moving_hair_length_by_keyboard_shows_another_picture_and_undo_the_first(page: Page):
    assert "hair length" in page.locator(".picture").get_attribute("alt")
    before = source(page)
    move(page, "Hair length")
    page.get_by_role("button", name="Undo", exact=False).first.click()
    page.wait_for_function(
        "before => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.picture')"
        "?.getAttribute('src') === before)",
        arg=before,
    )


def test_the_picture_follows_while_a_slider_is_dragged(page: Page):
    slider = page.get_by_role("slider", name="Hair length")
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    page.mouse.down()
    pictures = set()
    for step in range(20):
        page.mouse.move(box["x"] + (0.2 + 0.03 * step) * box["width"], middle)
        page.wait_for_timeout(40)
        pictures.add(source(page))
    assert page.evaluate("performance.getEntriesByName('bench wish').length") == 0
    assert len(pictures) >= 3, "the picture stood still until the slider was let go"
    page.mouse.up()
    page.wait_for_function("performance.getEntriesByName('bench wish').length > 0")
    assert "hair_length=" in page.url


def test_a_lock_holds_its_slider_still_and_says_how_well(page: Page):
    page.get_by_role("tab", name="Hair").click()
    page.get_by_role("button", name="Lock bangs").click()
    page.get_by_role("button", name="Unlock bangs").wait_for()
    assert page.get_by_role("slider", name="Bangs").is_disabled()
    move(page, "Hair length")
    assert page.get_by_text("held within").is_visible()


def test_find_keep_and_look_for_someone_unlike_these(page: Page):
    view(page, "Find")
    page.get_by_role("button", name="Keep: Number").first.click()
    page.get_by_text("Kept as Character 1").wait_for()
    page.get_by_role("button", name="Keep: Number").nth(1).click()
    page.get_by_text("Kept as Character 2").wait_for()
    view(page, "Cast")
    page.get_by_text("Your 2 characters are worth").wait_for()
    page.get_by_role("button", name="Look for someone").click()
    page.get_by_text("from the nearest").first.wait_for()
    page.get_by_role("button", name="Shape: Number").last.click()
    page.wait_for_selector(".picture[src]")


def test_a_reload_and_a_killed_server_lose_nothing(site: Site, page: Page):
    move(page, "Hair length")
    page.get_by_role("button", name="Keep in the cast").click()
    page.get_by_text("Kept as Character 1").wait_for()
    wanted, address = source(page), page.url
    page.reload()
    page.wait_for_selector(".picture[src]")
    assert source(page) == wanted
    page.goto(site.address)  # without the character in the address
    page.wait_for_selector(".picture[src]")
    assert source(page) == wanted
    site.restart(signal.SIGKILL)
    page.goto(site.address)
    page.wait_for_selector(".picture[src]")
    assert source(page) == wanted
    page.wait_for_url(address)
    view(page, "Cast")
    page.get_by_text("Character 1").first.wait_for()


@pytest.mark.slow
def test_a_server_killed_in_the_middle_of_an_edit_comes_back_with_the_project(site: Site, page: Page):
    """Twenty times, or as often as KILLS says: everything but at most the step under way is there again."""
    random = np.random.default_rng(0)
    for _ in range(int(os.environ.get("KILLS", "20"))):
        before, value = page.url, f"{random.uniform(0.1, 0.9):.2f}"
        page.get_by_role("slider", name="Hair length").fill(value)
        page.wait_for_timeout(1000 * float(random.uniform(0.0, 0.5)))
        site.restart(signal.SIGKILL)
        page.goto(site.address)
        page.wait_for_selector(".picture[src]")
        page.wait_for_url(lambda url: "character=" in url)
        assert page.url == before or f"hair_length={float(value):g}" in page.url
        assert not page.get_by_role("alert").filter(has_text="copy").count()


def test_another_visitor_sees_nothing_of_it(site: Site, browser: Browser, page: Page):
    move(page, "Bangs")
    stranger = browser.new_context().new_page()
    stranger.goto(site.address)
    stranger.wait_for_selector(".picture[src]")
    assert source(stranger) != source(page)
    assert stranger.url.endswith(f"character={FIRST_SEED}")
    stranger.context.close()


def test_the_downloaded_picture_carries_its_recipe(page: Page):
    from anime_gen.studio import recipe_of

    view(page, "Take away")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    png = Path(download.value.path()).read_bytes()
    assert recipe_of(png).seed == FIRST_SEED
    assert Image.open(io.BytesIO(png)).size == (16, 16)
