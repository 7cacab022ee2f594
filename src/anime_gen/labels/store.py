"""The label store: every answer of a person, appended to one SQLite file and never changed.

Undo appends a retraction. Predictions never enter this file. Each answer is committed, and on the disk, before the call
returns, so a killed page loses nothing.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from anime_gen.attributes import Vocabulary

STORE_NAME = "01_raw/labels.sqlite"  # below the data folder
_SCHEMA = """
create table if not exists events (
  id integer primary key autoincrement,
  kind text not null check (kind in ('answer', 'compare', 'skip', 'retract')),
  attribute text not null, picture text not null, other text, value text,
  who text not null, at text not null, source text not null, vocabulary text not null,
  seconds real, retracts integer references events (id));
create index if not exists by_attribute on events (attribute, picture);
create trigger if not exists never_update before update on events
  begin select raise(abort, 'labels are append-only: append a retraction instead'); end;
create trigger if not exists never_delete before delete on events
  begin select raise(abort, 'labels are append-only: append a retraction instead'); end;
"""


@dataclass(frozen=True)
class Answer:
    """One standing event: what somebody said about a picture (or, for ``compare``, about two)."""

    id: int
    kind: str
    attribute: str
    picture: str
    other: str | None
    value: str | None
    who: str
    at: str
    source: str
    vocabulary: str
    seconds: float | None


@dataclass(frozen=True)
class Signature:
    """Who answers, how the pictures were picked (``random``, ``active``, ``import``...), under which vocabulary."""

    who: str
    source: str
    vocabulary: str


class LabelStore:
    """Answers in one file; any number of processes may read, writers wait for each other."""

    def __init__(self, path: Path) -> None:
        """Open or create; ValueError if the file is something else."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._connection() as connection:
                connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path} is not a label store ({error}); move it away to start a new one") from error

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=30.0)) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")  # each commit reaches the disk
            with connection:
                yield connection

    def _append(self, rows: Sequence[tuple[object, ...]]) -> list[int]:
        columns = "kind, attribute, picture, other, value, who, at, source, vocabulary, seconds, retracts"
        statement = f"insert into events ({columns}) values ({', '.join('?' * 11)})"
        with self._connection() as connection:
            return [int(connection.execute(statement, row).lastrowid or 0) for row in rows]

    def answer(
        self, attribute: str, pictures: Sequence[str], value: float | str | None, by: Signature, seconds: float = 0.0
    ) -> list[int]:
        """State the same value for some pictures in one commit; None means *can't tell*. Returns event numbers."""
        kind = "skip" if value is None else "answer"
        text = None if value is None else str(value)
        share = seconds / max(1, len(pictures))
        rows = [
            (kind, attribute, p, None, text, by.who, _now(), by.source, by.vocabulary, share, None) for p in pictures
        ]
        return self._append(rows)

    def answer_each(self, rows: Sequence[tuple[str, str, float | str]], by: Signature) -> list[int]:
        """State (attribute, picture, value) rows in one commit: all or none."""
        return self._append(
            [("answer", a, p, None, str(v), by.who, _now(), by.source, by.vocabulary, None, None) for a, p, v in rows]
        )

    def compare(
        self, attribute: str, first: str, second: str, more: str | None, by: Signature, seconds: float = 0.0
    ) -> int:
        """State which of two pictures has more of a continuous attribute (None: the same)."""
        value = {first: "first", second: "second", None: "same"}[more]
        row = ("compare", attribute, first, second, value, by.who, _now(), by.source, by.vocabulary, seconds, None)
        return self._append([row])[0]

    def retract(self, events: Sequence[int], by: Signature) -> None:
        """Take answers back: appends one retraction for each."""
        with self._connection() as connection:
            marks = ", ".join("?" * len(events))
            found = connection.execute(f"select id, attribute, picture from events where id in ({marks})", [*events])
            facts = {number: (attribute, picture) for number, attribute, picture in found}
        missing = [number for number in events if number not in facts]
        if missing:
            raise ValueError(f"the label store has no event {missing[0]}, so it can't be taken back")
        self._append(
            [
                ("retract", *facts[number], None, None, by.who, _now(), by.source, by.vocabulary, None, number)
                for number in events
            ]
        )

    def standing(self, attribute: str | None = None, kinds: Sequence[str] = ("answer",)) -> list[Answer]:
        """Events that nobody took back, oldest first."""
        marks = ", ".join("?" * len(kinds))
        query = f"""select id, kind, attribute, picture, other, value, who, at, source, vocabulary, seconds from events
            where kind in ({marks}) and (? is null or attribute = ?)
            and id not in (select retracts from events where retracts is not null) order by id"""
        with self._connection() as connection:
            return [Answer(*row) for row in connection.execute(query, [*kinds, attribute, attribute])]

    def current(self, attribute: str) -> dict[str, Answer]:
        """The last standing answer (or *can't tell*) of each picture."""
        return {event.picture: event for event in self.standing(attribute, ("answer", "skip"))}

    def values(self, vocabulary: Vocabulary) -> dict[str, dict[str, Answer]]:
        """Standing answers by attribute and picture, *can't tell* left out."""
        found: dict[str, dict[str, Answer]] = {}
        for name in vocabulary:
            answers = {p: a for p, a in self.current(name).items() if a.kind == "answer"}
            if answers:
                found[name] = answers
        return found

    def pairs(self, attribute: str) -> list[tuple[str, str, str]]:
        """Standing comparisons as (first, second, ``first`` | ``second`` | ``same``)."""
        events = self.standing(attribute, ("compare",))
        return [(e.picture, e.other or "", e.value or "same") for e in events]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
