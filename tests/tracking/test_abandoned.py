import subprocess
import sys

from anime_gen.tracking.abandoned import PROCESS, close_abandoned, this_process
from anime_gen.tracking.mlflow_tracker import MlflowTracker
from anime_gen.tracking.store import TrackingStore


def test_runs_of_a_killed_process_are_closed(store: TrackingStore):
    client = store.client()
    experiment = store.experiment_id(client, "test", "note")
    code = "from anime_gen.tracking.abandoned import this_process; print(this_process())"
    gone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    dead = [client.create_run(experiment, tags={PROCESS: gone}).info.run_id for _ in range(2)]
    elsewhere = client.create_run(experiment, tags={PROCESS: "other-machine 1 1"}).info.run_id
    nobody = client.create_run(experiment).info.run_id
    alive = MlflowTracker.start(client, experiment, "alive", {})
    assert close_abandoned(client) == 2
    status = {run: client.get_run(run).info.status for run in (*dead, elsewhere, nobody, alive.run_id)}
    assert list(status.values()) == ["KILLED", "KILLED", "RUNNING", "RUNNING", "RUNNING"]
    alive.end("FINISHED")
    assert this_process() in client.get_run(alive.run_id).data.tags[PROCESS]
