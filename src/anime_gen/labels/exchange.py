"""Answers of the Label page out to a table that people can edit, and in again, with every problem named."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from anime_gen.attributes import Vocabulary
from anime_gen.labels.reader import read_labels
from anime_gen.labels.store import LabelStore, Signature
from anime_gen.labels.table import FILE_COLUMN, LabelError

if TYPE_CHECKING:
    import pandas as pd


class Imported(NamedTuple):
    """What came of a table: labels that were new, and columns that are no attributes (as a person reads them)."""

    new: int
    unknown_columns: list[str]


def names_of(face_index: pd.DataFrame) -> dict[str, str]:
    """Picture ids by what a person may call them: the source's file name, or the id itself."""
    ids = [str(value) for value in face_index["id"]]
    names = dict(zip(ids, ids, strict=True))
    if "source_name" in face_index:
        names |= dict(zip(map(str, face_index["source_name"]), ids, strict=True))
    return names


def import_table(
    data: bytes,
    table_name: str,
    vocabulary: Vocabulary,
    names: Mapping[str, str],
    store: LabelStore,
    by: Signature,
    replace: bool = False,
) -> Imported:
    """Append every label of a table to the store, all or none.

    LabelError lists every row that cannot be used, and then nothing is taken: a picture that is not in the set, a value
    that the vocabulary does not allow, two rows that disagree. A label that contradicts a standing answer is a problem
    too, unless ``replace`` says that the table knows better.
    """
    labels = read_labels(data, table_name, vocabulary, list(names))
    if labels.problems:
        raise LabelError("labels not read; mend these rows and try again:\n" + "\n".join(map(str, labels.problems)))
    standing = store.values(vocabulary)
    fresh: dict[tuple[str, str], float | str] = {}
    problems: list[str] = []
    for attribute, values in labels.values.items():
        for name, value in values.items():
            old = standing.get(attribute, {}).get(names[name])
            same = old is not None and vocabulary[attribute].read(old.value) == value
            if old is not None and not same and not replace:
                said = f"{old.who} said {old.value} on {old.at[:10]}"
                problems.append(f"row {labels.rows[name]}: {attribute} = {value}, but {said}")
            elif not same and fresh.setdefault((attribute, names[name]), value) != value:
                problems.append(f"row {labels.rows[name]}: {attribute} = {value}, but another row says otherwise")
    if problems:
        raise LabelError("labels not read; they contradict answers (tick replace to overrule):\n" + "\n".join(problems))
    store.answer_each([(attribute, picture, value) for (attribute, picture), value in fresh.items()], by)
    return Imported(len(fresh), labels.unknown_columns)


def export_csv(vocabulary: Vocabulary, face_index: pd.DataFrame, store: LabelStore) -> str:
    """All standing answers as a table that ``import_table`` reads; only pictures and attributes with an answer."""
    values = store.values(vocabulary)
    columns = [name for name in vocabulary if name in values]
    called = {picture: name for name, picture in names_of(face_index).items()}
    pictures = [p for p in map(str, face_index["id"]) if any(p in values[name] for name in columns)]
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow([FILE_COLUMN, *columns])
    for picture in pictures:
        answers = [values[name].get(picture) for name in columns]
        writer.writerow([called[picture], *("" if a is None else a.value for a in answers)])
    return lines.getvalue()
