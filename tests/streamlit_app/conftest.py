"""Artists' projects of the tests lie in a folder of their own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANIME_GEN_STUDIO", str(tmp_path / "studio"))
    return tmp_path / "studio"
