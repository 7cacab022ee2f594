"""Take away and bring back in a real browser; and the pages for everybody: accessibility, narrow windows, one host."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page

from anime_gen.studio import Recipe, export_png, recipe_of
from tests.streamlit_app import test_browser as browsing
from tests.streamlit_app.site import PATIENCE_S, WINDOWS
from tests.streamlit_app.test_browser import Site, view

pytestmark = browsing.pytestmark
site, browser, page = browsing.site, browsing.browser, browsing.page


def wish(page: Page, name: str) -> None:
    """Send a slider to its end by keyboard, and wait until the address tells of it."""
    page.get_by_role("slider", name=name).focus()
    page.keyboard.press("End")
    page.wait_for_function("location.search.includes('hair_length')")


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(download.value.path()).read_bytes()


def send_file(page: Page, name: str, content: bytes) -> None:
    page.locator('input[type="file"]').set_input_files({"name": name, "mimeType": "image/png", "buffer": content})


def test_what_is_taken_away_comes_back_byte_for_byte(page: Page):
    wish(page, "Hair length")
    view(page, "Take away")
    saved = downloaded(page, "Download PNG")
    assert recipe_of(saved).targets
    assert Image.open(io.BytesIO(saved)).size == (16, 16)
    assert Image.open(io.BytesIO(downloaded(page, "PNG 1024 px"))).size == (1024, 1024)
    assert downloaded(page, "Sheet as PDF").startswith(b"%PDF-")
    assert downloaded(page, "Film WebP")[8:12] == b"WEBP"
    assert downloaded(page, "Whole project").startswith(b"PK")
    view(page, "Shape")
    page.get_by_role("button", name="Reset all").click()
    page.wait_for_function("!location.search.includes('hair_length')")
    view(page, "Take away")
    send_file(page, "character.png", saved)
    page.get_by_text("The character of that file is open").wait_for()
    assert downloaded(page, "Download PNG") == saved


def test_a_hostile_picture_fetches_nothing_and_changes_nothing(page: Page):
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    before = page.url
    evil = Recipe(seed=1, targets={"![x](http://example.com/a.png) <img src=http://example.com/b.png>": 1.0})
    view(page, "Take away")
    sha256 = recipe_of(downloaded(page, "Download PNG")).model_sha256
    send_file(page, "evil.png", export_png(np.zeros((8, 8, 3), np.uint8), replace(evil, model_sha256=sha256)))
    warning = page.get_by_role("alert").filter(has_text="does not have")
    warning.wait_for()
    assert "![x](" in warning.inner_text().replace("\u200b", "")
    assert warning.locator("a, img").count() == 0
    assert hosts - {""} == {"127.0.0.1"}
    assert page.url == before


VIEWS = {"Find": "Show others", "Cast": "Find them all", "Take away": "Whole project", "Shape": "Undo"}
"""A control of each view."""
PLACES = [("/", "Shape"), ("/", "Find"), ("/", "Take away"), ("/label", None), ("/model", None)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_anybody(site: Site, browser: Browser, scheme: str):
    """The rules of axe-core, on every page; and no page asks another host for anything."""
    visitor = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme=scheme)
    page, hosts, found = visitor.new_page(), set(), []
    page.set_default_timeout(1000 * PATIENCE_S)
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    for path, name in PLACES:
        page.goto(site.address + path)
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        page.locator(".picture[src]" if path == "/" else "h1").first.wait_for()
        if name not in (None, "Shape"):
            view(page, name)
            page.get_by_role("button", name="Show others" if name == "Find" else "Whole project").wait_for()
        for fault in Axe().run(page).response["violations"]:
            if fault["impact"] in ("serious", "critical"):
                found.append((path, name, fault["id"], [node["html"][:200] for node in fault["nodes"]]))
    visitor.close()
    assert not found
    assert hosts - {""} == {"127.0.0.1"}


CUT = """all => all.filter(one => {
    const box = one.getBoundingClientRect(), words = one.querySelector('[data-testid="stMarkdownContainer"]')
    return box.left < 0 || box.right > innerWidth + 1 || (words && words.scrollWidth > words.clientWidth)
}).map(one => one.innerText)"""
"""Words of the controls that the window or their own frame cuts."""


@pytest.mark.parametrize("window", ["800", "390", "200_percent"])
def test_a_narrow_window_and_a_magnified_page_cut_nothing(site: Site, browser: Browser, window: str):
    width, height = WINDOWS[window]
    visitor = browser.new_context(viewport={"width": width, "height": height})
    page = visitor.new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto(site.address)
    page.wait_for_selector(".picture[src]")
    for name, control in VIEWS.items():
        view(page, name)
        page.get_by_role("button", name=control).first.wait_for()
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        assert page.locator("button:visible").evaluate_all(CUT) == []
    view(page, "Shape")
    last = page.locator(".row:visible input").last
    last.scroll_into_view_if_needed()
    slider, picture = last.bounding_box(), page.locator(".picture").bounding_box()
    assert slider is not None
    assert picture is not None
    assert 0 <= picture["y"] < picture["y"] + picture["height"] <= height
    assert slider["y"] + slider["height"] <= height
    if picture["x"] + picture["width"] > slider["x"]:  # one above the other
        assert slider["y"] >= picture["y"] + picture["height"]
    visitor.close()
