"""The label store: append-only, undo by retraction, safe against a kill."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from anime_gen.labels.store import LabelStore, Signature
from tests.tagging.toys import vocabulary

BY = Signature("ann", "random", "v1")


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    return LabelStore(tmp_path / "labels.sqlite")


def test_last_standing_answer_counts(store: LabelStore) -> None:
    store.answer("glasses", ["a"], 1.0, BY)
    (second,) = store.answer("glasses", ["a"], 0.0, Signature("bob", "active", "v1"))
    assert store.current("glasses")["a"].value == "0.0"
    assert store.current("glasses")["a"].who == "bob"
    store.retract([second], BY)
    assert store.current("glasses")["a"].value == "1.0"


def test_cannot_tell_is_kept_but_is_no_label(store: LabelStore) -> None:
    store.answer("glasses", ["a"], None, BY)
    assert store.current("glasses")["a"].kind == "skip"
    assert store.values(vocabulary()) == {}


def test_nothing_is_ever_changed_or_deleted(store: LabelStore) -> None:
    store.answer("glasses", ["a"], 1.0, BY)
    with sqlite3.connect(store.path) as connection:
        for statement in ("update events set value = '0'", "delete from events"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_retracting_what_is_not_there_is_an_error(store: LabelStore) -> None:
    with pytest.raises(ValueError, match="no event 7"):
        store.retract([7], BY)


def test_answers_survive_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    script = (
        "import os, signal; from pathlib import Path; from anime_gen.labels.store import *\n"
        f"s = LabelStore(Path({str(path)!r}))\n"
        "for k in range(20): s.answer('glasses', [str(k)], 1.0, Signature('ann', 'random', 'v1'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -9
    assert len(LabelStore(path).current("glasses")) == 20


def test_a_file_that_is_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.write_bytes(b"not a database, but long enough to look at" * 40)
    with pytest.raises(ValueError, match="not a label store"):
        LabelStore(path)
