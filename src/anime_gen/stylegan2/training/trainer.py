"""The training loop: phases over the image clock, checkpoints, recovery."""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anime_gen.distributed import ALONE, Group, launch
from anime_gen.distributed.launch import WorkerLostError
from anime_gen.images.faces import Faces
from anime_gen.paths import user_path
from anime_gen.stylegan2.inference.allocator import keep_freed_memory
from anime_gen.stylegan2.monitoring.health import Health
from anime_gen.stylegan2.monitoring.report import Report
from anime_gen.stylegan2.networks.weights import save_network
from anime_gen.stylegan2.training.checkpoint import load_checkpoint, save_checkpoint
from anime_gen.stylegan2.training.growth import Schedule, Stage, schedule
from anime_gen.stylegan2.training.hardware import choose_device, choose_precision, choose_workers
from anime_gen.stylegan2.training.inputs import Inputs
from anime_gen.stylegan2.training.interruption import StopRequest, TrainingInterruptedError
from anime_gen.stylegan2.training.reals import Reals, data_fingerprint
from anime_gen.stylegan2.training.run_folder import check_disk, check_run, lock_folder
from anime_gen.stylegan2.training.start import DISCRIMINATOR, GENERATOR, load_start
from anime_gen.stylegan2.training.state import TrainingState, new_state
from anime_gen.stylegan2.training.step import Step
from anime_gen.stylegan2.training.tag_set import TagSet
from anime_gen.stylegan2.training.training_config import TrainingConfig
from anime_gen.threads import threads, threads_for
from anime_gen.tracker import Tracker

logger = logging.getLogger(__name__)


class TrainingDivergedError(RuntimeError):
    """NaN or infinity came back after every rollback that the configuration allows."""


@dataclass(frozen=True)
class TrainingResult:
    """What a finished run left behind."""

    generator_path: Path
    discriminator_path: Path
    newest_samples: Path
    run_folder: Path
    resolution: int
    images_seen: int
    seconds: float


def train(
    config: TrainingConfig,
    faces: Faces,
    run_folder: Path,
    tracker: Tracker | None = None,
    rows: np.ndarray | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    tags: TagSet | None = None,
) -> TrainingResult:
    """Train, or continue, the run of this configuration in `run_folder/<fingerprint>`.

    `rows` picks the faces to train on (default: all), `tags` belong to them; `on_progress(images, total)` is called at
    every tick. Raises `TrainingInterruptedError` after Ctrl-C or SIGTERM, when all is saved, and `ValueError` if the
    data changed, or tags are lacking that the configuration asks for.
    """
    keep_freed_memory()
    chosen = np.arange(len(faces)) if rows is None else np.asarray(rows, dtype=np.int64)
    if len(chosen) == 0:
        raise ValueError("there is no face to train on; check the source and the split column of the index")
    config = with_condition(config, tags, len(chosen))
    folder = run_folder / config.fingerprint(tags.fingerprint if tags else "")
    device = choose_device(config.run.device)
    engine = config.run.engine
    workers = choose_workers(config.run.workers, config.parts(), device.type, engine)
    lead = partial(_lead, config, faces, chosen, folder, tags, tracker, on_progress)
    follow = partial(_follow, config, faces, chosen, folder, tags)
    with threads(config.run.threads or (1 if workers > 1 else threads_for(config.pass_cost()))):
        try:
            return launch(lead, follow, workers, device.type, engine)
        except WorkerLostError as error:
            raise WorkerLostError(f"{error}; the same command continues from the last checkpoint") from error


def _lead(
    config: TrainingConfig,
    faces: Faces,
    rows: np.ndarray,
    folder: Path,
    tags: TagSet | None,
    tracker: Tracker | None,
    on_progress: Callable[[int, int], None] | None,
    group: Group,
) -> TrainingResult:
    return Trainer(config, faces, rows, folder, tracker, on_progress, tags, group).run()


def _follow(
    config: TrainingConfig, faces: Faces, rows: np.ndarray, folder: Path, tags: TagSet | None, group: Group
) -> None:
    Trainer(config, faces, rows, folder, tags=tags, group=group).follow()


def with_condition(config: TrainingConfig, tags: TagSet | None, pictures: int) -> TrainingConfig:
    """The configuration with the tags' columns in its networks; `ValueError` if tags are needed and lacking."""
    if tags is not None and len(tags.values) != pictures:
        raise ValueError(f"there are tags of {len(tags.values)} pictures for {pictures}; run the tag stage again")
    if config.condition == "none":
        if config.tags.quantiles > 0 and tags is None:
            raise ValueError(
                "tags.quantiles needs sub-models that read the pictures; run the tag stage, or set it to 0"
            )
        return config
    if tags is None:
        raise ValueError(
            "condition: tags needs the tags of the pictures and the sub-models that read them: run the tag stage "
            "(kedro run --pipelines=tag), or set condition: none to train without"
        )
    return replace(config, network=replace(config.network, condition=tags.columns))


class Trainer:
    """One run in its folder; worker 0 of the group leads it: it alone reports, measures and saves."""

    def __init__(
        self,
        config: TrainingConfig,
        faces: Faces,
        rows: np.ndarray,
        folder: Path,
        tracker: Tracker | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        tags: TagSet | None = None,
        group: Group = ALONE,
    ) -> None:
        self.config, self.faces, self.rows, self.folder = config, faces, rows, folder
        self.tags, self.group = tags, group
        self.tracker, self.on_progress = tracker, on_progress
        self.device = choose_device(config.run.device)
        self.dtype = choose_precision(config.precision, self.device)
        self.schedule: Schedule = schedule(config.growth)
        self.state: TrainingState = new_state(config, self.device, tags)
        self.step = Step(Inputs(config, self.state, self.device, self.dtype, tags, group))
        self.started_from: dict[str, Any] = {}
        self.reals: Reals | None = None

    def run(self) -> TrainingResult:
        """Go through the stages until the schedule ends, leading the other workers."""
        with lock_folder(self.folder), StopRequest() as stop:
            if self.tracker:
                self.tracker.log_params({"training": self.folder.name})
            self._resume()
            self.group.wait()
            while self.state.images < self.schedule.total:
                stage = self.schedule.at(self.state.images)
                report = Report(self.config, self.schedule, self.folder, self.tracker, self.state)
                self._run_stage(stage, report, stop)
                if stop.signal_number is not None and self.state.images < self.schedule.total:
                    raise TrainingInterruptedError(stop.signal_number, self.state.images)
            return self._result()

    def follow(self) -> None:
        """The same steps from the same state, without a word, until worker 0 ends the run."""
        self.group.wait()
        load_checkpoint(self.folder, self.state)
        while self.state.images < self.schedule.total:
            if not self._run_stage(self.schedule.at(self.state.images), None, StopRequest()):
                return

    def _resume(self) -> None:
        """Take up the newest checkpoint, or write the first one."""
        data = data_fingerprint(self.faces, self.rows)
        check_disk(self.folder, self.state, self.config.run.keep_checkpoints)
        info = load_checkpoint(self.folder, self.state)
        finished = self.state.images >= self.schedule.total
        check_run(self.folder, self.config.to_json(), data, self.config.run.accept_changed_data, finished)
        if info is None:
            if self.config.start_from:
                self.started_from = load_start(
                    user_path(self.config.start_from), self.state, self.schedule.stages[0].resolution
                )
            self._save()
        else:
            self.started_from = info.get("started_from", {})
            logger.info("continuing %s at %s images", self.folder, f"{self.state.images:,}")

    def _run_stage(self, stage: Stage, report: Report | None, stop: StopRequest) -> bool:
        """Train on one resolution until its end; False if worker 0 was asked to stop before. Followers don't report."""
        tags = self.tags.values if self.tags else None
        reals = Reals(self.faces, self.rows, stage.resolution, self.config.seed, self.device, tags, self.reals)
        self.reals = reals
        for adam in (self.state.generator_adam, self.state.discriminator_adam):
            adam.set_resolution(stage.resolution)
        run = self.config.run
        health = Health(stage, self.schedule, reals, self.config.guard.alarm_pictures) if report else None
        means: dict[str, float] = {}
        since = time.perf_counter()
        while self.state.images < stage.end:
            self.step.run(stage, reals)
            stopping = self.group.agree(stop.signal_number is not None)
            last = self.state.images >= stage.end or stopping
            if last or self._crossed(run.tick_images, stage):
                now = time.perf_counter()
                self.state.seconds += now - since
                since = now
                means = self.step.take_statistics()
                if report:
                    report.tick(stage, self.state, means, last)
                self._recover()
                if self.on_progress:
                    self.on_progress(self.state.images, self.schedule.total)
            if report and (last or self._crossed(run.grid_images, stage)):
                report.samples(stage, self.state)
            if last or self._crossed(run.checkpoint_images, stage):
                if report and health:
                    report.log(health.check(self.state, means), self.state.images)
                self._save(health)
            if stopping:
                return False
        return True

    def _crossed(self, interval: int, stage: Stage) -> bool:
        """Whether the last step passed a multiple of the interval on the image clock."""
        return self.state.images // interval != (self.state.images - stage.batch) // interval

    def _recover(self) -> None:
        """After too many skipped steps go back to the last checkpoint with half the learning rate."""
        if self.state.take_bad_steps() >= self.config.guard.bad_steps:
            self._roll_back()

    def _roll_back(self) -> None:
        rollbacks, lr_scale = self.state.rollbacks + 1, self.state.lr_scale / 2
        if rollbacks > self.config.guard.rollbacks:
            raise TrainingDivergedError(
                f"NaN or infinity came back after {rollbacks - 1} rollbacks; lower growth.stages.learning_rate or "
                f"raise loss.r1_gamma. The last good checkpoint is kept in {self.folder}"
            )
        load_checkpoint(self.folder, self.state)
        self.state.rollbacks, self.state.lr_scale = rollbacks, lr_scale
        logger.warning("NaN: back to %s images at %g of the learning rate", f"{self.state.images:,}", lr_scale)

    def _save(self, health: Health | None = None) -> None:
        """Write a checkpoint and mark it if it is the best; a state with NaN in it is rolled back instead."""
        if not self.state.is_finite():
            self._roll_back()
            return
        if self.group.rank > 0:
            return
        best = health is not None and health.is_best(self.state)
        save_checkpoint(self.state, self.folder, self._card(), self.config.run.keep_checkpoints, best)

    def _card(self) -> dict[str, Any]:
        """What the files of this run say about themselves."""
        return {
            "config": self.config.to_json(),
            "data": data_fingerprint(self.faces, self.rows),
            "pictures": len(self.rows),
            "seed": self.config.seed,
            "images_seen": self.state.images,
            "started_from": self.started_from,
            "seconds": round(self.state.seconds, 1),
            "device": str(self.device),
            "precision": str(self.dtype).removeprefix("torch."),
            "threads": torch.get_num_threads(),
            "torch": str(torch.__version__),
        }

    def _result(self) -> TrainingResult:
        newest = self.folder / (self.folder / "LATEST").read_text(encoding="utf-8").strip()
        path = self.folder / GENERATOR
        shutil.copyfile(newest / GENERATOR, path)
        critic = self.folder / DISCRIMINATOR
        save_network(self.state.discriminator, critic, self._card())
        samples = max((self.folder / "samples").glob("*.png"))
        resolution = self.config.network.resolution
        return TrainingResult(path, critic, samples, self.folder, resolution, self.state.images, self.state.seconds)
