import shutil
import socket
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from anime_gen.serving.manifest import BundleError
from anime_gen.serving.registry import (
    CHALLENGER,
    CHAMPION,
    NoModelError,
    Registry,
    load_champion,
    register,
    register_shipped,
)
from anime_gen.serving.rendering import Renderer
from anime_gen.serving.version_note import LEFT_OUT
from anime_gen.tracking.store import RegistryUnreachableError, TrackingSettings, TrackingStore


def test_an_empty_registry_says_how_to_get_a_model(store: TrackingStore):
    with pytest.raises(NoModelError, match="make demo"):
        Registry(store).load()


def test_a_registered_bundle_is_opened_by_its_alias(store: TrackingStore, bundle_folder: Path, bundle):
    registry = Registry(store)
    version = registry.register(bundle_folder, origin="test")
    registry.set_alias(CHAMPION, version)
    opened, opened_version = load_champion(store)
    assert (opened_version, opened.sha256) == (version, bundle.sha256)
    assert registry.tags_of(version) == {"sha256": bundle.sha256, "resolution": "16", "origin": "test"}
    described = registry.client.get_model_version(registry.name, version)
    assert "hair_length" in described.description
    assert LEFT_OUT in described.description
    assert f"get-artifact?run_uuid={described.run_id}&path=pictures/version-samples.png" in described.description
    assert "version-samples.png" in str(registry.client.list_artifacts(described.run_id, "pictures"))
    assert "champion" in registry.client.get_registered_model(registry.name).description


@pytest.mark.parametrize("name", ["a%20b", "what?now", "50% done"])
def test_a_bundle_in_a_folder_of_any_name_is_registered_and_opened(
    name: str, tmp_path: Path, bundle_folder: Path, bundle, monkeypatch: pytest.MonkeyPatch
):
    project = tmp_path / name
    shutil.copytree(bundle_folder, project / "bundle")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    store = TrackingStore(TrackingSettings(tracking_uri="sqlite:///mlflow.db"), project)  # its tables made here
    registry = Registry(store)
    registry.set_alias(CHAMPION, registry.register(project / "bundle", origin="test"))
    assert load_champion(store)[0].sha256 == bundle.sha256
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_same_networks_are_registered_once(store: TrackingStore, bundle_folder: Path, other_bundle_folder: Path):
    assert register(bundle_folder, store) == register(bundle_folder, store) == "1"
    assert register(other_bundle_folder, store) == "2"


def test_a_damaged_bundle_is_not_registered(store: TrackingStore, bundle_folder: Path, tmp_path: Path):
    copy = Path(shutil.copytree(bundle_folder, tmp_path / "copy"))
    (copy / "card.json").write_text("{}")
    with pytest.raises(BundleError, match=r"card\.json"):
        register(copy, store)
    assert Registry(store).version_of(CHALLENGER) is None


def test_lost_files_of_a_registered_model_say_what_to_do(store: TrackingStore, bundle_folder: Path, tmp_path: Path):
    registry = Registry(store)
    registry.set_alias(CHAMPION, registry.register(bundle_folder, origin="test"))
    shutil.rmtree(tmp_path / "mlruns")
    with pytest.raises(BundleError, match="make app") as caught:
        registry.load()
    assert "delete" not in str(caught.value)


@pytest.mark.parametrize("origin", ["shipped", "publish"])
def test_what_that_message_says_works(store: TrackingStore, bundle_folder: Path, tmp_path: Path, origin: str):
    registry = Registry(store)
    registry.set_alias(CHAMPION, registry.register(bundle_folder, origin=origin))
    shutil.rmtree(tmp_path / "mlruns")
    if origin == "publish":
        registry.set_alias(CHAMPION, registry.register(bundle_folder, origin=origin))
    assert register_shipped(registry, bundle_folder) == "2"
    assert registry.load()[1] == "2"


def test_the_shipped_model_enters_only_an_empty_registry(
    store: TrackingStore, bundle_folder: Path, other_bundle_folder: Path, tmp_path: Path
):
    registry = Registry(store)
    assert register_shipped(registry, tmp_path / "absent") is None
    assert register_shipped(registry, bundle_folder) == "1"
    assert register_shipped(registry, other_bundle_folder) == "1"


@pytest.fixture
def served(published: TrackingStore):
    registry = Registry(published)
    return mlflow.pyfunc.load_model(f"models:/{registry.name}@{CHAMPION}")


def test_the_served_model_makes_the_pictures_of_the_page(served, renderer: Renderer):
    pictures = served.predict(pd.DataFrame({"seed": [3, 4]}), params={"psi": 0.5})
    assert pictures.dtype == np.uint8
    for seed, picture in zip([3, 4], pictures, strict=True):
        assert np.array_equal(picture, renderer.render(renderer.latent(seed, 0.5), {}).pixels)


def test_the_model_carries_its_code_and_an_example(published: TrackingStore, served):
    registry = Registry(published)
    folder = registry.folder_of(registry.version_of(CHAMPION)).parents[1]
    assert (folder / "code/anime_gen/serving/bundle.py").is_file()
    assert not list(folder.rglob("__pycache__"))
    example = served.metadata.load_input_example(str(folder))
    params = served.metadata.load_input_example_params(str(folder))
    assert served.predict(example, params=params)[0].startswith("iVBOR"), "a PNG in base64"


def test_the_served_model_takes_wishes_and_refuses_wrong_ones(served):
    seed = pd.DataFrame({"seed": [3]})
    plain = served.predict(seed)
    assert not np.array_equal(plain, served.predict(seed, params={"attributes": '{"hair_length": 1.0}'}))
    for wrong in ('{"hair_lenght": 1}', '{"hair_length": 7}', "[]", "{", '{"glasses": "maybe"}'):
        with pytest.raises(ValueError, match=r"attribute|hair_length|glasses"):
            served.predict(seed, params={"attributes": wrong})
    with pytest.raises(MlflowException):
        served.predict(pd.DataFrame({"seed": ["three"]}))


def test_a_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(RegistryUnreachableError, match=f"{uri} cannot be reached.*unset MLFLOW_TRACKING_URI"):
        Registry(TrackingStore(TrackingSettings(), tmp_path))


def test_a_database_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RegistryUnreachableError, match="file"):
        Registry(TrackingStore(TrackingSettings(tracking_uri="sqlite:///file/mlflow.db"), tmp_path))
