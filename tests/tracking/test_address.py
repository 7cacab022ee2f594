import socket
import time
from pathlib import Path

import pytest

from anime_gen.tracking.address import absolute_uri, file_of, why_silent


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("sqlite:///mlflow.db", "sqlite:////root/mlflow.db"),
        (" sqlite:///m.db", "sqlite:////root/m.db"),
        ("sqlite:////other/m.db", "sqlite:////other/m.db"),
        ("sqlite:///a?b/m.db", "sqlite:////root/a%3Fb/m.db"),
        ("sqlite:///m.db?timeout=30", "sqlite:////root/m.db?timeout=30"),
        ("sqlite:///50% done/m.db", "sqlite:////root/50% done/m.db"),
        ("HTTP://127.0.0.1:1", "http://127.0.0.1:1"),
        ("https://there/mlflow", "https://there/mlflow"),
        ("postgresql+psycopg2://a@b/c", "postgresql+psycopg2://a@b/c"),
        ("databricks", "databricks"),
    ],
)
def test_addresses_are_made_absolute(given: str, meant: str):
    assert absolute_uri(given, Path("/root")) == meant
    assert absolute_uri(meant, Path("/elsewhere")) == meant  # what we hand on is read back as the same


@pytest.mark.parametrize(
    "wrong", ["file:./mlruns", "./mlruns", "mlruns", "sqlite:///", "sqlite://", "http//typo", "http:", ""]
)
def test_what_would_become_a_folder_of_that_name_is_refused(wrong: str):
    with pytest.raises(ValueError, match="no address of an MLflow store"):
        absolute_uri(wrong, Path("/root"))


def test_a_database_server_that_is_down_is_told_at_once():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        started = time.monotonic()
        assert why_silent(f"postgresql://nobody@127.0.0.1:{port}/x")
        assert time.monotonic() - started < 30


def test_the_file_of_an_address():
    assert file_of("sqlite:////a%3Fb/m.db?timeout=3") == Path("/a?b/m.db")
    assert file_of("http://x") is None
