import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import get_args

import psutil
import pytest
import torch
from safetensors.torch import load_file

from anime_gen.distributed import Engine
from anime_gen.stylegan2.training.checkpoint import list_checkpoints
from anime_gen.stylegan2.training.hardware import choose_workers
from anime_gen.stylegan2.training.interruption import TrainingInterruptedError
from anime_gen.stylegan2.training.trainer import TrainingResult, train
from anime_gen.stylegan2.training.training_config import AugmentConfig, LossConfig, TrainingConfig
from anime_gen.tracking import MemoryTracker
from tests.stylegan2.conftest import faces, tiny_config
from tests.stylegan2.training.test_tags import tag_set


def config(workers: int) -> TrainingConfig:
    """Everything that workers share: parts, tags, ADA's signs, path length, lazy penalties."""
    tiny = tiny_config(
        condition="tags",
        loss=LossConfig("relativistic", 0.5, 0.5, d_reg_interval=4, path_length_weight=1.0, g_reg_interval=4),
        augment=AugmentConfig("ada", 0.1, adjust_images=500),
    )
    return replace(tiny, optim=replace(tiny.optim, micro_batch=4), run=replace(tiny.run, workers=workers))


def trained(workers: int, folder: Path) -> TrainingResult:
    torch.set_num_threads(1)
    return train(config(workers), faces(), folder, tags=tag_set())


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """The last state of a run of one worker."""
    folder = trained(1, tmp_path_factory.mktemp("alone")).run_folder
    return load_file(list_checkpoints(folder)[0] / "state.safetensors")


def close(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    for name, tensor in first.items():
        torch.testing.assert_close(tensor, second[name], rtol=1e-5, atol=1e-6, msg=lambda m, n=name: f"{n}: {m}")


def test_two_workers_end_where_one_does(alone: dict[str, torch.Tensor], tmp_path: Path) -> None:
    folder = trained(2, tmp_path).run_folder
    close(alone, load_file(list_checkpoints(folder)[0] / "state.safetensors"))


def test_a_stopped_run_goes_on_with_another_number_of_workers(
    alone: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(images: int, total: int) -> None:
        if images == 96:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingInterruptedError):
        train(config(2), faces(), tmp_path, tags=tag_set(), on_progress=stop)
    folder = trained(1, tmp_path).run_folder
    close(alone, load_file(list_checkpoints(folder)[0] / "state.safetensors"))


def a_follower(engine: Engine) -> int:
    """Process number of the worker beside this one."""
    if engine == "processes":
        return multiprocessing.active_children()[0].pid or 0
    tasks = psutil.Process().children(recursive=True)
    return next(task.pid for task in tasks if " ".join(task.cmdline()).startswith("ray::_task"))


@pytest.mark.parametrize("engine", get_args(Engine))
def test_after_a_worker_is_killed_the_run_goes_on_by_itself(
    engine: Engine, alone: dict[str, torch.Tensor], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen = []

    def kill_once(images: int, total: int) -> None:
        if images == 80 and images not in seen:  # between two checkpoints
            os.kill(a_follower(engine), signal.SIGKILL)
        seen.append(images)

    two = config(2)
    result = train(
        replace(two, run=replace(two.run, tick_images=16, engine=engine)),
        faces(),
        tmp_path,
        tags=tag_set(),
        on_progress=kill_once,
    )
    assert seen == [16, 32, 48, 64, 80, 80, 96, 112, 128, 144, 160, 176, 192]
    assert "begin again at the last checkpoint" in caplog.text
    close(alone, load_file(list_checkpoints(result.run_folder)[0] / "state.safetensors"))


def losses(workers: int, folder: Path) -> dict[str, list[float]]:
    """Every loss of fifty steps."""
    tiny = config(workers)
    growth = replace(tiny.growth, enabled=False, full_size_images=400)
    run = replace(tiny.run, tick_images=8, checkpoint_images=400, grid_images=400)
    tracker = MemoryTracker()
    optim = replace(tiny.optim, micro_batch=2)
    train(replace(tiny, growth=growth, run=run, optim=optim), faces(), folder, tracker, tags=tag_set())
    names = ("loss/g", "loss/d")
    return {name: [row[name] for _, row in tracker.metrics if name in row] for name in names}


def test_one_two_and_four_workers_have_the_same_losses(tmp_path: Path) -> None:
    alone = losses(1, tmp_path / "1")
    assert len(alone["loss/g"]) == 50
    for workers in (2, 4):
        assert losses(workers, tmp_path / str(workers)) == {
            name: pytest.approx(values, rel=1e-6) for name, values in alone.items()
        }


def test_no_more_workers_than_parts() -> None:
    assert choose_workers("auto", 1, "cpu") == 1
    assert choose_workers(2, 2, "cpu") == 2
    with pytest.raises(ValueError, match=r"run\.workers is 3, but a batch is computed in 2 part\(s\)"):
        choose_workers(3, 2, "cpu")


def test_parts_are_those_of_the_smallest_batch() -> None:
    assert config(1).parts() == 2
    assert replace(config(1), optim=replace(config(1).optim, micro_batch=0)).parts() == 1
