"""The registered model away from this project: in an environment made of nothing but what it says that it needs."""

import base64
import io
import os
import signal
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

from tests.serving.test_served_model import ask
from tests.streamlit_app.site import free_port

MODEL = "models:/anime-generator@champion"
NEEDS = "import mlflow, sys; print(mlflow.pyfunc.get_model_dependencies(sys.argv[1]))"
ALONE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

model, *absent = sys.argv[1:]
sys.meta_path.insert(0, Absent())
import mlflow, pandas
wish = {"psi": 0.7, "attributes": '{"hair_length": 0.8}', "format": "png"}
print(mlflow.pyfunc.load_model(model).predict(pandas.DataFrame({"seed": [7]}), wish)[0])
"""


def installed_with(requirements: list[str]) -> set[str]:
    """Names of the distributions that an installer brings along for these."""
    found: set[str] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if name not in found and (one.marker is None or one.marker.evaluate({"extra": ""})):
            found.add(name)
            try:
                waiting += map(Requirement, requires(name) or [])
            except PackageNotFoundError:
                continue
    return found


def environment(database: Path) -> dict[str, str]:
    """This process's, with the registry of a database and without this checkout's code."""
    left_out = ("PYTHONPATH", "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
    kept = {key: value for key, value in os.environ.items() if key not in left_out}
    return kept | {"MLFLOW_TRACKING_URI": f"sqlite:///{database}"}


def up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:
            return reply.status == 200
    except OSError:
        return False


def test_a_picture_takes_no_library_that_the_model_does_not_name(published_database: Path, tmp_path: Path):
    # In a process of its own: other tests leave MLflow in this one with the address of a registry that is gone.
    asked = subprocess.run(
        [sys.executable, "-c", NEEDS, MODEL], env=environment(published_database), capture_output=True, text=True
    )
    assert asked.returncode == 0, asked.stderr[-3000:]
    there = installed_with(Path(asked.stdout.splitlines()[-1]).read_text().split())
    absent = [
        module
        for module, owners in packages_distributions().items()
        if not there & {canonicalize_name(owner) for owner in owners}
    ]
    assert {"kedro", "streamlit"} < set(absent)
    run = subprocess.run(
        [sys.executable, "-c", ALONE, MODEL, *absent],
        cwd=tmp_path,
        env=environment(published_database),
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert Image.open(io.BytesIO(base64.b64decode(run.stdout.splitlines()[-1]))).width > 0


@pytest.mark.slow
def test_it_is_served_from_a_fresh_environment(published_database: Path, tmp_path: Path):
    port = free_port()
    tools = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "MLFLOW_ENV_ROOT": str(tmp_path)}
    if "PIP_FIND_LINKS" in os.environ:
        tools["UV_FIND_LINKS"] = os.environ["PIP_FIND_LINKS"]
    options = ["-m", MODEL, "--env-manager", "uv", "--port", str(port)]
    command = [sys.executable, "-m", "mlflow", "models", "serve", *options]
    server = subprocess.Popen(command, env=environment(published_database) | tools, start_new_session=True)
    try:
        deadline = time.monotonic() + 1200  # it installs torch
        while not up(f"http://127.0.0.1:{port}/ping"):
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the model is not served"
            time.sleep(1)
        status, told = ask(f"http://127.0.0.1:{port}/invocations", [7], psi=0.7, format="png")
        assert status == 200
        assert Image.open(io.BytesIO(base64.b64decode(told["predictions"][0]))).width > 0
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)
