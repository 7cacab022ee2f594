"""Reports to MLflow through its client, so that no active-run state is shared between threads or sessions."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anime_gen.tracking.abandoned import PROCESS, this_process
from anime_gen.tracking.flat import flatten
from anime_gen.tracking.outbox import Outbox, worth_another_try

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

logger = logging.getLogger(__name__)

BATCH = 100
"""Parameters or metrics in one request."""

LAST_CHANCE_S = 20.0
"""How long the end of a run waits for what was not sent yet."""


class MlflowTracker:
    """One MLflow run. Everything is sent from a thread in order; nothing here raises or waits.

    `child` makes a run shown inside this one. `end` sends what waits and sets the run's status.
    """

    def __init__(self, client: "MlflowClient", run_id: str, experiment_id: str, outbox: Outbox | None = None) -> None:
        self.run_id = run_id
        self._client = client
        self._experiment_id = experiment_id
        self._owns_outbox = outbox is None
        self._outbox = outbox or Outbox(client.tracking_uri)
        self._metrics: deque[Metric] = deque()
        self._refused: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._children: list[MlflowTracker] = []
        self._monitor: Any = None

    @classmethod
    def start(cls, client: "MlflowClient", experiment_id: str, name: str, tags: Mapping[str, str]) -> "MlflowTracker":
        """Start a run. Raises what MLflow raises: a store that fails at the start is an error before work."""
        run = client.create_run(experiment_id, run_name=name, tags={PROCESS: this_process(), **tags})
        return cls(client, run.info.run_id, experiment_id)

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Settings under flat names. MLflow keeps the first value of a name and cuts it at 6,000 characters."""
        from mlflow.entities import Param

        rows = [Param(key, str(value)) for key, value in flatten(params).items()]
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            self._outbox.put(partial(self._send, "params", part))

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        """Figures at a number of images seen. Those that wait travel together: a request costs more than a row."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        with self._lock:
            self._metrics.extend(Metric(key, float(value), now, step) for key, value in metrics.items())
        self._outbox.put(self._send_metrics)

    def log_image(self, key: str, image: np.ndarray, step: int) -> None:
        """A uint8 picture `[height, width, 3]`; the run's page shows a key's pictures with a step slider."""
        picture = np.array(image, dtype=np.uint8)
        self._outbox.put(lambda: self._client.log_image(self.run_id, picture, key=key, step=step, synchronous=True))

    def log_artifact(self, path: Path) -> None:
        """A file or a folder, read when it is sent."""
        send = self._client.log_artifacts if Path(path).is_dir() else self._client.log_artifact
        self._outbox.put(lambda: send(self.run_id, str(path)))

    def log_table(self, rows: Sequence[Mapping[str, Any]], name: str) -> None:
        """Rows as a table under `tables/<name>.json`."""
        columns = {key: [row.get(key) for row in rows] for key in (rows[0] if rows else {})}
        if columns:
            self._outbox.put(lambda: self._client.log_table(self.run_id, columns, f"tables/{name}.json"))

    def log_dict(self, content: Mapping[str, Any], file: str) -> None:
        """A JSON file."""
        self._outbox.put(lambda: self._client.log_dict(self.run_id, dict(content), file))

    def log_dataset(self, name: str, fingerprint: str, source: str, context: str) -> None:
        """Which data the run read, as a column of the runs table."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = Dataset(name=name, digest=fingerprint[:36], source_type="local", source=source)
        tag = InputTag("mlflow.data.context", context)
        self._outbox.put(lambda: self._client.log_inputs(self.run_id, [DatasetInput(data, [tag])]))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Words to find the run by."""
        for key, value in tags.items():
            self._outbox.put(partial(self._client.set_tag, self.run_id, key, value))

    @contextmanager
    def child(self, name: str, params: Mapping[str, Any] | None = None) -> Iterator["MlflowTracker"]:
        """A run inside this one. If MLflow does not take it, its reports go to this run instead."""
        tags = {"mlflow.parentRunId": self.run_id, PROCESS: this_process()}
        try:
            run = self._client.create_run(self._experiment_id, run_name=name, tags=tags)
        except Exception:  # whatever the client raises, the work inside the block goes on
            self.log_params({name: dict(params or {})})
            yield self
            return
        inner = MlflowTracker(self._client, run.info.run_id, self._experiment_id, self._outbox)
        self._children.append(inner)
        inner.log_params(params or {})
        try:
            yield inner
        except BaseException as error:
            self._end_child(inner, "FAILED" if isinstance(error, Exception) else "KILLED")
            raise
        self._end_child(inner, "FINISHED")

    def watch_system(self) -> None:
        """Sample CPU, memory and GPU every ten seconds until the run ends."""
        from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

        self._monitor = SystemMetricsMonitor(self.run_id)
        self._monitor.start()

    def end(self, status: str) -> None:
        """Set FINISHED, FAILED or KILLED after everything else is sent; children still open end likewise."""
        if self._monitor is not None:
            self._monitor.finish()
            self._monitor = None
        for inner in list(self._children):
            self._end_child(inner, "KILLED" if status == "KILLED" else "FAILED")
        self._outbox.put(partial(self._terminate, status))
        if self._owns_outbox:
            self._outbox.close(LAST_CHANCE_S)

    def flush(self, timeout_s: float = LAST_CHANCE_S) -> bool:
        """Wait until everything so far is in MLflow; whether it is."""
        return self._outbox.flush(timeout_s)

    def _end_child(self, inner: "MlflowTracker", status: str) -> None:
        if inner in self._children:  # the parent may have ended it before its own block did
            self._children.remove(inner)
            inner.end(status)

    def _send_metrics(self) -> None:
        while True:
            with self._lock:
                part = list(self._metrics)[:BATCH]
            if not part:
                return
            self._send("metrics", part)
            with self._lock:
                for _ in part:
                    self._metrics.popleft()

    def _send(self, kind: str, rows: Sequence[Any]) -> None:
        """Send `params` or `metrics` in one request; if it is refused, row by row, so that bad rows alone are lost."""
        request: dict[str, Any] = {kind: rows}
        try:
            self._client.log_batch(self.run_id, **request)
        except Exception as error:  # whatever the client raises
            if worth_another_try(error):
                raise
            if len(rows) == 1:
                self._refused[rows[0].key] += 1
                return
            for row in rows:
                self._send(kind, [row])

    def _terminate(self, status: str) -> None:
        self._client.set_terminated(self.run_id, status)
        if self._refused:
            names = ", ".join(f"{name} ({count})" for name, count in self._refused.items())
            logger.warning("MLflow refused these values of run %s, and they are lost: %s.", self.run_id, names)
