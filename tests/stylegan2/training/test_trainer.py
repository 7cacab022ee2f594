import logging
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from anime_gen.stylegan2.monitoring.health import TrainingCollapsedError
from anime_gen.stylegan2.networks.weights import load_generator, read_card
from anime_gen.stylegan2.training.checkpoint import list_checkpoints
from anime_gen.stylegan2.training.interruption import TrainingInterruptedError
from anime_gen.stylegan2.training.reals import Reals
from anime_gen.stylegan2.training.run_folder import FolderInUseError, lock_folder
from anime_gen.stylegan2.training.trainer import Trainer, TrainingDivergedError, train
from anime_gen.stylegan2.training.training_config import GuardConfig, TrainingConfig
from anime_gen.tracking.memory_tracker import MemoryTracker
from tests.stylegan2.conftest import faces, tiny_config

CONFIG = tiny_config()


def final_state(folder: Path, config: TrainingConfig = CONFIG) -> bytes:
    return (list_checkpoints(folder / config.fingerprint())[0] / "state.safetensors").read_bytes()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("whole")
    train(CONFIG, faces(), folder)
    return folder


def test_a_run_leaves_generator_card_grids_and_checkpoints(uninterrupted: Path) -> None:
    folder = uninterrupted / CONFIG.fingerprint()
    generator = load_generator(folder / "generator.safetensors")
    assert generator.config == CONFIG.network
    card = read_card(folder / "generator.safetensors")
    assert (card["images_seen"], card["pictures"], card["seed"]) == (192, 48, 0)
    assert len(list_checkpoints(folder)) in (2, 3)
    assert [p.name[-7:-4] for p in sorted((folder / "samples").iterdir())] == ["064", "096", "192"]


def test_a_damaged_last_checkpoint_is_made_again_and_never_delivered(uninterrupted: Path, tmp_path: Path) -> None:
    folder = tmp_path / CONFIG.fingerprint()
    shutil.copytree(uninterrupted / CONFIG.fingerprint(), folder)
    for name in ("generator.safetensors", "state.safetensors"):
        (list_checkpoints(folder)[0] / name).write_bytes(b"damaged")
    result = train(CONFIG, faces(), tmp_path)
    assert load_generator(result.generator_path).config == CONFIG.network
    assert final_state(tmp_path) == final_state(uninterrupted)


def test_a_finished_run_learns_of_changed_pictures_or_says_that_it_does_not(
    uninterrupted: Path, tmp_path: Path
) -> None:
    shutil.copytree(uninterrupted, tmp_path, dirs_exist_ok=True)
    accepting = replace(CONFIG, run=replace(CONFIG.run, accept_changed_data=True))
    for config in (CONFIG, accepting, accepting):
        with pytest.raises(ValueError, match=r"finished: it has learned nothing of the new ones\. Let it train longer"):
            train(config, faces(60, seed=1), tmp_path)
    first, last = CONFIG.growth.stages
    growth = replace(CONFIG.growth, stages=(first, replace(last, stable_images=last.stable_images + 32)))
    assert train(replace(accepting, growth=growth), faces(60, seed=1), tmp_path).images_seen == 224


class StopAt:
    """Sends this process a signal once so many images were seen."""

    def __init__(self, images: int, number: int) -> None:
        self.images, self.number = images, number

    def __call__(self, images: int, total: int) -> None:
        if images >= self.images:
            self.images = 10**9
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_stopped_run_continues_to_the_same_bytes(uninterrupted: Path, tmp_path: Path, number: int, code: int) -> None:
    with pytest.raises(TrainingInterruptedError, match="continues") as stopped:
        train(CONFIG, faces(), tmp_path, on_progress=StopAt(96, number))
    assert stopped.value.exit_code == code
    assert train(CONFIG, faces(), tmp_path).images_seen == 192
    assert final_state(tmp_path) == final_state(uninterrupted)


def test_a_finished_run_can_go_on_for_longer(uninterrupted: Path, tmp_path: Path) -> None:
    stages = CONFIG.growth.stages
    longer = replace(CONFIG, growth=replace(CONFIG.growth, stages=(stages[0], replace(stages[1], stable_images=80))))
    assert longer.fingerprint() == CONFIG.fingerprint()
    train(longer, faces(), tmp_path / "direct")
    train(CONFIG, faces(), tmp_path / "twice")
    train(longer, faces(), tmp_path / "twice")
    assert final_state(tmp_path / "direct") == final_state(tmp_path / "twice")


def test_the_fingerprint_follows_the_mathematics_only() -> None:
    run = replace(CONFIG, run=replace(CONFIG.run, threads=7, keep_checkpoints=9))
    assert run.fingerprint() == CONFIG.fingerprint()
    for other in (replace(CONFIG, seed=1), replace(CONFIG, loss=replace(CONFIG.loss, r1_gamma=9.0))):
        assert other.fingerprint() != CONFIG.fingerprint()
    full = replace(CONFIG, growth=replace(CONFIG.growth, enabled=False))
    assert replace(full, growth=replace(full.growth, full_size_images=9)).fingerprint() == full.fingerprint()


def test_the_run_carries_its_figures_by_images_seen_through_every_resolution(tmp_path: Path) -> None:
    tracker = MemoryTracker()
    result = train(CONFIG, faces(), tmp_path, tracker)
    assert tracker.params == {"training": result.run_folder.name}
    steps = [step for step, metrics in tracker.metrics if "loss/g" in metrics]
    assert steps == sorted(set(steps))
    assert steps[-1] == result.images_seen
    names = {name for _, metrics in tracker.metrics for name in metrics}
    assert {"loss/g", "loss/d", "real_sign", "throughput/kimg_per_min", "quality/kernel_distance"} <= names


def test_changed_pictures_and_a_second_trainer_are_refused(tmp_path: Path) -> None:
    short = replace(CONFIG, growth=replace(CONFIG.growth, enabled=False, full_size_images=8))
    train(short, faces(), tmp_path)
    with pytest.raises(ValueError, match="pictures changed"):
        train(short, faces(seed=1), tmp_path)
    with lock_folder(tmp_path / short.fingerprint()), pytest.raises(FolderInUseError):
        train(short, faces(), tmp_path)
    with pytest.raises(ValueError, match="no face"):
        train(short, faces(), tmp_path, rows=np.array([], dtype=np.int64))


def spoil(monkeypatch: pytest.MonkeyPatch, when: range) -> None:
    """Real pictures at these moments hold NaN."""
    batch = Reals.batch

    def spoiled(self: Reals, images: int, count: int) -> torch.Tensor:
        pictures = batch(self, images, count)
        return pictures * torch.nan if images in when else pictures

    monkeypatch.setattr(Reals, "batch", spoiled)


def test_one_bad_picture_costs_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, range(40, 41))
    trainer = Trainer(CONFIG, faces(), np.arange(48), tmp_path)
    trainer.run()
    assert trainer.state.is_finite()
    assert trainer.state.rollbacks == 0


def test_nan_in_a_weight_rolls_back_with_half_the_rate(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = replace(CONFIG, guard=GuardConfig(bad_steps=2))
    trainer = Trainer(config, faces(), np.arange(48), tmp_path)

    def poison(images: int, total: int) -> None:
        if images == 96 and trainer.state.rollbacks == 0:
            trainer.state.generator_adam.values[5] = torch.nan

    trainer.on_progress = poison
    with caplog.at_level(logging.WARNING):
        assert trainer.run().images_seen == 192
    assert (trainer.state.rollbacks, trainer.state.lr_scale) == (1, 0.5)
    assert trainer.state.is_finite()
    assert "NaN: back to" in caplog.text


def test_nan_that_comes_back_gives_up_and_keeps_the_good_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(CONFIG, guard=GuardConfig(bad_steps=2, rollbacks=2))
    spoil(monkeypatch, range(100, 10**6))
    with pytest.raises(TrainingDivergedError, match="after 2 rollbacks"):
        train(config, faces(), tmp_path)
    newest = list_checkpoints(tmp_path / config.fingerprint())[0]
    assert load_generator(newest / "generator.safetensors")


def test_a_collapse_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anime_gen.stylegan2.monitoring.alarms.PATIENCE", 1)
    values = iter([1.0, 0.9, 0.1, 0.1])
    monkeypatch.setattr(
        "anime_gen.stylegan2.monitoring.monitor.Monitor.measure",
        lambda self, generated: {"variety/colour": next(values), "quality/kernel_distance": 1.0},
    )
    with pytest.raises(TrainingCollapsedError, match="colour"):
        train(CONFIG, faces(), tmp_path)
