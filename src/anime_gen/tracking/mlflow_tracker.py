"""Reports to MLflow through its client, so that no active-run state is shared between threads or sessions."""

import json
import logging
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anime_gen.tracking.abandoned import PROCESS, this_process
from anime_gen.tracking.figures import headlines, tables
from anime_gen.tracking.flat import flatten
from anime_gen.tracking.gallery import SAMPLES, Gallery
from anime_gen.tracking.notes import FIGURE_WORDS, GROWTH, LINKS, NOTE, PICTURES, file_of, in_one_line, run_note
from anime_gen.tracking.outbox import Outbox, worth_another_try

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Dataset, Metric

logger = logging.getLogger(__name__)

BATCH = 100
"""Parameters or metrics in one request."""

LAST_CHANCE_S = 20.0
"""How long the end of a run waits for what was not sent yet."""


class MlflowTracker:
    """One MLflow run. Everything is sent from a thread in order; nothing here raises or waits.

    `tell` brings the run's note and its page of pictures up to date. `end` sends what waits and sets the run's status.
    """

    def __init__(self, client: "MlflowClient", run_id: str, experiment_id: str, name: str = "") -> None:
        self.run_id, self.experiment_id, self.name = run_id, experiment_id, name
        self.figures: dict[str, float] = {}
        self._client = client
        self._gallery = Gallery()
        self._outbox = Outbox(client.tracking_uri)
        self._metrics: deque[Metric] = deque()
        self._refused: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._monitor: Any = None

    @classmethod
    def start(cls, client: "MlflowClient", experiment_id: str, name: str, tags: Mapping[str, str]) -> "MlflowTracker":
        """Start a run. Raises what MLflow raises: a store that fails at the start is an error before work."""
        run = client.create_run(experiment_id, run_name=name, tags={PROCESS: this_process(), **tags})
        return cls(client, run.info.run_id, experiment_id, name)

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
        """A uint8 picture `[height, width, 3]`, for the run's note and page; MLflow's own slider has the samples."""
        picture, newest = np.array(image, dtype=np.uint8), f"{PICTURES}/{file_of(key)}"
        self._gallery.add(key, picture, step)
        if key == SAMPLES:  # beside a picture in a chart MLflow lists all parameters: only a series is worth it
            self._outbox.put(lambda: self._client.log_image(self.run_id, picture, key=key, step=step, synchronous=True))
        self._outbox.put(lambda: self._client.log_image(self.run_id, picture, newest))

    def log_artifact(self, path: Path) -> None:
        """A file or a folder, read when it is sent."""
        send = self._client.log_artifacts if Path(path).is_dir() else self._client.log_artifact
        self._outbox.put(lambda: send(self.run_id, str(path)))

    def log_table(self, rows: Sequence[Mapping[str, Any]], name: str) -> None:
        """Rows as a table under `tables/<name>.json`."""
        columns = {key: [row.get(key) for row in rows] for key in dict.fromkeys(key for row in rows for key in row)}
        if columns:
            self._outbox.put(lambda: self._client.log_table(self.run_id, columns, f"tables/{name}.json"))

    def log_report(self, name: str, report: Mapping[str, Any], step: int) -> None:
        """Its headline figures as metrics, all of it as tables and as a JSON file."""
        figures = headlines(name, report)
        self.figures |= figures
        if figures:
            self.log_metrics(figures, step)
        for title, rows in tables(name, report).items():
            self.log_table(rows, title)
        self._outbox.put(lambda: self._client.log_dict(self.run_id, dict(report), f"reports/{name}.json"))

    def also_to_training(self, training: str, name: str, report: Mapping[str, Any], step: int) -> None:
        """Put a report's headlines on the newest run with the parameter `training`, and a link to this run."""
        figures = headlines(name, report)
        if figures:
            self._outbox.put(partial(self._tell_training, training, figures, step, int(time.time() * 1000)))

    def _tell_training(self, training: str, figures: Mapping[str, float], step: int, now: int) -> None:
        from mlflow.entities import Metric

        ids = [experiment.experiment_id for experiment in self._client.search_experiments()]
        query, order = f"params.training = '{training}'", ["attributes.start_time DESC"]
        for run in self._client.search_runs(ids, query, max_results=1, order_by=order):
            rows = [Metric(key, value, now, step) for key, value in figures.items()]
            self._client.log_batch(run.info.run_id, metrics=rows)
            known = {key: value for key, value in run.data.metrics.items() if key in FIGURE_WORDS} | dict(figures)
            page = f"#/experiments/{self.experiment_id}/runs/{self.run_id}"
            _, _, pictures = run.data.tags.get(NOTE, "").partition(LINKS)
            note = f"{in_one_line(known)} Judged in [{self.name}]({page}).{LINKS}{pictures}"
            self._client.set_tag(run.info.run_id, NOTE, note)

    def log_text(self, text: str, file: str) -> None:
        """A text as a file."""
        self._outbox.put(lambda: self._client.log_text(self.run_id, text, file))

    def log_dataset(self, data: "Dataset", context: str) -> None:
        """Which data the run read, as a column of the runs table."""
        from mlflow.entities import DatasetInput, InputTag

        tag = InputTag("mlflow.data.context", context)
        self._outbox.put(lambda: self._client.log_inputs(self.run_id, [DatasetInput(data, [tag])]))

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Words to find the run by."""
        for key, value in tags.items():
            self._outbox.put(partial(self._client.set_tag, self.run_id, key, value))

    def tell(self) -> None:
        """Bring the note at the run and the page with all its pictures up to date."""
        keys, animation = self._gallery.keys, self._gallery.animation()
        if keys:
            self.log_text(self._gallery.page(self.name), "pictures.html")
        if animation is not None:
            self._outbox.put(partial(self._log_bytes, animation, PICTURES, GROWTH))
        note = run_note(self.run_id, self.experiment_id, self.figures, keys, animation is not None)
        self.set_tags({NOTE: note})

    def watch_system(self) -> None:
        """Sample CPU, memory and GPU every ten seconds until the run ends."""
        from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

        self._monitor = SystemMetricsMonitor(self.run_id)
        self._monitor.start()

    def end(self, status: str) -> None:
        """Set FINISHED, FAILED or KILLED after everything else is sent."""
        if self._monitor is not None:
            self._monitor.finish()
            self._monitor = None
        self.tell()
        self._outbox.put(partial(self._terminate, status))
        self._outbox.close(LAST_CHANCE_S)

    def flush(self, timeout_s: float = LAST_CHANCE_S) -> bool:
        """Wait until everything so far is in MLflow; whether it is."""
        return self._outbox.flush(timeout_s)

    def _log_bytes(self, content: bytes, folder: str, name: str) -> None:
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / name).write_bytes(content)
            self._client.log_artifact(self.run_id, str(Path(place) / name), folder)

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


def dataset_of(faces: Mapping[str, Any], name: str) -> "Dataset":
    """A face store as MLflow shows data: name, digest, where it lies, how much of it there is."""
    from mlflow.entities import Dataset

    place = json.dumps({"uri": str(faces.get("folder", "")), "source": faces.get("source")})
    profile = json.dumps({key: faces.get(key) for key in ("count", "resolution", "fingerprint")})
    digest = str(faces.get("fingerprint", ""))[:36]
    return Dataset(name=name, digest=digest, source_type="local", source=place, profile=profile)
