"""What a team has: PostgreSQL, `mlflow server` with proxied artifacts, and a network that fails."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PATIENCE_S = 180


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def postgresql() -> Iterator[str]:
    """Address of an empty database in a cluster of its own; PostgreSQL refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="anime-gen-postgresql-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    port, quiet = free_port(), {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, "cwd": "/"}
    control = [*as_user, str(BINARIES[-1] / "pg_ctl"), "-D", str(folder / "data"), "-w"]
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    try:
        subprocess.run(
            [*as_user, str(BINARIES[-1] / "initdb"), "-D", str(folder / "data"), "-U", "mlflow", "-A", "trust"], **quiet
        )
        subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], **quiet)
        try:
            yield f"postgresql://mlflow@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def mlflow_server(database: str, folder: Path) -> Iterator[int]:
    """The port of an `mlflow server` that keeps runs in `database` and hands out artifacts itself."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database, "--port", str(port)]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--workers", "1"]
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder, start_new_session=True)
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not _healthy(port):
                assert server.poll() is None, (folder / "server.log").read_text()
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.3)
            yield port
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # it has workers of its own
            server.wait(30)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


class Network:
    """A way to the server that fails as asked: `fine`, `refuse`, `hang`, `error` (500, the request having arrived)
    or `down` (nothing listens)."""

    def __init__(self, port: int) -> None:
        self.server_port, self.port = port, free_port()
        self.state, self.failures = "fine", 0
        self._listening: ThreadingHTTPServer | None = None
        self.become("fine")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def become(self, state: str) -> None:
        self.state = state
        if state == "down":
            self.close()
        elif self._listening is None:
            self._listening = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
            self._listening.daemon_threads = True
            threading.Thread(target=self._listening.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        if self._listening is not None:
            self._listening.shutdown()
            self._listening.server_close()
            self._listening = None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        network = self

        class Handler(BaseHTTPRequestHandler):
            def forward(self) -> None:
                state, body = network.state, self.body()
                network.failures += state != "fine"
                if state == "refuse":
                    self.connection.close()
                    return
                while state == "hang" and network.state == "hang":
                    time.sleep(0.05)
                if state == "hang":
                    return
                try:
                    self.pass_on(state, body)
                except (OSError, http.client.HTTPException):
                    self.close_connection = True  # either side went away in the middle

            def body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = []  # an empty file comes like this
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            def pass_on(self, state: str, body: bytes) -> None:
                upstream = http.client.HTTPConnection("127.0.0.1", network.server_port, timeout=60)
                own = ("host", "transfer-encoding", "content-length")
                headers = {key: value for key, value in self.headers.items() if key.lower() not in own}
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                content = answer.read()
                if state == "error":
                    answer.status, content = 500, b"{}"
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type", "application/json"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = forward

            def log_message(self, *words: object) -> None:
                """Say nothing."""

        return Handler
