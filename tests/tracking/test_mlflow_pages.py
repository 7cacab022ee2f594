"""MLflow's own pages as an analyst opens them, in a real browser."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from anime_gen.serving.registry import CHAMPION, Registry
from anime_gen.stylegan2.training.trainer import train
from anime_gen.tracking.mlflow_tracker import MlflowTracker
from anime_gen.tracking.notes import note_for
from anime_gen.tracking.store import TrackingSettings, TrackingStore
from tests.conftest import ROOT, copy_database
from tests.streamlit_app.site import CHROMIUM, FLAGS, free_port
from tests.stylegan2.conftest import faces, tiny_config

PATIENCE_S = 180

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, blank_database: Path, bundle_folder: Path) -> TrackingStore:
    """A project's store: two runs that trained a generator, the better one first made, and a champion."""
    folder = tmp_path_factory.mktemp("analyst")
    copy_database(blank_database, folder / "mlflow.db")
    (folder / "conf").symlink_to(ROOT / "conf")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        own = TrackingStore(TrackingSettings(tracking_uri="sqlite:///mlflow.db"), folder)
        client = own.client()
        experiment = own.experiment_id(client, "anime-training", note_for("anime-training"))
        for name, kid in (("better", 0.02), ("worse", 0.5)):
            tracker = MlflowTracker.start(client, experiment, name, {})
            tracker.log_params({"train.seed": 0})
            train(tiny_config(), faces(), folder / name, tracker)
            tracker.log_report("generator", {"kid": kid, "spread_mean": 0.9}, 192)
            tracker.end("FINISHED")
        registry = Registry(own)
        registry.set_alias(CHAMPION, registry.register(bundle_folder, origin="test"))
    return own


@pytest.fixture(scope="module")
def links(store: TrackingStore) -> Iterator[dict[str, str]]:
    """What `make mlflow` prints, once its pages answer."""
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if key not in ("MLFLOW_TRACKING_URI", "KEDRO_ENV")}
    folder = store.database.parent
    command = [sys.executable, "-m", "anime_gen", "mlflow", "--port", str(port)]
    with (folder / "out").open("w") as out:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True)
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not answers(f"http://127.0.0.1:{port}/health"):
                assert server.poll() is None, (folder / "out").read_text()
                assert time.monotonic() < deadline, "the pages did not start"
                time.sleep(0.3)
            lines = [line.split(": ", 1) for line in (folder / "out").read_text().splitlines() if ": " in line]
            yield {name: address.strip() for name, address in lines[:3]}
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # it has workers of its own
            server.wait(30)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1500, "height": 950})
        opened.set_default_timeout(1000 * PATIENCE_S)
        yield opened
        browser.close()


def is_shown(page: Page, picture: str) -> bool:
    """Whether a picture of a description arrived and is one."""
    image = page.locator(f'img[src*="{picture}"]').first
    image.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete", arg=image.element_handle())
    return image.evaluate("image => image.naturalWidth") > 0


def test_two_clicks_lead_from_the_first_page_to_the_best_runs_picture(page: Page, links: dict[str, str]):
    page.goto(links["Training runs ranked by KID"])
    runs = page.locator('a[href*="/runs/"]')
    runs.first.wait_for()
    assert [runs.nth(i).inner_text() for i in range(2)] == ["better", "worse"]
    assert page.get_by_text("generator.kid").count() > 0
    runs.first.click()
    page.get_by_text("Show more").first.click()
    assert is_shown(page, "growth.webp")
    assert page.get_by_text("KID 0.02, spread 0.9.").is_visible()


def test_the_page_of_all_pictures_slides_through_training(page: Page, links: dict[str, str]):
    page.goto(links["Latest run"].replace("?workflowType", "/artifacts/pictures.html?workflowType"))
    frame = page.frame_locator("iframe").first
    frame.locator("input").first.wait_for()
    before = frame.locator("img").first.get_attribute("src")
    frame.locator("input").first.fill("0")
    assert frame.locator("img").first.get_attribute("src") != before
    assert frame.locator("output").first.inner_text().endswith("images seen")


def test_the_champions_page_has_its_card_and_samples(page: Page, links: dict[str, str]):
    page.goto(links["Champion"])
    page.get_by_text("It can move: hair_length").first.wait_for()
    assert is_shown(page, "version-samples.png")
