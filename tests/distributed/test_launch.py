import os
from functools import partial
from pathlib import Path

import pytest
import torch

from anime_gen.distributed import Engine, Group, launch
from anime_gen.distributed.crew import GLOO_INTERFACE
from anime_gen.distributed.launch import WorkerLostError


def add(group: Group) -> list[float]:
    """What this worker sees of a sum, and of worker 0's opinion."""
    value = torch.tensor([1.0 + group.rank, 10.0])
    group.sum(value)
    group.wait()
    return [*value.tolist(), float(group.agree(group.rank == 0)), float(group.size)]


def write(folder: Path, group: Group) -> None:
    (folder / f"{group.rank}").write_text(repr(add(group)))


def vanish(group: Group) -> None:
    os._exit(3)


def test_one_worker_needs_no_process() -> None:
    assert launch(add, vanish, 1) == [1.0, 10.0, 1.0, 1.0]


def test_workers_add_up_and_listen_to_the_first(tmp_path: Path) -> None:
    expected = [6.0, 30.0, 1.0, 3.0]
    assert launch(add, partial(write, tmp_path), 3) == expected
    assert [(tmp_path / str(rank)).read_text() for rank in (1, 2)] == [repr(expected)] * 2


def test_the_network_interface_is_chosen_for_one_launch_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(GLOO_INTERFACE, raising=False)
    launch(add, add, 2)
    assert GLOO_INTERFACE not in os.environ
    monkeypatch.setenv(GLOO_INTERFACE, "lo")
    launch(add, add, 2)
    assert os.environ[GLOO_INTERFACE] == "lo"


def test_no_more_workers_than_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ValueError, match=r"run\.workers is 2, but this machine has 1 GPU\(s\)"):
        launch(add, add, 2, device="cuda")


def test_a_worker_that_is_always_lost_ends_the_work() -> None:
    with pytest.raises(WorkerLostError, match="ended with code 3"):
        launch(add, vanish, 2, restarts=0)


def vanish_once(folder: Path, group: Group) -> None:
    if not (folder / "was here").exists():
        (folder / "was here").touch()
        os._exit(3)
    add(group)


def test_after_a_loss_all_begin_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert launch(add, partial(vanish_once, tmp_path), 2) == [3.0, 20.0, 1.0, 2.0]
    assert "a worker ended with code 3; all workers begin again" in caplog.text


class Deadly:
    """Work that ends its process while it is unpacked, before anybody is met."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (4,)

    def __call__(self, group: Group) -> None:
        raise NotImplementedError


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("engine", "words"), [("processes", "ended with code 4"), ("ray", "a worker was lost")])
def test_a_worker_that_dies_before_it_comes_is_missed_at_once(engine: Engine, words: str) -> None:
    with pytest.raises(WorkerLostError, match=words):
        launch(add, Deadly(), 2, engine=engine, restarts=0)
