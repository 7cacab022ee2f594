import numpy as np
import pytest

from anime_gen.tracking import MemoryTracker, active_tracker
from anime_gen.tracking.active import activate, close_active
from anime_gen.tracking.mlflow_tracker import MlflowTracker
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
    tracker.log_dataset("faces-drawn", "f" * 64, "data/faces", "training")
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
    assert run.inputs.dataset_inputs[0].dataset.name == "faces-drawn"


def test_a_child_belongs_to_its_parent_and_ends_with_its_block(tracker: MlflowTracker, client):
    with tracker.child("8px", {"resolution": 8}) as child:
        child.log_metrics({"loss/g": 1.0}, 10)
    with pytest.raises(RuntimeError), tracker.child("16px"):
        raise RuntimeError("broke")
    tracker.end("FINISHED")
    children = client.search_runs(["1"], filter_string=f"tags.`mlflow.parentRunId` = '{tracker.run_id}'")
    assert {run.info.run_name: run.info.status for run in children} == {"8px": "FINISHED", "16px": "FAILED"}
    assert {run.info.run_name: run.data.params for run in children}["8px"] == {"resolution": "8"}


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
    with tracker.child("8px", {"b": 2}) as child:
        for step in range(10):
            child.log_metrics({"loss": 1.0}, step)
        child.log_image("samples", np.zeros((4, 4, 3), dtype=np.uint8), 0)
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
    with tracker.child("8px", {"r": 8}) as child:
        child.log_metrics({"loss": 0.25}, 4)
    assert tracker.params == {"a.b": 1}
    assert tracker.metrics == [(3, {"loss": 0.5})]
    assert tracker.children[0].params == {"r": 8}
    assert tracker.children[0].metrics == [(4, {"loss": 0.25})]
    assert tracker.tables == {"t": [{"x": 1}]}


@pytest.mark.parametrize("status", ["KILLED", "FAILED"])
def test_every_ending_closes_parent_and_children_alike(tracker: MlflowTracker, client, status: str):
    with tracker.child("16px") as inner:
        activate(tracker)
        close_active(status)
        assert client.get_run(inner.run_id).info.status == status
    assert client.get_run(inner.run_id).info.status == client.get_run(tracker.run_id).info.status == status


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
