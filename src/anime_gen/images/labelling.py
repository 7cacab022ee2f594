"""Labels of the kept pictures as one table: drawn truth, or what labels.csv states."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anime_gen.images.index import Kept
from anime_gen.images.sources.members import Listing

if TYPE_CHECKING:
    import pandas as pd

    from anime_gen.attributes import Vocabulary
    from anime_gen.labels.reader import LabelProblem, Labels, Value

logger = logging.getLogger(__name__)


@dataclass
class LabelledFaces:
    """One row a kept picture, one column a labelled attribute; and what was wrong with the labels file."""

    table: "pd.DataFrame"
    problems: "list[LabelProblem]" = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)


def stated_labels(listing: Listing, vocabulary: "Vocabulary") -> "Labels | None":
    """What the table of labels says of any file of the source; None without a table.

    Needs no picture decoded, so that a table, or a column of it, that cannot be used stops the run first by LabelError.
    """
    from anime_gen.labels.reader import read_labels

    if listing.labels is None:
        return None
    left_out = [reject.name for reject in listing.rejects if reject.reason != "system"]
    names = [member.name for member in listing.members] + left_out
    labels = read_labels(listing.labels, listing.labels_name, vocabulary, names)
    if labels.elsewhere:
        row, cell, name = labels.elsewhere[0]
        text = "%s: %d rows name pictures in folders that the source does not have; row %d, %r, was taken for %s"
        logger.warning(text, listing.labels_name, len(labels.elsewhere), row, cell, name)
    if not labels.rows and not labels.problems:
        logger.warning("%s has no rows below its header, so that no picture got a label from it", listing.labels_name)
    _check_columns(labels, listing.labels_name)
    return labels


def _check_columns(labels: "Labels", labels_name: str) -> None:
    """Raise LabelError for a column of which most cells mean nothing here: another scale, or words of another list."""
    from anime_gen.labels.table import LabelError

    for attribute, values in labels.values.items():
        bad = [problem for problem in labels.problems if problem.column == attribute]
        if len(bad) > len(values):
            raise LabelError(
                f"{labels_name}: {len(bad)} of {len(bad) + len(values)} cells of the column {attribute} cannot be "
                f"used. First: {bad[0]}. Mend the column, or take it away to go on without it"
            )


def gather_labels(kept: Kept, labels: "Labels | None", vocabulary: "Vocabulary") -> LabelledFaces:
    """Drawn faces bring their labels; other sources have what a table states of them, or none."""
    drawn = kept.outcome.column("labels")
    if len(drawn) and drawn.null_count < len(drawn):
        truth = [json.loads(text) for text in drawn.to_pylist()]
        columns = {name: [labels.get(name) for labels in truth] for name in truth[0]}
        return LabelledFaces(_table(columns, len(truth), vocabulary))
    if labels is None:
        return LabelledFaces(_table({}, len(kept.names), vocabulary))
    _adopt_from_copies(labels, kept)
    columns = {name: [values.get(picture) for picture in kept.names] for name, values in labels.values.items()}
    return LabelledFaces(_table(columns, len(kept.names), vocabulary), labels.problems, labels.unknown_columns)


def _adopt_from_copies(labels: "Labels", kept: Kept) -> None:
    """What is said of an exact copy holds for the picture that was kept; two different sayings hold for neither."""
    from anime_gen.labels.reader import LabelProblem

    for name, row in kept.duplicates:
        original = kept.names[row]
        for attribute, values in labels.values.items():
            value = values.get(name)
            if value is None:
                continue
            if values.setdefault(original, value) != value:
                del values[original]
                line = labels.rows[name]
                problem = f"{original} is the same picture and has another value; neither is used"
                labels.problems.append(LabelProblem(line, name, attribute, str(value), problem))


def _table(columns: Mapping[str, "Sequence[Value | None]"], rows: int, vocabulary: "Vocabulary") -> "pd.DataFrame":
    """Columns that hold at least one label: float64 (NaN = unknown), or text for categorical attributes."""
    import pandas as pd

    table = pd.DataFrame(index=range(rows))
    for name, values in columns.items():
        if any(value is not None for value in values):
            categorical = name in vocabulary and vocabulary[name].kind == "categorical"
            text = categorical or any(isinstance(value, str) for value in values)
            table[name] = pd.array(values, dtype="str" if text else "float64")
    return table
