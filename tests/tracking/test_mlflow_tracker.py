import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anime_gen.tracking import MemoryTracker, active_tracker
from anime_gen.tracking.active import activate, close_active
from anime_gen.tracking.mlflow_tracker import MlflowTracker, dataset_of
from anime_gen.tracking.store import TrackingStore


@pytest.fixture
def client(store: TrackingStore):
    return store.client()


@pytest.fixture
def tracker(store: TrackingStore, client) -> MlflowTracker:
    return MlflowTracker.start(client, store.experiment_id(client, "test", "what it means"), "train-16px", {"a": "b"})


def test_everything_reported_is_in_the_run(tracker: MlflowTracker, client, tmp_path):
    (tmp_path / "note.txt").write_text("hello")
    tracker.log_params({"train": {"batch": 8, "nested": {"x": "y"}}})
    for step in (0, 1000):
        tracker.log_metrics({"loss/g": 0.5 + step, "loss/d": 1.0}, step)
        tracker.log_image("samples", np.full((8, 8, 3), step % 255, dtype=np.uint8), step)
    tracker.log_artifact(tmp_path / "note.txt")
    tracker.log_table([{"model": "a", "kid": 0.1}, {"model": "b", "kid": 0.2}], "scores")
    faces = {"folder": "data/faces", "count": 10, "resolution": 16, "fingerprint": "f" * 64}
    tracker.log_dataset(dataset_of(faces, "drawn"), "training")
    tracker.end("FINISHED")
    run = client.get_run(tracker.run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "train-16px"
    assert run.data.params == {"train.batch": "8", "train.nested.x": "y"}
    assert [(m.step, m.value) for m in client.get_metric_history(tracker.run_id, "loss/g")] == [
        (0, 0.5),
        (1000, 1000.5),
    ]
    files = {file.path for file in client.list_artifacts(tracker.run_id)}
    assert {"note.txt", "images", "tables"} <= files
    assert len([f for f in client.list_artifacts(tracker.run_id, "images") if f.path.endswith(".png")]) == 2
    assert run.inputs.dataset_inputs[0].dataset.name == "drawn"
    assert '"count": 10' in run.inputs.dataset_inputs[0].dataset.profile


def test_a_run_opens_with_its_figures_and_pictures(tracker: MlflowTracker, client, tmp_path):
    for step in (0, 1000, 2000):
        tracker.log_image("samples", np.full((8, 8, 3), step // 10, dtype=np.uint8), step)
    tracker.log_image("evaluate/sweeps", np.zeros((8, 8, 3), dtype=np.uint8), 2000)
    tracker.log_report("generator", {"kid": 0.25, "spread_mean": 0.5, "words": "x", "spread": {"smile": 1.0}}, 2000)
    tracker.tell()
    tracker.end("FINISHED")
    run = client.get_run(tracker.run_id)
    assert run.data.metrics == {"generator.kid": 0.25, "generator.spread_mean": 0.5}
    note = run.data.tags["mlflow.note.content"]
    assert note.startswith("KID 0.25, spread 0.5.")
    pictures = client.download_artifacts(tracker.run_id, "pictures", str(tmp_path))
    shown = re.findall(rf"get-artifact\?run_uuid={tracker.run_id}&path=pictures/(\S+)\)", note)
    assert shown == ["growth.webp", "evaluate-sweeps.png"]
    with Image.open(f"{pictures}/growth.webp") as growth:
        assert growth.n_frames == 3
    with Image.open(f"{pictures}/samples.png") as newest:
        assert newest.getpixel((0, 0)) == (200, 200, 200)
    page = Path(client.download_artifacts(tracker.run_id, "pictures.html", str(tmp_path))).read_text()
    assert page.index("While it trained") < page.index("Attribute strips")
    assert page.count("data:image") == 1
    assert {f.path for f in client.list_artifacts(tracker.run_id, "tables")} == {
        "tables/generator.json",
        "tables/generator_attributes.json",
    }


def test_a_later_judgement_is_on_the_run_that_trained_too(tracker: MlflowTracker, client, store: TrackingStore):
    tracker.log_params({"training": "abc"})
    tracker.log_image("samples", np.zeros((8, 8, 3), dtype=np.uint8), 0)
    tracker.end("FINISHED")
    judge = MlflowTracker.start(client, store.experiment_id(client, "judging", "note"), "evaluate", {})
    judge.also_to_training("abc", "generator", {"kid": 0.5}, 1000)
    judge.end("FINISHED")
    run = client.get_run(tracker.run_id)
    assert run.data.metrics == {"generator.kid": 0.5}
    note = run.data.tags["mlflow.note.content"]
    assert note.startswith("KID 0.5. Judged in [evaluate]")
    assert "pictures/samples.png" in note


def test_a_refused_name_loses_its_own_rows_alone(tracker: MlflowTracker, client, caplog: pytest.LogCaptureFixture):
    tracker.log_params({"fine": 1, "bad?": 2, "also": 3})
    for step in range(3):
        tracker.log_metrics({"loss/g": float(step), "what?": 1.0, "loss/d": 2.0}, step)
    assert tracker.flush()
    tracker.log_metrics({"loss/g": 9.0}, 9)
    tracker.end("FINISHED")
    run = client.get_run(tracker.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"fine": "1", "also": "3"}
    assert [m.step for m in client.get_metric_history(tracker.run_id, "loss/g")] == [0, 1, 2, 9]
    assert run.data.metrics.keys() == {"loss/g", "loss/d"}
    assert "are lost: bad? (1), what? (3)." in caplog.text


class DeadClient:
    """A store that answered once and is gone."""

    tracking_uri = "http://gone"

    def __getattr__(self, name: str):
        def refuse(*args, **kwargs):
            raise ConnectionError("gone")

        return refuse


def test_a_store_that_dies_never_stops_the_work(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("anime_gen.tracking.mlflow_tracker.LAST_CHANCE_S", 0.1)
    tracker = MlflowTracker(DeadClient(), "run", "0")
    tracker.log_params({"a": 1})
    for step in range(10):
        tracker.log_metrics({"loss": 1.0}, step)
    tracker.log_image("samples", np.zeros((4, 4, 3), dtype=np.uint8), 0)
    tracker.end("FINISHED")
    assert caplog.text.count("does not take reports") == 1
    assert "are lost" in caplog.text


def test_the_active_tracker_is_the_run_under_way_or_one_in_memory(tracker: MlflowTracker, client):
    assert isinstance(active_tracker(), MemoryTracker)
    activate(tracker)
    assert active_tracker() is tracker
    close_active("KILLED")
    assert client.get_run(tracker.run_id).info.status == "KILLED"
    assert isinstance(active_tracker(), MemoryTracker)


def test_the_tracker_in_memory_keeps_the_same_reports():
    tracker = MemoryTracker()
    tracker.log_params({"a": {"b": 1}})
    tracker.log_metrics({"loss": 0.5}, 3)
    tracker.log_image("samples", np.zeros((2, 2, 3), dtype=np.uint8), 3)
    tracker.log_table([{"x": 1}], "t")
    assert tracker.params == {"a.b": 1}
    assert tracker.metrics == [(3, {"loss": 0.5})]
    assert tracker.tables == {"t": [{"x": 1}]}


def test_a_signal_while_a_run_is_being_ended_ends_it_all_the_same(tracker: MlflowTracker, client, monkeypatch):
    flushes = iter([KeyboardInterrupt()])
    whole = tracker._outbox.flush

    def interrupted(timeout_s: float) -> bool:
        for error in flushes:
            raise error
        return whole(timeout_s)

    monkeypatch.setattr(tracker._outbox, "flush", interrupted)
    activate(tracker)
    with pytest.raises(KeyboardInterrupt):
        close_active("FINISHED")
    close_active("KILLED")
    assert client.get_run(tracker.run_id).info.status == "KILLED"
