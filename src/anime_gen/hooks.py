"""What happens around every `kedro run`: a place for the data, and one MLflow run that tells the whole story."""

import datetime
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, MemoryDataset
from kedro.pipeline import Pipeline

from anime_gen.project import Project
from anime_gen.project.known import known_to
from anime_gen.project.parameters import checked
from anime_gen.project.settings_reader import ProjectConfigLoader
from anime_gen.tracking.abandoned import close_abandoned
from anime_gen.tracking.active import activate, active_tracker, close_active
from anime_gen.tracking.flat import flatten, numbers
from anime_gen.tracking.mlflow_tracker import MlflowTracker
from anime_gen.tracking.store import TrackingSettings, TrackingStore

logger = logging.getLogger(__name__)

REPORT_SUFFIX = "_report"
PARAMETER = "params:"


FACES = "face_store"


class ProjectHooks:
    """Chooses the source a run works on, checks its parameters, and gives nodes two free datasets.

    `data_folder`: the absolute path under which the source keeps everything. `tracking_store`: where runs and models
    are.
    """

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
        """Put both into the catalog."""
        catalog["data_folder"] = MemoryDataset(self._project.source_folder, copy_mode="assign")
        catalog["tracking_store"] = MemoryDataset(self._store, copy_mode="assign")

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
        """So is the source that was ingested."""
        if dataset_name == FACES:
            self._project.remember()

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
        self._source = getattr(context.config_loader, "source_named", {})
        self._settings = TrackingSettings.model_validate(context.config_loader["mlflow"])

    @hook_impl
    def before_pipeline_run(
        self, run_params: Mapping[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        """Start the run with its parameters and tags; a store that does not answer stops the command here."""
        from anime_gen.tracking.notes import note_for

        store = TrackingStore(self._settings, self._project_path)
        client = store.client()
        close_abandoned(client)
        params = _parameters(pipeline, catalog)
        experiment = self._experiment(run_params.get("pipeline_names"))
        tracker = MlflowTracker.start(
            client,
            store.experiment_id(client, experiment, note_for(experiment)),
            run_name(run_params.get("pipeline_names"), params, datetime.date.today()),
            run_tags(run_params, self._project_path, self._source),
        )
        activate(tracker)
        tracker.log_params(params)
        self._inputs_told: set[str] = set()
        if self._settings.system_metrics:
            tracker.watch_system()

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        """Tell which pictures the run reads."""
        self._tell_faces(dataset_name, data)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Log every `<name>_report` as figures `<name>.<key>` and as a JSON file."""
        self._tell_faces(dataset_name, data)
        tracker = active_tracker()
        if dataset_name.endswith(REPORT_SUFFIX) and isinstance(data, Mapping) and isinstance(tracker, MlflowTracker):
            name = dataset_name.removesuffix(REPORT_SUFFIX)
            tracker.log_metrics(numbers(data, name), step=_images_seen(data))
            tracker.log_dict(data, f"reports/{name}.json")

    @hook_impl
    def after_pipeline_run(self) -> None:
        """End the run as FINISHED."""
        close_active("FINISHED")

    @hook_impl
    def on_pipeline_error(self) -> None:
        """End the run as FAILED. Ctrl-C and signals do not come here: the session ends that run as KILLED."""
        close_active("FAILED")

    def _experiment(self, names: list[str] | None) -> str:
        known = self._settings.experiments
        key = names[0] if names and len(names) == 1 else "__default__"
        return known.get(key, known.get("__default__", "anime-chain"))

    def _tell_faces(self, dataset_name: str, data: Any) -> None:
        tracker = active_tracker()
        if dataset_name != FACES or not isinstance(data, Mapping) or not isinstance(tracker, MlflowTracker):
            return
        fingerprint = str(data.get("fingerprint", ""))
        if fingerprint in self._inputs_told:
            return
        self._inputs_told.add(fingerprint)
        source = data.get("source", "faces")
        name = str(source.get("kind", "faces") if isinstance(source, Mapping) else source)
        tracker.log_dataset(f"faces-{name}", fingerprint, str(data.get("folder", "")), "training")
        tracker.set_tags({"data.name": name, "data.fingerprint": fingerprint, "data.count": str(data.get("count", ""))})


def run_name(names: list[str] | None, params: Mapping[str, Any], day: datetime.date) -> str:
    """`train-64px-2026-11-22`: what ran, at which size if it has one, when."""
    what = "+".join(names) if names and names != ["__default__"] else "all"
    resolution = flatten(params).get("faces.resolution_px")
    size = f"-{resolution}px" if resolution else ""
    return f"{what}{size}-{day.isoformat()}"


def run_tags(run_params: Mapping[str, Any], project_path: Path, source: Mapping[str, Any]) -> dict[str, str]:
    """Commit, device, versions, environment and the command that repeats the run on the same `source`."""
    from anime_gen.tracking.provenance import device_tag, git_tags, kedro_command, version_tags

    tags = git_tags(project_path) | version_tags()
    tags |= {
        "device": device_tag(),
        "command": kedro_command(run_params, source, command_line()),
        "kedro.run_id": str(run_params.get("run_id")),
    }
    return tags | {"kedro.env": str(run_params.get("env") or "base")}


def command_line() -> Mapping[str, Any]:
    """Options of the `kedro run` under way, some of which Kedro does not hand to its hooks."""
    context = click.get_current_context(silent=True)
    return context.params if context is not None else {}


def _parameters(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> dict[str, Any]:
    """The parameters this pipeline reads, by name without `params:`."""
    names = sorted(name for name in pipeline.inputs() if name.startswith(PARAMETER))
    return {name.removeprefix(PARAMETER): catalog.load(name) for name in names}


def _images_seen(report: Mapping[str, Any]) -> int:
    seen = report.get("images_seen", 0)
    return int(seen) if isinstance(seen, int | float) else 0
