"""What happens around every `kedro run`: a place for the data, and one MLflow run that tells the whole story."""

import datetime
import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import yaml
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from anime_gen.images import FaceStore
from anime_gen.project import Project, about
from anime_gen.project.known import known_to
from anime_gen.project.parameters import checked
from anime_gen.project.settings_reader import ProjectConfigLoader
from anime_gen.tracking.abandoned import close_abandoned
from anime_gen.tracking.active import activate, active_tracker, close_active
from anime_gen.tracking.flat import flatten, nested
from anime_gen.tracking.mlflow_tracker import MlflowTracker, dataset_of
from anime_gen.tracking.store import TrackingSettings, TrackingStore

logger = logging.getLogger(__name__)

REPORT_SUFFIX = "_report"
PARAMETER = "params:"


FACES = "face_store"
SUB_MODELS = "tagger"
GENERATOR = "generator_card"
OF_THE_GENERATOR = ("generator", "directions")
"""Reports that judge a generator, and so belong to the run that trained it as well."""


class ProjectHooks:
    """Chooses the source a run works on, checks its parameters, and fills in `tracking_store`."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read the settings; an unknown parameter, in whatever stage, ends the command here."""
        loader = context.config_loader
        if not isinstance(loader, ProjectConfigLoader):
            raise TypeError("settings.CONFIG_LOADER_CLASS must be a ProjectConfigLoader, which knows the sources")
        self._project = Project.of(loader, Path(context.project_path))
        loader["parameters"] = checked(loader["parameters"], known_to(loader))
        self._store = TrackingStore.of(self._project)

    @hook_impl
    def after_catalog_created(self, catalog: CatalogProtocol[Any, Any]) -> None:
        """Say where runs and models are."""
        catalog.save("tracking_store", self._store)

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Say which source the run is about, and give a new one its folder."""
        for line in self._project.told():
            logger.info(line)
        self._ingests = FACES in pipeline.all_outputs()
        if self._ingests:
            self._project.claim()

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str) -> None:
        """The source whose faces were read is the one that the project works on."""
        if dataset_name == FACES:
            self._project.remember()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """So is the source that was ingested; what its faces and sub-models were made with stays with it."""
        if dataset_name == FACES:
            self._project.remember()
            self._project.note(about.FACES)
        elif dataset_name == SUB_MODELS:
            self._project.note(about.LABELS)

    @hook_impl
    def on_pipeline_error(self) -> None:
        """A source that could not be ingested keeps no folder."""
        if self._ingests:
            self._project.release()


class MlflowHooks:
    """One MLflow run per `kedro run`, through the client: nothing stays open, whatever happens."""

    @hook_impl(trylast=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Read mlflow.yml."""
        self._project_path = Path(context.project_path)
        self._remembered = getattr(context.config_loader, "remembered", {})
        self._source = self._remembered.get("source", {})
        self._settings = TrackingSettings.model_validate(context.config_loader["mlflow"])

    @hook_impl
    def before_pipeline_run(
        self, run_params: Mapping[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Start the run with its parameters and tags; a store that does not answer stops the command here."""
        from anime_gen.tracking.notes import note_for

        self._tracking = TrackingStore(self._settings, self._project_path)
        client = self._tracking.client()
        close_abandoned(client)
        params = _parameters(pipeline, catalog)
        experiment = experiment_of(pipeline, self._settings.experiments)
        self._trains = GENERATOR in pipeline.all_outputs()
        tracker = MlflowTracker.start(
            client,
            self._tracking.experiment_id(client, experiment, note_for(experiment)),
            run_name(run_params.get("pipeline_names"), params, self._source, datetime.date.today()),
            run_tags(run_params, self._project_path, self._remembered),
        )
        activate(tracker)
        given = flatten(run_params.get("runtime_params") or {})
        tracker.log_params({key: value for key, value in flatten(params).items() if key in self._settings.parameters})
        tracker.log_params({key: value for key, value in given.items() if key not in self._settings.parameters})
        tracker.log_text(yaml.safe_dump(nested(params), sort_keys=False, allow_unicode=True), "parameters.yml")
        tracker.tell()
        self._inputs_told: set[str] = set()
        self._generator: Mapping[str, Any] = {}
        if self._settings.system_metrics:
            tracker.watch_system()

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        """Tell which pictures the run reads; remember of which generator it speaks."""
        self._tell_faces(data)
        if dataset_name == GENERATOR and isinstance(data, Mapping):
            self._generator = data

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Log every `<name>_report`: its headline figures, its tables, itself."""
        self._tell_faces(data)
        tracker = active_tracker()
        if dataset_name.endswith(REPORT_SUFFIX) and isinstance(data, Mapping) and isinstance(tracker, MlflowTracker):
            name, step = dataset_name.removesuffix(REPORT_SUFFIX), _images_seen(data, self._generator)
            tracker.log_report(name, data, step)
            if name in OF_THE_GENERATOR and not self._trains:
                tracker.also_to_training(Path(str(self._generator.get("run"))).name, name, data, step)

    @hook_impl
    def after_node_run(self) -> None:
        """Bring the run's page up to date."""
        tracker = active_tracker()
        if isinstance(tracker, MlflowTracker):
            tracker.tell()

    @hook_impl
    def after_pipeline_run(self) -> None:
        """End the run as FINISHED."""
        close_active("FINISHED")

    @hook_impl
    def on_pipeline_error(self) -> None:
        """End the run as FAILED. Ctrl-C and signals do not come here: the session ends that run as KILLED."""
        close_active("FAILED")

    def _tell_faces(self, data: Any) -> None:
        tracker = active_tracker()
        if not isinstance(data, FaceStore) or not isinstance(tracker, MlflowTracker):
            return
        if data.fingerprint in self._inputs_told:
            return
        self._inputs_told.add(data.fingerprint)
        faces = dataset_of({"folder": data.place.name} | data.facts, data_name(self._source))
        tracker.log_dataset(faces, "training" if self._trains else "evaluation")
        tracker.set_tags({"data.fingerprint": data.fingerprint})


STAGES = ("ingest", "tag", "train", "directions", "evaluate", "publish")


def experiment_of(pipeline: Pipeline, experiments: Mapping[str, str]) -> str:
    """Whatever trains a generator is a training run; any other belongs to its last stage."""
    stages = [stage for stage in STAGES if any(stage in node.tags for node in pipeline.nodes)]
    key = "train" if "train" in stages or not stages else stages[-1]
    return experiments.get(key, f"anime-{key}")


def run_name(names: list[str] | None, params: Mapping[str, Any], source: Mapping[str, Any], day: datetime.date) -> str:
    """`drawn-64px-3fa9c1-2026-11-22`: data, size of what is made, fingerprint of the settings, day.

    A run of other stages than the chain's or training's begins with their names.
    """
    settings = flatten(params)
    resolution = settings.get("train.network.resolution") or settings.get("faces.resolution_px")
    mark = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:6]
    stages = [name for name in names or [] if name not in ("__default__", "train")]
    parts = [*stages, data_name(source), f"{resolution}px" if resolution else "", mark, day.isoformat()]
    return "-".join(part for part in parts if part)


def data_name(source: Mapping[str, Any]) -> str:
    """`faces` for the folder my/faces, `drawn` for the default drawn ones."""
    from anime_gen.project.sources import plain_name

    return plain_name(source).removesuffix("-default-0")


def run_tags(run_params: Mapping[str, Any], project_path: Path, remembered: Mapping[str, Any]) -> dict[str, str]:
    """User, commit, device, versions, environment and the command that repeats the run, with what was `remembered`."""
    from anime_gen.tracking.provenance import device_tag, kedro_command, source_tags, version_tags

    names = run_params.get("pipeline_names")
    tags = source_tags(project_path, f"kedro run --pipelines={','.join(names)}" if names else "kedro run")
    tags |= {
        "device": device_tag(),
        "command": kedro_command(run_params, remembered, command_line()),
        "kedro.env": str(run_params.get("env") or "base"),
    }
    return tags | version_tags()


def command_line() -> Mapping[str, Any]:
    """Options of the `kedro run` under way, some of which Kedro does not hand to its hooks."""
    context = click.get_current_context(silent=True)
    return context.params if context is not None else {}


def _parameters(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> dict[str, Any]:
    """The parameters this pipeline reads, by name without `params:`."""
    names = sorted(name for name in pipeline.inputs() if name.startswith(PARAMETER))
    return {name.removeprefix(PARAMETER): catalog.load(name) for name in names}


def _images_seen(*reports: Mapping[str, Any]) -> int:
    """Images the generator had seen, by the first of `reports` that says so."""
    stated = (report.get("images_seen") for report in reports)
    return next((int(seen) for seen in stated if isinstance(seen, int | float)), 0)
