"""A running page of its own, and the browser that visits it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.conftest import ROOT

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FIRST_SEED = 10
"""The character that a page opens with."""
PATIENCE_S = 120
WINDOWS = {"1400": (1400, 900), "800": (800, 900), "390": (390, 844), "200_percent": (700, 450)}
"""Width and height in CSS pixels: a desk, a tablet, a phone, and the desk with the page at 200 %."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answers(address: str) -> bool:
    """Whether a page answers there."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as reply:
            return reply.read() == b"ok"
    except OSError:
        return False


def start(port: int, database: Path, projects: Path, log: Path) -> subprocess.Popen:
    """A server of the page, ready to answer."""
    environment = os.environ | {"MLFLOW_TRACKING_URI": f"sqlite:///{database}", "OMP_NUM_THREADS": "1"}
    environment |= {"ANIME_GEN_STUDIO": str(projects)}
    script = ROOT / "streamlit_app" / "streamlit_app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", "--server.headless=true"]
    with log.open("a") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    deadline = time.monotonic() + PATIENCE_S
    while not answers(f"http://127.0.0.1:{port}"):
        assert time.monotonic() < deadline, "the page did not start"
        time.sleep(0.1)
    return server
