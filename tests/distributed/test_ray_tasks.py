import sys

import pytest

from anime_gen.distributed import launch, places
from tests.distributed.test_launch import add, vanish


def test_no_more_workers_than_the_cluster_has_cores() -> None:
    import ray

    there = places("cpu", "ray")
    assert not ray.is_initialized()
    with pytest.raises(ValueError, match=rf"run\.workers is {there + 1}, but the Ray cluster has {there} core\(s\)"):
        launch(add, vanish, there + 1, engine="ray")
    assert not ray.is_initialized()


def test_without_ray_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match=r"pip install 'anime_gen\[ray\]'"):
        places("cpu", "ray")
