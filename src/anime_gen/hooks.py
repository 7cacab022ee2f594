"""What happens around every `kedro run`: a place for the data, and one MLflow run that tells the whole story."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, MemoryDataset
from kedro.pipeline import Pipeline

from anime_gen.tracking.active import activate, active_tracker, close_active
from anime_gen.tracking.flat import flatten, numbers
from anime_gen.tracking.mlflow_tracker import MlflowTracker
from anime_gen.tracking.store import TrackingSettings, TrackingStore

REPORT_SUFFIX = "_report"
PARAMETER = "params:"


class ProjectHooks:
    """Gives nodes two free datasets.

    `data_folder`: the absolute path under which a run keeps everything. `tracking_store`: where runs and models are.
    """

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Remember where data and models lie, by globals.yml and mlflow.yml."""
        project = Path(context.project_path)
        self._data_folder = project / context.config_loader["globals"]["data_folder"]
        self._store = TrackingStore(TrackingSettings.model_validate(context.config_loader["mlflow"]), project)

    @hook_impl
    def after_catalog_created(self, catalog: CatalogProtocol) -> None:
        """Put both into the catalog."""
        catalog["data_folder"] = MemoryDataset(self._data_folder.resolve(), copy_mode="assign")
        catalog["tracking_store"] = MemoryDataset(self._store, copy_mode="assign")


class MlflowHooks:
    """One MLflow run per `kedro run`, through the client: nothing stays open, whatever happens."""

    def __init__(self) -> None:
        self._monitor: Any = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read mlflow.yml."""
        self._project_path = Path(context.project_path)
        self._settings = TrackingSettings.model_validate(context.config_loader["mlflow"])

    @hook_impl
    def before_pipeline_run(self, run_params: Mapping[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        """Start the run with its parameters and tags; a store that does not answer stops the command here."""
        from anime_gen.tracking.notes import note_for

        store = TrackingStore(self._settings, self._project_path)
        client = store.client()
        params = _parameters(pipeline, catalog)
        experiment = self._experiment(run_params.get("pipeline_names"))
        tracker = MlflowTracker.start(
            client,
            store.experiment_id(client, experiment, note_for(experiment)),
            run_name(run_params.get("pipeline_names"), params, datetime.date.today()),
            run_tags(run_params, self._project_path),
        )
        activate(tracker)
        tracker.log_params(params)
        self._inputs_told: set[str] = set()
        self._monitor = _start_monitor(tracker.run_id) if self._settings.system_metrics else None

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
        self._end("FINISHED")

    @hook_impl
    def on_pipeline_error(self) -> None:
        """End the run as FAILED. Ctrl-C does not come here: the session ends that run as KILLED."""
        self._end("FAILED")

    def _end(self, status: str) -> None:
        if self._monitor is not None:
            self._monitor.finish()
            self._monitor = None
        close_active(status)

    def _experiment(self, names: list[str] | None) -> str:
        known = self._settings.experiments
        key = names[0] if names and len(names) == 1 else "__default__"
        return known.get(key, known.get("__default__", "anime-chain"))

    def _tell_faces(self, dataset_name: str, data: Any) -> None:
        tracker = active_tracker()
        if dataset_name != "face_store" or not isinstance(data, Mapping) or not isinstance(tracker, MlflowTracker):
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


def run_tags(run_params: Mapping[str, Any], project_path: Path) -> dict[str, str]:
    """Commit, device, versions, environment and the command that repeats the run."""
    from anime_gen.tracking.provenance import device_tag, git_tags, kedro_command, version_tags

    tags = git_tags(project_path) | version_tags()
    tags |= {
        "device": device_tag(),
        "command": kedro_command(run_params),
        "kedro.run_id": str(run_params.get("run_id")),
    }
    return tags | {"kedro.env": str(run_params.get("env") or "base")}


def _parameters(pipeline: Pipeline, catalog: CatalogProtocol) -> dict[str, Any]:
    """The parameters this pipeline reads, by name without `params:`."""
    names = sorted(name for name in pipeline.inputs() if name.startswith(PARAMETER))
    return {name.removeprefix(PARAMETER): catalog.load(name) for name in names}


def _images_seen(report: Mapping[str, Any]) -> int:
    seen = report.get("images_seen", 0)
    return int(seen) if isinstance(seen, int | float) else 0


def _start_monitor(run_id: str) -> Any:
    """MLflow's thread that samples CPU, memory and GPU every ten seconds."""
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    monitor = SystemMetricsMonitor(run_id)
    monitor.start()
    return monitor
