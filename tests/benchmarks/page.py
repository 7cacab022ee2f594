"""How fast the page answers an artist, measured in the browser: start, second visitor, drag and release.

    python -m tests.benchmarks.page [--drags 44]

Wall times want a quiet machine; CPU seconds of server and browser are given beside them.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from anime_gen.serving.registry import Registry, register_shipped
from anime_gen.tracking.store import TrackingSettings, TrackingStore
from tests.streamlit_app.site import CHROMIUM, FLAGS, PATIENCE_S, free_port, start

SHIPPED = Path(__file__).parents[2] / "data" / "06_models" / "shipped"
SLIDERS = ("Hair length", "Hair volume", "Bangs")
STEPS, STEP_MS = 60, 30
"""A drag: so many moves of the pointer, at the rate of a mouse on a busy machine."""


@contextmanager
def page_of_the_shipped_model(folder: Path) -> Iterator[tuple[str, psutil.Process, float]]:
    """A server on a store of its own, started cold: its address, its process, and when it was started."""
    database = folder / "mlflow.db"
    settings = TrackingSettings(tracking_uri=f"sqlite:///{database}")
    register_shipped(Registry(TrackingStore(settings, folder)), SHIPPED)
    port, begun = free_port(), time.perf_counter()
    server = start(port, database, folder / "studio", folder / "log")
    try:
        yield f"http://127.0.0.1:{port}", psutil.Process(server.pid), begun
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def visit(browser: Browser, address: str) -> Page:
    """A visitor who was never here, once the picture can be seen."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.set_default_timeout(1000 * PATIENCE_S)
    page.goto(address)
    page.wait_for_selector(".picture[src]")
    page.locator(".picture").evaluate("picture => picture.decode()")
    return page


def drag(page: Page, name: str, forward: bool) -> tuple[list[float], float, float]:
    """Ages of the pictures shown while dragging, pictures a second, time from release to the final one; in ms."""
    slider = page.get_by_role("slider", name=name)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    middle, path = box["y"] + box["height"] / 2, np.linspace(0.1, 0.9, STEPS)
    places = box["x"] + box["width"] * (path if forward else path[::-1])
    page.evaluate("performance.clearMeasures()")
    page.mouse.move(places[0], middle)
    page.mouse.down()
    begun = time.perf_counter()
    for step, place in enumerate(places):
        page.mouse.move(place, middle)
        page.wait_for_timeout(max(0.0, STEP_MS * (step + 1) - 1000 * (time.perf_counter() - begun)))
    ages = page.evaluate("performance.getEntriesByName('bench drag').map(one => one.duration)")
    seconds = time.perf_counter() - begun
    page.mouse.up()
    page.wait_for_function("performance.getEntriesByName('bench wish').length > 0", polling=20)
    release = page.evaluate("performance.getEntriesByName('bench wish')[0].duration")
    return ages, len(ages) / seconds, release


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--drags", type=int, default=44)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with page_of_the_shipped_model(Path(place)) as (address, server, begun):
            page = visit(browser, address)
            first = time.perf_counter() - begun
            print(f"server start to first picture: {first:.1f} s; CPU of the server {cpu(server):.1f} s")
            begun = time.perf_counter()
            visit(browser, address).context.close()
            print(f"second visitor: {time.perf_counter() - begun:.2f} s")
            page.get_by_role("tab", name="Hair").click()
            drag(page, SLIDERS[0], False)
            before = cpu(server), cpu_of_browser()
            done = [drag(page, SLIDERS[n % len(SLIDERS)], n % 2 == 0) for n in range(wish.drags)]
            used = cpu(server) - before[0], cpu_of_browser() - before[1]
        browser.close()
    ages, rates, releases = np.concatenate([one[0] for one in done]), [one[1] for one in done], [one[2] for one in done]
    print(f"{wish.drags} drags: {np.median(rates):.1f} pictures/s (least {min(rates):.1f})")
    each = [f"{1000 * seconds / len(ages):.0f} ms" for seconds in used]
    print(f"CPU of the server: {each[0]} a picture, of the browser {each[1]}; releases counted in")
    for words, values in (("picture behind the pointer", ages), ("release to final picture", releases)):
        print(f"{words}: median {np.median(values):.0f} ms, p95 {np.percentile(values, 95):.0f} ms")


def cpu(process: psutil.Process) -> float:
    """CPU seconds that a process used so far."""
    used = process.cpu_times()
    return float(used.user + used.system)


def cpu_of_browser() -> float:
    """The same of all processes of the browser that this one started."""
    started = psutil.Process().children(recursive=True)
    return sum(cpu(one) for one in started if one.name().startswith("chrom"))


if __name__ == "__main__":
    main()
