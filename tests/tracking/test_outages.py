"""Training that reports to a team's MLflow: PostgreSQL behind a server with proxied artifacts, which fails."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from anime_gen.serving.registry import CHAMPION, Registry
from anime_gen.stylegan2.training.trainer import train
from anime_gen.tracking import MemoryTracker, outbox
from anime_gen.tracking.mlflow_tracker import MlflowTracker
from anime_gen.tracking.store import TrackingSettings, TrackingStore
from tests.stylegan2.conftest import faces, tiny_config
from tests.tracking.team_server import BINARIES, Network, mlflow_server, postgresql

pytestmark = pytest.mark.skipif(not BINARIES, reason="PostgreSQL is not installed (apt-get install postgresql)")

CONFIG = tiny_config()
TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with postgresql() as database, mlflow_server(database, tmp_path_factory.mktemp("server")) as port:
        yield port


@pytest.fixture
def network(server: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setenv(TIMEOUT, "60")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr(outbox, "FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(outbox, "LONGEST_PAUSE_S", 0.2)
    monkeypatch.setattr("anime_gen.tracking.mlflow_tracker.LAST_CHANCE_S", 120.0)  # the machine may be busy
    network = Network(server)
    yield network
    network.close()


@pytest.fixture
def team(network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrackingStore:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", network.address)
    return TrackingStore(TrackingSettings(), tmp_path)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[int, float]]]:
    """What such a training reports, by name."""
    tracker = MemoryTracker()
    train(CONFIG, faces(), tmp_path_factory.mktemp("quiet"), tracker)
    figures: dict[str, list[tuple[int, float]]] = {}
    for step, metrics in tracker.metrics:
        for name, value in metrics.items():
            figures.setdefault(name, []).append((step, value))
    return figures


def start(store: TrackingStore) -> MlflowTracker:
    client = store.client()
    return MlflowTracker.start(client, store.experiment_id(client, "anime-training", "note"), "run", {})


def arrived(store: TrackingStore, run_id: str, names: list[str]) -> dict[str, list[tuple[int, float]]]:
    client = store.client()
    return {name: [(m.step, m.value) for m in client.get_metric_history(run_id, name)] for name in names}


def without_speed(figures: dict[str, list[tuple[int, float]]]) -> dict[str, list[tuple[int, float]]]:
    return {name: sorted(rows) for name, rows in figures.items() if not name.startswith("throughput")}


@pytest.mark.parametrize("trouble", ["refuse", "hang", "error", "down"])
def test_training_ends_and_every_figure_arrives_once(
    team: TrackingStore,
    network: Network,
    expected: dict[str, list[tuple[int, float]]],
    trouble: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    tracker = start(team)
    monkeypatch.setenv(TIMEOUT, "2")
    network.become(trouble)
    result = train(CONFIG, faces(), tmp_path / "runs", tracker)
    assert result.images_seen == 192
    threading.Timer(2.0, network.become, ["fine"]).start()
    tracker.end("FINISHED")
    monkeypatch.setenv(TIMEOUT, "60")
    run = team.client().get_run(tracker.run_id)
    assert run.info.status == "FINISHED"
    assert without_speed(arrived(team, tracker.run_id, list(expected))) == without_speed(expected)
    assert caplog.text.count("does not take reports") == 1
    assert "are lost" not in caplog.text
    assert network.failures or trouble == "down"


def test_a_server_that_stays_away_ends_no_training_and_what_is_lost_is_said(
    team: TrackingStore, network: Network, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch
):
    monkeypatch.setattr("anime_gen.tracking.mlflow_tracker.LAST_CHANCE_S", 0.5)
    tracker = start(team)
    network.become("down")
    assert train(CONFIG, faces(), tmp_path / "runs", tracker).images_seen == 192
    tracker.end("FINISHED")
    assert "did not reach MLflow" in caplog.text
    assert "are lost. The work itself is not." in caplog.text


def test_runs_pictures_and_models_are_kept_by_postgresql_and_the_artifact_proxy(
    team: TrackingStore, bundle_folder: Path, tmp_path: Path
):
    tracker = start(team)
    train(CONFIG, faces(), tmp_path / "runs", tracker)
    tracker.end("FINISHED")
    client = team.client()
    assert client.get_run(tracker.run_id).info.artifact_uri.startswith("mlflow-artifacts:/")
    kept = {file.path for file in client.list_artifacts(tracker.run_id, "pictures")}
    assert kept == {"pictures/growth.webp", "pictures/samples.png"}
    registry = Registry(team)
    registry.set_alias(CHAMPION, registry.register(bundle_folder, origin="test"))
    opened, version = registry.load()
    assert version == "1"
    assert opened.card["resolution"] == 16
