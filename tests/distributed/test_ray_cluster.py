import pytest
import ray

from anime_gen.distributed.ray_cluster import STARTS, connected

SLOW = "The current node timed out during startup. This could happen because some of the raylet failed to startup"


def slow_starts(monkeypatch: pytest.MonkeyPatch, first: int) -> list[dict[str, object]]:
    """Ray whose first starts take too long; what every start was asked for."""
    asked: list[dict[str, object]] = []

    def init(**options: object) -> None:
        asked.append(options)
        if len(asked) <= first:
            raise Exception(SLOW)

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "init", init)
    return asked


def test_a_start_that_takes_too_long_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = slow_starts(monkeypatch, STARTS - 1)
    with connected():
        assert len(asked) == STARTS
    assert "trying again (1 tries left)" in caplog.text


def test_a_machine_too_busy_for_ray_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = slow_starts(monkeypatch, STARTS)
    with pytest.raises(ValueError, match="within its own 30 seconds, 3 times: it is too busy"), connected():
        pass
    assert len(asked) == STARTS


def test_a_cluster_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")

    def init(**options: object) -> None:
        raise ConnectionError("ray client connection timeout")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(ValueError, match=r"no Ray cluster answers at 127\.0\.0\.1:1; see RAY_ADDRESS"), connected():
        pass
