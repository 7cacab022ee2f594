import logging
import threading
import time

import pytest

from anime_gen.tracking import outbox as module
from anime_gen.tracking.outbox import Outbox


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.02)


def test_reports_arrive_in_order():
    box, arrived = Outbox("here"), []
    for i in range(100):
        box.put(lambda i=i: arrived.append(i))
    assert box.close(5) == 0
    assert arrived == list(range(100))


def test_a_store_that_comes_back_gets_everything_and_one_warning(caplog: pytest.LogCaptureFixture):
    box, arrived, down = Outbox("http://there"), [], threading.Event()
    down.set()

    def send(i: int) -> None:
        if down.is_set():
            raise ConnectionError("refused")
        arrived.append(i)

    with caplog.at_level(logging.WARNING):
        for i in range(5):
            box.put(lambda i=i: send(i))
        time.sleep(0.1)
        assert arrived == []
        down.clear()
        assert box.close(5) == 0
    assert arrived == list(range(5))
    assert ["refused" in record.message for record in caplog.records] == [True]


def test_putting_never_waits_for_a_store_that_hangs():
    box, release = Outbox("there"), threading.Event()
    start = time.monotonic()
    for _ in range(50):
        box.put(release.wait)
    assert time.monotonic() - start < 0.5
    release.set()
    assert box.close(5) == 0


def test_what_can_never_be_sent_does_not_block_the_rest(caplog: pytest.LogCaptureFixture):
    box, arrived = Outbox("there"), []
    box.put(lambda: int("no number"))
    box.put(lambda: arrived.append(1))
    box.close(5)
    assert arrived == [1]
    assert "no number" in caplog.text


def test_a_dead_store_costs_its_timeout_and_says_what_was_lost(caplog: pytest.LogCaptureFixture):
    def refuse() -> None:
        raise ConnectionError("refused")

    box = Outbox("there")
    for _ in range(3):
        box.put(refuse)
    start = time.monotonic()
    assert box.close(0.2) >= 2
    assert time.monotonic() - start < 2
    assert "are lost. The work itself is not." in caplog.text


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_WAITING", 10)
    box, release = Outbox("there"), threading.Event()
    for _ in range(100):
        box.put(release.wait)
    assert box.dropped >= 89
    release.set()
    box.close(5)
