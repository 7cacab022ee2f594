"""The model registry: versions of `anime-generator`, and which of them is `champion` and `challenger`."""

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anime_gen.paths import user_path
from anime_gen.serving.bundle import Bundle
from anime_gen.serving.manifest import CARD, BundleError, read_json, verify
from anime_gen.serving.rendering import Renderer
from anime_gen.serving.version_note import MODEL_NOTE, SAMPLES, version_note
from anime_gen.stylegan2.monitoring.grid import grid
from anime_gen.tracking.notes import PICTURES, note_for
from anime_gen.tracking.store import TrackingStore, no_stray_folder

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

    from anime_gen.project import Project

CHAMPION = "champion"
CHALLENGER = "challenger"
PACKAGE = Path(__file__).parents[1]
MODEL_FILE = PACKAGE / "serving" / "generator_model.py"
PUBLISHING = "publish"
SHIPPED = "data/06_models/shipped"  # below the project's root


class NoModelError(LookupError):
    """The registry has no model to open; the message says how to get one."""


class ModelUnavailableError(BundleError):
    """The registry knows the model, but its files did not arrive: nothing is known about them."""


class Registry:
    """The registered model of one MLflow store. Making one checks that the store answers."""

    def __init__(self, store: TrackingStore) -> None:
        self.store = store
        self.name = store.settings.registered_model
        self.client: MlflowClient = store.client()

    def version_of(self, alias: str) -> str | None:
        """The version that carries an alias, or None."""
        from mlflow.exceptions import MlflowException

        try:
            return str(self.client.get_model_version_by_alias(self.name, alias).version)
        except MlflowException as error:
            if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                return None
            raise

    def tags_of(self, version: str) -> dict[str, str]:
        """Tags of a version: sha256, resolution, origin."""
        return dict(self.client.get_model_version(self.name, version).tags)

    def version_with(self, sha256: str) -> str | None:
        """The newest version that holds exactly these networks, or None."""
        versions = self.client.search_model_versions(f"name = '{self.name}'")
        same = [int(v.version) for v in versions if v.tags.get("sha256") == sha256]
        return str(max(same)) if same else None

    def versions(self) -> dict[str, dict[str, str]]:
        """All versions with their tags, newest first."""
        found = self.client.search_model_versions(f"name = '{self.name}'")
        return {str(v.version): dict(v.tags) for v in sorted(found, key=lambda v: -int(v.version))}

    def register(self, folder: Path, origin: str, run_id: str | None = None) -> str:
        """Verify a bundle and make it a version; the version's number. Networks already registered keep theirs."""
        sha256 = str(verify(folder)["networks_sha256"])
        known = self.version_with(sha256)
        if known is not None and not self.lost(known):
            return known
        card = read_json(folder / CARD)
        run_id = run_id or self._run_for(origin)
        self.client.log_image(run_id, _samples(folder), f"{PICTURES}/{SAMPLES}")
        version = str(self._log(folder, card, run_id).registered_model_version)
        for key, value in {"sha256": sha256, "resolution": str(card["resolution"]), "origin": origin}.items():
            self.client.set_model_version_tag(self.name, version, key, value)
        self.client.update_model_version(self.name, version, version_note(card, run_id))
        self.client.update_registered_model(self.name, MODEL_NOTE)
        return version

    def judged(self, version: str, card: Mapping[str, Any], verdict: str, scores: Sequence[Mapping[str, Any]]) -> None:
        """Say at a version whether it became champion, why, and how it compared."""
        run_id = str(self.client.get_model_version(self.name, version).run_id)
        self.client.update_model_version(self.name, version, version_note(card, run_id, verdict, scores))

    def set_alias(self, alias: str, version: str) -> None:
        """Move an alias to a version."""
        self.client.set_registered_model_alias(self.name, alias, version)

    def folder_of(self, version: str) -> Path:
        """The bundle of a version on this machine, fetched from the server if it lies there.

        Raises `ModelUnavailableError`: the registry knows the version, but its files cannot be fetched.
        """
        from mlflow.artifacts import download_artifacts

        try:
            with no_stray_folder(self.store.uri):
                uri = f"models:/{self.name}/{version}"
                model = Path(download_artifacts(artifact_uri=uri, tracking_uri=self.store.uri))
        except Exception as error:  # the store's own errors differ by kind of store
            raise ModelUnavailableError(
                f"The files of {self.name} version {version} cannot be read: {error}. They belong beside the registry, "
                f"in {artifacts_of(self.store)}: put them back, or publish again with `kedro run --pipelines=publish` "
                "(`make app` for the shipped model)."
            ) from error
        return model / "artifacts" / "bundle" if (model / "artifacts" / "bundle").is_dir() else _bundle_in(model)

    def lost(self, version: str) -> bool:
        """Whether the files of a version are gone from this disk; those on a server are not asked for."""
        if self.store.database is None:
            return False
        try:
            return not self.folder_of(version).is_dir()
        except BundleError:
            return True

    def load(self, alias: str = CHAMPION) -> tuple[Bundle, str]:
        """The bundle that carries an alias, verified, and its version.

        Raises `NoModelError`: nothing carries the alias.
        Raises `ModelUnavailableError`: its files cannot be fetched.
        Raises `BundleError`: they are damaged or changed.
        """
        version = self.version_of(alias)
        if version is None:
            raise NoModelError(
                f"There is no {alias} of {self.name} at {self.store.uri}. "
                "`make demo` trains and publishes a first model; `make app` registers the shipped one."
            )
        return Bundle.load(self.folder_of(version)), version

    def _run_for(self, origin: str) -> str:
        """A run to hang a model on that no pipeline made."""
        experiment = self.store.settings.experiments.get(PUBLISHING, "anime-models")
        identifier = self.store.experiment_id(self.client, experiment, note_for(experiment))
        run = self.client.create_run(identifier, run_name=f"register-{origin}")
        self.client.set_terminated(run.info.run_id)
        return str(run.info.run_id)

    def _log(self, folder: Path, card: Mapping[str, Any], run_id: str) -> Any:
        import mlflow.pyfunc
        import pandas as pd
        from mlflow.models import Model

        # Made here and not by Model.log, which would put it into whatever experiment this process last used.
        experiment = self.client.get_run(run_id).info.experiment_id
        told = {key: str(card.get(key)) for key in ("resolution", "images_seen", "data", "licence")}
        model = self.client.create_logged_model(experiment, "generator", source_run_id=run_id, params=told)
        with warnings.catch_warnings(), _same_imports(), no_stray_folder(self.store.uri):
            warnings.simplefilter("ignore")  # about type hints of a function whose signature is given
            info = Model.log(
                artifact_path=None,
                name="generator",
                flavor=mlflow.pyfunc,
                run_id=run_id,
                model_id=model.model_id,
                registered_model_name=self.name,
                python_model=str(MODEL_FILE),
                artifacts={"bundle": folder.resolve().as_uri()},
                code_paths=[str(PACKAGE)],
                signature=signature(int(card["resolution"])),
                input_example=(pd.DataFrame({"seed": [7]}), {"psi": 0.7, "attributes": "{}", "format": "png"}),
                pip_requirements=_requirements(),
            )
        self.client.finalize_logged_model(model.model_id, "READY")
        return info


def register(bundle_folder: Path, store: TrackingStore | None = None) -> str:
    """Register a bundle in the project's store; its version."""
    return Registry(store or TrackingStore.of_project()).register(bundle_folder, origin="bundle")


def load_champion(store: TrackingStore | None = None) -> tuple[Bundle, str]:
    """The champion of the project's store, verified, and its version."""
    return Registry(store or TrackingStore.of_project()).load()


def register_shipped(registry: Registry, shipped: Path) -> str | None:
    """Give an empty registry the shipped model as its champion; the champion's version, None if there is neither."""
    version = registry.version_of(CHAMPION)
    gone = version is not None and registry.tags_of(version).get("origin") == "shipped" and registry.lost(version)
    if (version is None or gone) and shipped.is_dir():
        version = registry.register(shipped, origin="shipped")
        registry.set_alias(CHAMPION, version)
    return version


def artifacts_of(store: TrackingStore) -> str:
    """Where the files of a store's models lie, in words."""
    return str(store.database.parent / "mlruns") if store.database else store.uri


def shipped_folder(project: "Project") -> Path:
    """The bundle that an empty registry gets first: `publish.shipped`, or the one that comes with the project."""
    stated = (project.parameters.get("publish") or {}).get("shipped")
    return project.root / user_path(stated or SHIPPED)


def signature(resolution: int) -> "ModelSignature":
    """Seeds in, pictures out, with `psi`, `attributes` and `format` beside."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec

    return ModelSignature(
        inputs=Schema([ColSpec("long", "seed", required=False)]),  # so that we, not MLflow, say that it is missing
        outputs=Schema([TensorSpec(np.dtype("uint8"), (-1, resolution, resolution, 3))]),
        params=ParamSchema(
            [
                ParamSpec("psi", "double", 0.7),
                ParamSpec("attributes", "string", "{}"),
                ParamSpec("format", "string", "array"),
            ]
        ),
    )


def _samples(folder: Path) -> np.ndarray:
    """Characters 0 to 15 of a bundle, uint8 [h, w, 3]."""
    renderer = Renderer(Bundle.load(folder))
    pictures = [renderer.render(renderer.latent(seed, 0.7), {}).pixels for seed in range(16)]
    return grid(np.stack(pictures), 8, max(1, 64 // len(pictures[0])))


@contextmanager
def _same_imports() -> Iterator[None]:
    """MLflow tries the example on the stored model, whose code it puts before this process's own for good."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = before


def _requirements() -> list[str]:
    """The libraries that the model's code imports; the code itself travels with it."""
    from importlib.metadata import version

    names = ("torch", "safetensors", "numpy", "onnx", "onnxruntime", "pydantic", "pandas", "pillow", "psutil")
    return [f"{name}=={version(name).partition('+')[0]}" for name in names]


def _bundle_in(model: Path) -> Path:
    """MLflow names the copied folder after its source: find the one folder with a manifest."""
    found = sorted((model / "artifacts").glob("*/manifest.json"))
    if not found:
        raise BundleError(f"The registered model at {model} holds no bundle; publish it again.")
    return found[0].parent
