"""The address of an MLflow store: which are understood, where a SQLite file lies, whether anything answers there."""

import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from anime_gen.paths import user_path

SQLITE = "sqlite:///"
PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
ANSWER_TIMEOUT_S = 5.0


def absolute_uri(uri: str, project_path: Path) -> str:
    """`sqlite:///mlflow.db` counts from the current folder in MLflow; here it counts from the project's root.

    Raises ValueError for an address that MLflow cannot use or would take for a folder's name.
    """
    uri = uri.strip()
    scheme, colon, rest = uri.partition(":")
    scheme = scheme.lower()
    if scheme == "sqlite" and not uri.removeprefix(SQLITE):
        rest = ""
    usable = scheme in {"sqlite", "http", "https"} or scheme.partition("+")[0] in PORTS
    if uri != "databricks" and not (usable and colon and rest.startswith("//") and rest.strip("/")):
        raise ValueError(
            f"tracking_uri {uri!r} is no address of an MLflow store; write a file such as sqlite:///mlflow.db, a "
            "server such as https://mlflow.example.org, or a database such as postgresql://user@host/name"
        )
    if scheme != "sqlite" or uri == f"{SQLITE}:memory:":
        return f"{scheme}:{rest}" if colon else uri
    path, question, query = uri.removeprefix(SQLITE).partition("?")
    if question and not parse_qsl(query):  # a folder's name and no options
        path, question, query = f"{path}?{query}", "", ""
    return f"{SQLITE}{quoted((project_path / user_path(unquote(path))).resolve())}{question}{query}"


def quoted(path: Path) -> str:
    """The path as SQLAlchemy takes it: it decodes %20 and ends at a question mark."""
    text = str(path)
    return text if unquote(text) == text and "?" not in text else text.replace("%", "%25").replace("?", "%3F")


def file_of(uri: str) -> Path | None:
    """The SQLite file of an absolute address, or None."""
    if not uri.startswith(SQLITE) or uri == f"{SQLITE}:memory:":
        return None
    return Path(unquote(uri.removeprefix(SQLITE).partition("?")[0]))


def why_silent(uri: str) -> str | None:
    """Why nothing answers at a server's address; None when something does, or when it is a file."""
    parts = urlsplit(uri)
    kind = parts.scheme.partition("+")[0]
    try:
        if kind in {"http", "https"}:
            with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=ANSWER_TIMEOUT_S):
                return None
        if kind in PORTS and parts.hostname:
            with socket.create_connection((parts.hostname, parts.port or PORTS[kind]), timeout=ANSWER_TIMEOUT_S):
                return None
    except urllib.error.HTTPError as answer:
        # Below 500 something answers: a proxy may ask for a login at /health.
        return None if answer.code < 500 else f"status {answer.code}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
    return None
