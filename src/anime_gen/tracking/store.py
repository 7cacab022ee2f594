"""Where MLflow keeps runs and models: stated in mlflow.yml, checked before work starts."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field

from anime_gen.tracking.address import SQLITE, absolute_uri, file_of, quoted, why_silent
from anime_gen.tracking.database import DatabaseError, artifacts, prepare
from anime_gen.tracking.notes import NOTE
from anime_gen.tracking.views import RANKED_TAG, RANKED_VIEW

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from anime_gen.project import Project

ADDRESS = "MLFLOW_TRACKING_URI"
"""The environment variable that wins over mlflow.yml."""


class RegistryUnreachableError(OSError):
    """MLflow's store does not answer; the message says what to do."""


class TrackingSettings(BaseModel):
    """The keys of mlflow.yml."""

    model_config = ConfigDict(extra="forbid")

    tracking_uri: str = "sqlite:///mlflow.db"
    registered_model: str = Field("anime-generator", pattern=r"^[\w .-]+$")
    system_metrics: bool = False
    experiments: dict[str, str] = Field(default_factory=dict)
    parameters: list[str] = Field(default_factory=list)


class TrackingStore:
    """An MLflow store with its address made absolute."""

    def __init__(self, settings: TrackingSettings, project_path: Path) -> None:
        self.settings = settings
        self.uri = absolute_uri(os.environ.get(ADDRESS) or settings.tracking_uri, project_path)

    @classmethod
    def of_project(cls, project_path: Path | None = None, env: str | None = None) -> Self:
        """The store that mlflow.yml of a project names, unless MLFLOW_TRACKING_URI does."""
        from anime_gen.project import open_project

        return cls.of(open_project(project_path, env))

    @classmethod
    def of(cls, project: "Project") -> Self:
        """The store of a project that is open already."""
        return cls(TrackingSettings.model_validate(project.loader.given("mlflow")), project.root)

    @property
    def database(self) -> Path | None:
        """The SQLite file, or None for a server."""
        return file_of(self.uri)

    def client(self) -> "MlflowClient":
        """A client of this store, reachable when it was made.

        Raises `RegistryUnreachableError`: nothing answers at the address, or the SQLite file cannot be used.
        """
        self.check()
        _limit_patience()
        import mlflow

        given = os.environ.get(ADDRESS)
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        # MLflow writes the address into the environment too, where it would overrule every other project's settings.
        os.environ.pop(ADDRESS, None)
        if given is not None:
            os.environ[ADDRESS] = given
        try:
            return _opened(self.uri)
        except Exception as error:  # SQLAlchemy, requests and MLflow each have their own
            raise self._unreachable(str(error)) from error

    def check(self) -> None:
        """Raise RegistryUnreachableError when the address cannot work; a local file is made if there is none."""
        if (silent := why_silent(self.uri)) is not None:
            raise self._unreachable(silent)
        if self.database is not None:
            try:
                prepare(self.database, _make_tables)
            except DatabaseError as error:
                raise RegistryUnreachableError(f"MLflow's file {self.database} cannot be used: {error}.") from error

    def experiment_id(self, client: "MlflowClient", name: str, note: str) -> str:
        """The experiment of that name, made on first use; `note` (Markdown) is shown above its runs."""
        known = client.get_experiment_by_name(name)
        if known is not None and known.lifecycle_stage == "deleted":
            client.restore_experiment(known.experiment_id)
        if known is not None:
            identifier = known.experiment_id
        else:
            place = artifacts(self.database) if self.database else None
            identifier = client.create_experiment(name, artifact_location=place)
        for tag, value in {NOTE: note, RANKED_TAG: RANKED_VIEW}.items():
            if known is None or known.tags.get(tag) != value:
                client.set_experiment_tag(identifier, tag, value)
        return str(identifier)

    def _unreachable(self, reason: str) -> RegistryUnreachableError:
        lines = [line for line in reason.splitlines() if line.strip()]
        if self.database and "out-of-date" in reason:
            return RegistryUnreachableError(
                f"MLflow's file {self.database} was made by an older MLflow. Copy it, then run: "
                f"mlflow db upgrade '{self.uri}'"
            )
        cure = (
            "Check that the folder can be written to, or name another place in mlflow.yml (tracking_uri)."
            if self.database
            else "Start that server, or unset MLFLOW_TRACKING_URI (tracking_uri in conf/) to use the local mlflow.db."
        )
        return RegistryUnreachableError(
            f"MLflow at {self.uri} cannot be reached: {lines[0] if lines else 'no answer'}. {cure}"
        )


def _opened(uri: str) -> "MlflowClient":
    """A client that has asked once for runs, and once for models where both are one file."""
    import mlflow

    # What goes wrong in a database MLflow raises too: it is said in a sentence, not logged with its traceback.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    with no_stray_folder(uri):
        client = mlflow.MlflowClient(uri, uri)
        client.search_experiments(max_results=1)
        if file_of(uri) is not None:
            client.search_registered_models(max_results=1)
    return client


@contextmanager
def no_stray_folder(uri: str) -> Iterator[None]:
    """A block in which MLflow opens the store: beside a folder with `?` or `%` in its name it makes an empty one."""
    file, stray = file_of(uri), Path(uri.removeprefix(SQLITE)).parent
    elsewhere = file is not None and stray != file.parent
    missing = [folder for folder in (stray, *stray.parents) if elsewhere and not folder.exists()]
    try:
        yield
    finally:
        for folder in missing:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _make_tables(file: Path) -> None:
    _limit_patience()
    _opened(f"sqlite:///{quoted(file)}")


def _limit_patience(environment: Mapping[str, str] = os.environ) -> None:
    """MLflow's own patience (7 tries, 120 s each) would hang a page or a run's end for minutes."""
    defaults = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
    defaults["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ.update({key: value for key, value in defaults.items() if key not in environment})
    # We load no model flavour that needs it, so nothing in this process may.
    os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
