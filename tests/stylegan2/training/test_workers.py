from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from anime_gen.stylegan2.training.checkpoint import list_checkpoints
from anime_gen.stylegan2.training.hardware import choose_workers
from anime_gen.stylegan2.training.interruption import TrainingInterruptedError
from anime_gen.stylegan2.training.trainer import TrainingResult, train
from anime_gen.stylegan2.training.training_config import AugmentConfig, LossConfig, TrainingConfig
from tests.stylegan2.conftest import faces, tiny_config
from tests.stylegan2.training.test_tags import tag_set

CPU = torch.device("cpu")


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
        torch.testing.assert_close(tensor, second[name], rtol=2e-3, atol=2e-4, msg=lambda m, n=name: f"{n}: {m}")


def test_two_workers_end_where_one_does(alone: dict[str, torch.Tensor], tmp_path: Path) -> None:
    folder = trained(2, tmp_path).run_folder
    close(alone, load_file(list_checkpoints(folder)[0] / "state.safetensors"))


def test_a_stopped_run_goes_on_with_another_number_of_workers(
    alone: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import signal

    def stop(images: int, total: int) -> None:
        if images == 96:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingInterruptedError):
        train(config(2), faces(), tmp_path, tags=tag_set(), on_progress=stop)
    folder = trained(1, tmp_path).run_folder
    close(alone, load_file(list_checkpoints(folder)[0] / "state.safetensors"))


def test_no_more_workers_than_parts() -> None:
    assert choose_workers("auto", 1, CPU) == 1
    assert choose_workers(2, 2, CPU) == 2
    with pytest.raises(ValueError, match=r"run\.workers is 3, but a batch is computed in 2 part\(s\)"):
        choose_workers(3, 2, CPU)


def test_parts_are_those_of_the_smallest_batch() -> None:
    assert config(1).parts() == 2
    assert replace(config(1), optim=replace(config(1).optim, micro_batch=0)).parts() == 1
