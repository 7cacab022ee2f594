"""One setting, stated in each way that Kedro allows, reaches pipelines, page, commands, labels and tracking alike."""

import json
import shutil
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from kedro.io import DataCatalog, MemoryDataset

from anime_gen.__main__ import main
from anime_gen.hooks import ProjectHooks
from anime_gen.project import open_project
from anime_gen.settings import CONFIG_LOADER_ARGS, CONFIG_LOADER_CLASS
from anime_gen.tracking.store import TrackingStore
from tests.conftest import ROOT

GLOBALS = "data_folder: elsewhere\n"
TRACKING = "tracking_uri: sqlite:///${globals:data_folder}/runs.db\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the settings of a fresh clone; one stands in a folder below it."""
    root = tmp_path / "project"
    shutil.copytree(ROOT / "conf", root / "conf")
    (root / "notebooks").mkdir()
    monkeypatch.chdir(root / "notebooks")
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return root


def state(project: Path, way: str) -> dict[str, str]:
    """State GLOBALS and TRACKING in one way; the options that a command then needs."""
    conf = project / "conf"
    if way == "conf-source":
        conf.rename(project / "settings")
        conf = project / "settings"
        (project / "conf" / "base").mkdir(parents=True)  # what marks the root
    layer = {"local": "local", "environment": "smoke", "KEDRO_ENV": "smoke"}.get(way, "base")
    (conf / layer / "globals.yml").write_text(GLOBALS)
    (conf / layer / "mlflow.yml").write_text(TRACKING)
    return {"conf-source": {"conf_source": "settings"}, "environment": {"env": "smoke"}}.get(way, {})


@pytest.mark.parametrize("way", ["base", "local", "environment", "KEDRO_ENV", "conf-source"])
def test_pipelines_page_and_commands_read_the_same(project: Path, way: str, monkeypatch: pytest.MonkeyPatch, capsys):
    options = state(project, way)
    if way == "KEDRO_ENV":
        monkeypatch.setenv("KEDRO_ENV", "smoke")
    place, database = project / "elsewhere", f"sqlite:///{project}/elsewhere/runs.db"

    # Kedro's session asks the hooks with a loader of its own.
    loader = CONFIG_LOADER_CLASS(
        str(project / options.get("conf_source", "conf")),
        options.get("env") or ("smoke" if way == "KEDRO_ENV" else None),
        **CONFIG_LOADER_ARGS,
    )
    catalog, hooks = DataCatalog({"tracking_store": MemoryDataset(copy_mode="assign")}), ProjectHooks()
    hooks.after_context_created(SimpleNamespace(project_path=project, config_loader=loader))
    hooks.after_catalog_created(catalog)
    assert catalog.load("tracking_store").uri == database
    assert loader["catalog"]["tags"]["filepath"] == "elsewhere/05_model_input/tags.parquet"

    # The page, with what stands behind `--` on its command line.
    monkeypatch.syspath_prepend(str(ROOT / "streamlit_app"))
    import components.project as page

    monkeypatch.setattr(page, "ROOT", project)
    written = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    monkeypatch.setattr(sys, "argv", [page.MAIN, *written])
    assert page.project().source_folder == place
    assert TrackingStore.of(page.project()).uri == database

    # Commands and notebooks.
    opened = open_project(**options)
    assert (opened.source_folder, TrackingStore.of(opened).uri) == (place, database)
    assert main(["register-shipped", *written]) == 1  # no shipped model here: but which registry was asked?
    assert (project / "elsewhere" / "runs.db").is_file()
    assert not list(project.rglob("*globals*data_folder*"))
    assert "no model yet" in capsys.readouterr().err


@pytest.mark.parametrize(("stated", "place"), [("~/faces", "home/faces"), ("2024", "project/2024")])
def test_data_may_lie_in_the_home_folder_or_in_one_called_by_a_number(
    project: Path, stated: str, place: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(project.parent / "home"))
    (project / "conf" / "local" / "globals.yml").write_text(f"data_folder: {stated}\n")
    opened = open_project()
    assert opened.source_folder == project.parent / place
    assert (project / opened.loader["catalog"]["tags"]["filepath"]).parents[1] == project.parent / place


def test_params_reach_the_page_and_the_commands_too(project: Path, capsys):
    given = {"source": {"kind": "folder", "path": "my/faces"}}
    assert open_project(params=given).chosen.settings["path"] == "my/faces"
    assert open_project(params={"train": {"seed": 9}}).parameters["train"]["seed"] == 9
    assert main(["summary", "--params", "source.kind=folder,source.path=my faces, cut"]) == 0
    assert "folder my faces, cut" in capsys.readouterr().out


def test_a_folder_called_like_an_interpolation_is_one(project: Path):
    assert open_project(params={"source": {"kind": "folder", "path": "${x}"}}).chosen.settings["path"] == "${x}"
    assert open_project(params={"source": {"kind": "folder", "path": "${x}"}}).parameters["source"]["path"] == "${x}"


def test_where_labels_come_from_stays_with_the_source_until_a_run_or_a_file_says_otherwise(project: Path):
    taught = {"tag": {"labels": {"taught_by": "data/06_models/shipped/taggers", "onnx": {"model": "a", "tags": "b"}}}}

    def labels(**said: object) -> dict:
        opened = open_project(params=said)
        opened.claim()
        opened.note("tag.labels")
        opened.remember()
        return opened.parameters["tag"]["labels"]

    own = {"kind": "folder", "path": "faces"}
    assert labels(source=own, **taught)["onnx"] == {"model": "a", "tags": "b"}
    assert labels()["taught_by"] == "data/06_models/shipped/taggers"
    assert "tag.labels.taught_by=null" in open_project().told()[1]
    assert open_project().loader.remembered["tag"] == taught["tag"]
    assert labels(tag={"labels": {"onnx": {"threshold": 0.9}}})["onnx"] == {"model": "a", "tags": "b", "threshold": 0.9}
    assert labels(source={"kind": "drawn"})["taught_by"] is None
    assert len(open_project().told()) == 1
    assert labels(source=own)["taught_by"] is not None
    assert labels(tag={"labels": {"taught_by": None}})["taught_by"] is None
    assert labels()["taught_by"] is None
    assert "taught_by" not in open_project().told()[1]
    assert labels(**taught)["taught_by"] is not None
    (project / "conf/local/parameters.yml").write_text("tag: {labels: {least: 7}}")
    assert labels()["taught_by"] is None


def test_how_pictures_are_framed_stays_with_the_source_but_not_how_many_processes_frame_them(project: Path):
    own = {"kind": "folder", "path": "faces"}

    def ingested(**said: object) -> dict:
        opened = open_project(params=said)
        opened.claim()
        opened.remember()
        opened.note("faces")
        return opened.parameters["faces"]

    ingested(source=own, faces={"resolution_px": 128, "framing": "pad", "workers": 1})
    again = open_project()
    faces = again.parameters["faces"]
    assert (faces["resolution_px"], faces["framing"], faces["workers"]) == (128, "pad", None)
    assert "faces.resolution_px=128" in again.told()[1]
    assert "--params faces.resolution_px=64,faces.framing=crop" in again.told()[1]
    assert again.loader.remembered["faces"] == {"resolution_px": 128, "framing": "pad"}
    assert open_project(params={"source": {"kind": "drawn"}}).parameters["faces"]["resolution_px"] == 64
    ingested(faces={"framing": "crop"})
    assert len(open_project().told()) == 2  # the resolution is still another
    (project / "conf/local/parameters.yml").write_text("faces: {min_side_px: 64}")
    assert open_project().parameters["faces"]["resolution_px"] == 64


def test_a_book_of_another_version_is_read(project: Path):
    open_project(params={"source": {"kind": "folder", "path": "faces"}}).claim()
    book = project / "data/project.json"
    content = json.loads(book.read_text())
    next(iter(content["sources"].values()))["labels_of_tomorrow"] = {}
    book.write_text(json.dumps(content))
    assert open_project(params={"source": {"kind": "folder", "path": "faces"}}).source_folder == project / "data"


def test_packed_settings_as_kedro_package_makes_them_are_read(project: Path):
    with tarfile.open(project / "conf.tar.gz", "w:gz") as packed:
        for layer in ("base", "smoke"):
            packed.add(project / "conf" / layer, f"conf/{layer}")
    assert open_project(conf_source="conf.tar.gz", env="smoke").source_folder == project / "data/smoke"


def test_settings_without_conf_local_are_read(project: Path):
    shutil.rmtree(project / "conf" / "local")
    assert open_project().source_folder == project / "data"


def test_the_catalog_is_read_without_hooks_as_kedro_viz_reads_it(project: Path):
    loader = CONFIG_LOADER_CLASS(str(project / "conf"), "smoke", **CONFIG_LOADER_ARGS)
    assert loader["catalog"] == open_project(project, "smoke").loader["catalog"]
    assert loader["catalog"]["face_index"]["filepath"].startswith("data/smoke/")


def test_a_misspelt_environment_is_refused(project: Path):
    with pytest.raises(ValueError, match="no environment 'smok'; did you mean smoke"):
        open_project(env="smok")


def environment(project: Path, name: str, builds_on: str, **stated: object) -> None:
    folder = project / "conf" / name
    folder.mkdir()
    (folder / "globals.yml").write_text(json.dumps({"builds_on": builds_on}))
    (folder / "parameters.yml").write_text(json.dumps(stated))


def test_an_environment_states_only_what_differs_from_the_one_it_builds_on(project: Path):
    smoke, base = open_project(env="smoke").parameters, open_project().parameters
    environment(project, "mine", "smoke", train={"network": {"channel_max": 16}})
    environment(project, "ours", "mine", faces={"resolution_px": 16})
    opened = open_project(env="ours", params={"train": {"seed": 9}})
    train = opened.parameters["train"]
    assert (opened.parameters["faces"]["resolution_px"], smoke["faces"]["resolution_px"]) == (16, 32)
    assert train["network"] == smoke["train"]["network"] | {"channel_max": 16}
    assert train["growth"] == smoke["train"]["growth"] != base["train"]["growth"]
    assert train["augment"] == base["train"]["augment"]
    assert train["seed"] == 9
    assert opened.source_folder == project / "data/smoke"
    assert opened.loader["catalog"]["tags"]["filepath"].startswith("data/smoke/")
    assert TrackingStore.of(opened).uri == f"sqlite:///{project}/data/smoke/mlflow.db"


def test_environments_that_build_on_nothing_or_on_each_other_are_refused(project: Path):
    environment(project, "lost", "smok")
    with pytest.raises(ValueError, match="no environment 'smok'; did you mean smoke"):
        open_project(env="lost")
    environment(project, "one", "other")
    environment(project, "other", "one")
    with pytest.raises(ValueError, match="environments build on each other: other on one on other"):
        open_project(env="one")
