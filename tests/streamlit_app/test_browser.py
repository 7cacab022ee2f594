"""The page in a real browser: what AppTest cannot see."""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.conftest import ROOT

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_S = 120

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)"),
]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as reply:
            return reply.read() == b"ok"
    except OSError:
        return False


@pytest.fixture(scope="module")
def address(published_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running page on the tiny champion."""
    port = free_port()
    environment = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{published_database}", "OMP_NUM_THREADS": "1"}
    script = ROOT / "streamlit_app" / "streamlit_app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", "--server.headless=true"]
    with (tmp_path_factory.mktemp("page") / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not answers(f"http://127.0.0.1:{port}"):
                assert time.monotonic() < deadline, "the page did not start"
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1300, "height": 900})
        opened.set_default_timeout(1000 * PATIENCE_S)
        opened.goto(address)
        opened.wait_for_selector('[data-testid="stImage"] img')
        yield opened
        browser.close()


def shown(page: Page) -> np.ndarray:
    """The pixels of the picture on the page."""
    source = page.locator('[data-testid="stImage"] img').get_attribute("src")
    reply = page.request.get(page.url.rstrip("/") + source if source.startswith("/") else source)
    return np.asarray(Image.open(io.BytesIO(reply.body())))


def test_moving_hair_length_by_keyboard_shows_other_pixels(page: Page):
    image = page.locator('[data-testid="stImage"] img')
    assert "hair length" in image.get_attribute("alt")
    before, source = shown(page), image.get_attribute("src")
    assert before.shape == (512, 512, 3)
    slider = page.get_by_role("slider", name="Hair length")
    value = float(slider.input_value())
    slider.focus()
    page.keyboard.press("End" if value < 0.5 else "Home")
    page.wait_for_function(
        "source => document.querySelector('[data-testid=\"stImage\"] img').getAttribute('src') !== source", arg=source
    )
    assert (shown(page) != before).any()
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    page.wait_for_function(
        "source => document.querySelector('[data-testid=\"stImage\"] img').getAttribute('src') === source", arg=source
    )
    assert (shown(page) == before).all()


def test_the_downloaded_picture_carries_its_recipe(page: Page):
    from anime_gen.studio import recipe_of

    with page.expect_download() as download:
        page.get_by_role("button", name="Download PNG").click()
    png = Path(download.value.path()).read_bytes()
    assert recipe_of(png).seed == 16
    assert Image.open(io.BytesIO(png)).size == (16, 16)
