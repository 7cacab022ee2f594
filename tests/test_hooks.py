import datetime
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from pydantic import BaseModel

from anime_gen.hooks import MlflowHooks, ProjectHooks, experiment_of, run_name
from anime_gen.images import write_store
from anime_gen.pipeline_registry import register_pipelines
from anime_gen.project.parameters import UnknownParameterError
from anime_gen.project.settings_reader import ProjectConfigLoader
from anime_gen.settings import CONFIG_LOADER_ARGS
from anime_gen.tracking import active_tracker
from anime_gen.tracking.active import close_active
from anime_gen.tracking.address import absolute_uri
from anime_gen.tracking.store import RegistryUnreachableError, TrackingStore
from tests.conftest import ROOT


class TrainParameters(BaseModel):
    batch: int = 8
    inner: dict[str, int] = {"depth": 2}


REPORT = {"kid": 0.25, "images_seen": 500, "words": "fine", "parts": {"hair": {"f1": 0.5, "bad": float("nan")}}}


def judge(train: TrainParameters, attributes: dict, face_store: dict) -> dict:
    return REPORT


PIPELINE = Pipeline(
    [Node(judge, ["params:train", "params:attributes", "face_store"], "generator_report", name="judge")]
)
RUN = {"pipeline_names": ["train"], "env": "smoke", "runtime_params": {"train": {"batch": 8}}, "run_id": "now"}


@pytest.fixture
def catalog() -> DataCatalog:
    return DataCatalog(
        {
            "params:train": MemoryDataset(TrainParameters()),
            "params:attributes": MemoryDataset({"smile": {"low": -1}}),
            "face_store": MemoryDataset("faces"),
        }
    )


@pytest.fixture
def context(store: TrackingStore, tmp_path: Path) -> SimpleNamespace:
    settings = {
        "tracking_uri": store.uri,
        "experiments": {"train": "anime-training", "evaluate": "anime-evaluation"},
        "parameters": ["train.batch"],
    }
    return SimpleNamespace(
        project_path=tmp_path, config_loader={"mlflow": settings, "globals": {"data_folder": "data"}}
    )


@pytest.fixture
def hooks(context: SimpleNamespace) -> MlflowHooks:
    hooks = MlflowHooks()
    hooks.after_context_created(context)
    return hooks


def test_a_run_tells_the_whole_story(hooks: MlflowHooks, catalog: DataCatalog, store: TrackingStore, tmp_path: Path):
    hooks.before_pipeline_run(RUN, PIPELINE, catalog)
    run_id = active_tracker().run_id
    faces = write_store(tmp_path / "faces", np.zeros((10, 16, 16, 3), np.uint8))
    faces.source["kind"] = "drawn"
    hooks.after_dataset_loaded("face_store", faces)
    hooks.after_dataset_loaded("face_store", faces)
    hooks.after_dataset_saved("generator_report", REPORT)
    hooks.after_dataset_saved("tags", "no report")
    hooks.after_pipeline_run()
    client = store.client()
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert re.fullmatch(rf"drawn-[0-9a-f]{{6}}-{datetime.date.today().isoformat()}", run.info.run_name)
    assert run.data.params == {"train.batch": "8"}
    settings = yaml.safe_load(Path(client.download_artifacts(run_id, "parameters.yml")).read_text())
    assert settings == {"train": {"batch": 8, "inner": {"depth": 2}}, "attributes": {"smile": {"low": -1}}}
    assert run.data.metrics == {"generator.kid": 0.25}
    assert client.get_metric_history(run_id, "generator.kid")[0].step == 500
    tags = run.data.tags
    assert tags["command"] == "kedro run --pipelines=train --env=smoke --params=train.batch=8"
    assert tags["data.fingerprint"] == faces.fingerprint
    assert tags["device"]
    assert tags["mlflow.user"]
    assert tags["mlflow.source.name"] == "kedro run --pipelines=train"
    assert tags["mlflow.note.content"].startswith("KID 0.25.")
    assert [entry.dataset.name for entry in run.inputs.dataset_inputs] == ["drawn"]
    experiment = client.get_experiment(run.info.experiment_id)
    assert experiment.name == "anime-training"
    note = experiment.tags["mlflow.note.content"]
    assert "images seen" in note
    assert not note.startswith("*"), "lists show a note as it is written"


@pytest.mark.parametrize("status", ["FAILED", "KILLED"])
def test_no_run_stays_open_after_trouble(hooks: MlflowHooks, catalog: DataCatalog, store: TrackingStore, status: str):
    hooks.before_pipeline_run(RUN | {"pipeline_names": ["a", "b"]}, PIPELINE, catalog)
    run_id = active_tracker().run_id
    hooks.on_pipeline_error() if status == "FAILED" else close_active("KILLED")
    run = store.client().get_run(run_id)
    assert run.info.status == status
    assert run.info.run_name.startswith("a-b-")


def test_a_dead_server_ends_the_command_before_work(hooks, catalog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(RegistryUnreachableError, match=r"127\.0\.0\.1:9 cannot be reached"):
        hooks.before_pipeline_run(RUN, PIPELINE, catalog)


def project_context(project: Path, **params: object) -> SimpleNamespace:
    loader = ProjectConfigLoader(str(ROOT / "conf"), "smoke", runtime_params=params, **CONFIG_LOADER_ARGS)
    return SimpleNamespace(project_path=project, config_loader=loader)


def test_nodes_get_the_store(tmp_path: Path, store: TrackingStore):
    catalog, hooks = DataCatalog({"tracking_store": MemoryDataset(copy_mode="assign")}), ProjectHooks()
    hooks.after_context_created(project_context(tmp_path))
    hooks.after_catalog_created(catalog)
    assert catalog.load("tracking_store").uri == store.uri


INGEST = Pipeline([Node(lambda source: source, "params:source", "face_store", name="ingest")])


def test_another_source_gets_a_folder_of_its_own_and_the_catalog_follows(tmp_path: Path, store: TrackingStore, caplog):
    caplog.set_level("INFO", logger="anime_gen")
    places = []
    for params in ({"kind": "folder", "path": "faces"}, {}, {"kind": "drawn"}, {}):
        context, hooks = project_context(tmp_path, **({"source": params} if params else {})), ProjectHooks()
        hooks.after_context_created(context)
        hooks.before_pipeline_run(INGEST)
        hooks.after_dataset_saved("face_store")
        places.append(context.config_loader["catalog"]["tags"]["filepath"])
    assert places[0] == places[1] == "data/smoke/05_model_input/tags.parquet"
    assert places[2] == places[3] != places[0]
    assert places[2].startswith("data/smoke/sources/drawn-default-0-")
    assert "folder faces, as in the run before" in caplog.text
    assert "apart from those of folder faces" in caplog.text
    assert "Back to the other: --params source.kind=folder,source.path=faces" in caplog.text


def test_a_source_that_could_not_be_ingested_changes_nothing(tmp_path: Path, store: TrackingStore):
    for source in ({"kind": "folder", "path": "fcaes"}, {"kind": "folder", "path": "faces"}):
        context, hooks = project_context(tmp_path, source=source), ProjectHooks()
        hooks.after_context_created(context)
        hooks.before_pipeline_run(INGEST)
        assert context.config_loader["globals"]["source_folder"] == "data/smoke"
        hooks.on_pipeline_error()


@pytest.mark.parametrize("stage", ["train", "directions.fit", "tag.hair.sub_model", "faces"])
def test_a_misspelt_setting_of_any_stage_ends_the_command(tmp_path: Path, store: TrackingStore, stage: str):
    params: dict = {"sead": 1}
    for part in reversed(stage.split(".")):
        params = {part: params}
    with pytest.raises(UnknownParameterError, match=f"no parameter {stage}.sead"):
        ProjectHooks().after_context_created(project_context(tmp_path, **params))


def test_names_a_person_can_read():
    day = datetime.date(2026, 11, 22)
    settings = {"faces": {"resolution_px": 64}, "train": {"network": {"resolution": 32}}}
    one = run_name(["train"], settings, {"kind": "folder", "path": "my/faces"}, day)
    assert re.fullmatch(r"faces-32px-[0-9a-f]{6}-2026-11-22", one)
    other = run_name(["train"], settings | {"seed": 1}, {"kind": "folder", "path": "my/faces"}, day)
    assert other != one
    assert re.fullmatch(r"drawn-32px-[0-9a-f]{6}-2026-11-22", run_name(None, settings, {}, day))
    assert run_name(["evaluate"], {}, {}, day).startswith("evaluate-drawn-")


def test_whatever_trains_a_generator_is_a_training_run():
    names = {"train": "anime-training", "evaluate": "anime-evaluation"}
    pipelines = register_pipelines()
    expected = {"train": "anime-training", "__default__": "anime-training", "evaluate": "anime-evaluation"}
    assert {name: experiment_of(pipelines[name], names) for name in expected} == expected
    assert experiment_of(pipelines["directions"] + pipelines["evaluate"], names) == "anime-evaluation"


def test_a_relative_database_counts_from_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir("/")
    assert absolute_uri("sqlite:///mlflow.db", tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    assert absolute_uri(f"sqlite:///{tmp_path}/x.db", Path("/other")) == f"sqlite:///{tmp_path}/x.db"
    assert absolute_uri("http://there", tmp_path) == "http://there"
