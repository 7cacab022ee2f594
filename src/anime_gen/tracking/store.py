"""Where MLflow keeps runs and models: read from conf/*/mlflow.yml, checked before work starts."""

import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from mlflow import MlflowClient

SQLITE = "sqlite:///"
ADDRESS = "MLFLOW_TRACKING_URI"
"""The environment variable that wins over mlflow.yml."""
ANSWER_TIMEOUT_S = 5.0


class RegistryUnreachableError(OSError):
    """MLflow's store does not answer; the message says what to do."""


class TrackingSettings(BaseModel):
    """The keys of mlflow.yml."""

    model_config = ConfigDict(extra="forbid")

    tracking_uri: str = "sqlite:///mlflow.db"
    registered_model: str = Field("anime-generator", pattern=r"^[\w .-]+$")
    system_metrics: bool = False
    experiments: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def read(cls, project_path: Path, env: str | None = None) -> Self:
        """What Kedro would read: conf/base, overlaid by conf/<env> (`local` when none is named)."""
        merged: dict[str, Any] = {}
        for layer in ("base", env or os.environ.get("KEDRO_ENV") or "local"):
            file = project_path / "conf" / layer / "mlflow.yml"
            if file.is_file():
                merged |= yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        return cls.model_validate(merged)


class TrackingStore:
    """An MLflow store with its address made absolute."""

    def __init__(self, settings: TrackingSettings, project_path: Path) -> None:
        self.settings = settings
        self.uri = absolute_uri(os.environ.get(ADDRESS) or settings.tracking_uri, project_path)

    @classmethod
    def of_project(cls, project_path: Path, env: str | None = None) -> Self:
        """The store that conf/*/mlflow.yml of a project names, unless MLFLOW_TRACKING_URI does."""
        return cls(TrackingSettings.read(project_path, env), project_path)

    @property
    def database(self) -> Path | None:
        """The SQLite file, or None for a server."""
        return Path(self.uri.removeprefix(SQLITE)) if self.uri.startswith(SQLITE) else None

    def client(self) -> "MlflowClient":
        """A client of this store, reachable when it was made.

        Raises:
            RegistryUnreachableError: nothing answers at the address, or the SQLite file cannot be opened.
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
            client = mlflow.MlflowClient(self.uri, self.uri)
            client.search_experiments(max_results=1)
        except Exception as error:  # SQLAlchemy, requests and MLflow each have their own
            raise self._unreachable(str(error)) from error
        return client

    def check(self) -> None:
        """Raise RegistryUnreachableError when the address cannot work; costs milliseconds, imports nothing heavy."""
        if self.uri.startswith(("http://", "https://")):
            try:
                with urllib.request.urlopen(f"{self.uri.rstrip('/')}/health", timeout=ANSWER_TIMEOUT_S):
                    return
            except urllib.error.HTTPError as answer:
                if answer.code < 500:  # something answers: a proxy may ask for a login at /health
                    return
                raise self._unreachable(f"status {answer.code}") from answer
            except (OSError, ValueError) as error:
                raise self._unreachable(str(getattr(error, "reason", error))) from error
        if self.database is not None:
            try:
                self.database.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise self._unreachable(str(error)) from error

    def experiment_id(self, client: "MlflowClient", name: str, note: str) -> str:
        """The experiment of that name, made on first use; `note` (Markdown) is shown above its runs."""
        known = client.get_experiment_by_name(name)
        if known is not None and known.lifecycle_stage == "deleted":
            client.restore_experiment(known.experiment_id)
        if known is not None:
            identifier = known.experiment_id
        else:
            place = (self.database.parent / "mlruns").as_uri() if self.database else None
            identifier = client.create_experiment(name, artifact_location=place)
        if known is None or known.tags.get("mlflow.note.content") != note:
            client.set_experiment_tag(identifier, "mlflow.note.content", note)
        return str(identifier)

    def _unreachable(self, reason: str) -> RegistryUnreachableError:
        lines = [line for line in reason.splitlines() if line.strip()]
        cure = (
            "Check that the folder can be written to, or name another place in conf/base/mlflow.yml (tracking_uri)."
            if self.database
            else "Start that server, or unset MLFLOW_TRACKING_URI (tracking_uri in conf/) to use the local mlflow.db."
        )
        return RegistryUnreachableError(
            f"MLflow at {self.uri} cannot be reached: {lines[0] if lines else 'no answer'}. {cure}"
        )


def absolute_uri(uri: str, project_path: Path) -> str:
    """`sqlite:///mlflow.db` counts from the current folder in MLflow; here it counts from the project's root."""
    if not uri.startswith(SQLITE) or uri == f"{SQLITE}:memory:":
        return uri
    return f"{SQLITE}{(project_path / uri.removeprefix(SQLITE)).resolve()}"


def _limit_patience(environment: Mapping[str, str] = os.environ) -> None:
    """MLflow's own patience (7 tries, 120 s each) would hang a page or a run's end for minutes."""
    defaults = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
    defaults["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ.update({key: value for key, value in defaults.items() if key not in environment})
    # We load no model flavour that needs it, so nothing in this process may.
    os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
