"""The Label page in a real browser: twenty pictures by keyboard, one taken back, the server killed, nothing lost."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.streamlit_app.test_label import data_folder

APP = Path(__file__).parents[2] / "streamlit_app" / "streamlit_app.py"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PATIENCE_MS = 60_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's Chromium at /usr/bin/chromium"),
]


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The app on a free port; killed, not asked to stop, at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", str(APP), "--server.headless=true"),
            *(f"--server.port={port}", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false"),
        ],
        env={**os.environ, "ANIME_GEN_DATA": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2)
                break
            except OSError:
                time.sleep(0.2)
        yield f"{address}/label"
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()


def open_page(page: Page, address: str) -> None:
    """The first question is about glasses."""
    page.goto(address, timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name="Glasses?")).to_be_visible(timeout=PATIENCE_MS)
    settled(page)


def settled(page: Page) -> None:
    """Keys count once the page has drawn the next face."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE_MS)


def answers(page: Page) -> int:
    return int(re.match(r"(\d+) answers", page.get_by_test_id("stProgress").inner_text()).group(1))  # type: ignore[union-attr]


def answer_by_keyboard(page: Page, wanted: int) -> None:
    """Press until so many are answered; a key pressed while the page redraws does nothing, so it is pressed again."""
    deadline = time.monotonic() + 2 * PATIENCE_MS / 1000
    while (before := answers(page)) < wanted:
        assert time.monotonic() < deadline, f"{before} of {wanted} answers when time was up"
        page.keyboard.press("y" if before % 3 else "n")
        pressed = time.monotonic()
        while answers(page) == before and time.monotonic() < pressed + 5:
            page.wait_for_timeout(50)
        settled(page)


def test_twenty_answers_by_keyboard_survive_a_kill(tmp_path: Path) -> None:
    folder = data_folder(tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        with serving(folder) as address:
            open_page(page, address)
            answer_by_keyboard(page, 20)
            page.keyboard.press("u")
            expect(page.get_by_text("19 answers")).to_be_visible(timeout=PATIENCE_MS)
            if os.environ.get("ANIME_GEN_SHOTS"):
                page.screenshot(path=Path(os.environ["ANIME_GEN_SHOTS"]) / "label.png")
        with serving(folder) as address:
            open_page(page, address)
            expect(page.get_by_text("19 answers")).to_be_visible(timeout=PATIENCE_MS)
        browser.close()
