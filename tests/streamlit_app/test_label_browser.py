"""The Label page in a real browser: twenty pictures by keyboard, one taken back, the server killed, nothing lost."""

import base64
import os
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
    page.locator(".pictures img").first.wait_for(timeout=PATIENCE_MS)


def counted(page: Page, words: str) -> None:
    expect(page.get_by_test_id("stProgress")).to_contain_text(words, timeout=PATIENCE_MS)


def shown_face(page: Page) -> str:
    return page.locator(".pictures img").first.get_attribute("src") or ""


def test_what_is_cleaned_up_after_an_older_drawing_does_not_silence_the_keys() -> None:
    """Streamlit runs the clean-up of a drawing that a newer one overtook after the newer one is there."""
    source = base64.b64encode((APP.parent / "components" / "label_board" / "board.js").read_bytes()).decode("ascii")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.set_content("<div id=place><div id=board tabindex=-1></div></div>")
        said = page.evaluate(
            """async (source) => {
                const { default: mount } = await import(`data:text/javascript;base64,${source}`)
                const place = document.querySelector("#place")
                const face = (id) => ({ id, pictures: ["data:,"], alts: [id], guess: null })
                const choices = [{ label: "Yes", value: 1, key: "y", legend: "Y" }]
                const data = { session: "s", taken: 0, mode: "one", question: "?", questions: [face("a"), face("b")],
                               choices, skip: "Can't tell", wanted: null, rest: 0, keys: [] }
                const said = []
                const drawn = { data, parentElement: place, setStateValue: (_, { events }) => said.push(events.length) }
                const key = { key: "y", bubbles: true }
                const press = () => document.body.dispatchEvent(new KeyboardEvent("keydown", key))
                const overtaken = await mount(drawn)
                await mount(drawn)
                overtaken?.()
                press()
                place.remove()
                press()
                document.body.append(place)
                await mount(drawn)
                press()
                return said
            }""",
            source,
        )
        browser.close()
    assert said == [1, 2]


def test_fast_keys_all_count_undo_asks_again_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    folder = data_folder(tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        with serving(folder) as address:
            open_page(page, address)
            for place in range(6):
                page.keyboard.press("y" if place % 3 else "n")
                page.wait_for_timeout(60)
            counted(page, "6 answers")
            last = shown_face(page)
            page.keyboard.press("y")
            page.wait_for_timeout(60)
            page.keyboard.press("u")
            assert shown_face(page) == last
            page.keyboard.press("Space")
            counted(page, "6 answers · 1 can't tell")
            page.get_by_role("button", name="Yes").click()
            counted(page, "7 answers")
        with serving(folder) as address:
            open_page(page, address)
            counted(page, "7 answers")
            page.get_by_text("Twenty").click()
            page.locator(".tiles").wait_for(timeout=PATIENCE_MS)
            for key in "1qa":
                page.keyboard.press(key)
            expect(page.locator(".tile[aria-pressed=true]")).to_have_count(3, timeout=PATIENCE_MS)
            page.keyboard.press("Enter")
            counted(page, "27 answers")
            expect(page.locator(".tile[aria-pressed=false]")).to_have_count(20, timeout=PATIENCE_MS)
            if os.environ.get("ANIME_GEN_SHOTS"):
                page.screenshot(path=Path(os.environ["ANIME_GEN_SHOTS"]) / "label.png")
        browser.close()
    assert {host.split(":")[0] for host in hosts if host} == {"127.0.0.1"}
