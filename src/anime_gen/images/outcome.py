"""What an ingest leaves behind: the table and the lists in the store folder, the report and the card for the reader."""

import datetime
import json
import logging
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anime_gen.images.config import SourceConfig
from anime_gen.images.files import sync, write_atomically
from anime_gen.images.index import split_notes
from anime_gen.images.remote import RemoteStore
from anime_gen.images.store import FaceStore

if TYPE_CHECKING:
    import pandas as pd

    from anime_gen.attributes import Vocabulary
    from anime_gen.images.index import Kept
    from anime_gen.images.labelling import LabelledFaces
    from anime_gen.labels.reader import LabelProblem

logger = logging.getLogger(__name__)

NO_LABELS = (
    "no picture came with a label. Sliders need some: a labels.csv beside the pictures; or answers on the Label page "
    "(make app); or sub-models taught elsewhere, corrected by drawn faces "
    "(--params tag.labels.taught_by=data/06_models/shipped/taggers,tag.labels.weak_start=drawn)"
)
FIRST_VOTES = (
    "no picture came with a label: what tag.labels names speaks for them, until you answer some on the Label page "
    "(make app)"
)
SHOWN = 3  # files left out for one reason that the log names
DRAWN_LICENCE = "CC0-1.0: drawn by this program"


@dataclass(frozen=True)
class Ingested:
    """Everything the pipeline hands on."""

    face_store: FaceStore
    index: "pd.DataFrame"
    rejects: list[dict[str, Any]]  # pictures left out and labels that could not be used
    report: dict[str, Any]
    data_card: dict[str, Any]


@dataclass
class Outcome:
    """The state of a store folder, equal for equal sources whatever happened on the way."""

    folder: Path
    facts: dict[str, Any]  # resolution, fingerprint, counts
    index: "pd.DataFrame"
    rejects: list[dict[str, Any]]

    @classmethod
    def of(
        cls,
        folder: Path,
        resolution: int,
        fingerprint: str,
        seen: int,
        kept: "Kept",
        index: "pd.DataFrame",
        labelled: "LabelledFaces",
    ) -> "Outcome":
        """Gather counts and lines from the parts."""
        rejects: list[dict[str, Any]] = [{"kind": "picture", **asdict(reject)} for reject in kept.rejects]
        for name, row in kept.duplicates:
            detail = f"the same pixels as {kept.names[row]}"
            digest = index["sha256"].iloc[row]
            rejects.append(
                {"kind": "duplicate", "name": name, "reason": "duplicate", "detail": detail, "sha256": digest}
            )
        rejects.sort(key=lambda line: line["name"])
        rejects += [_label_line(problem) for problem in labelled.problems]
        label_columns = [column for column in index.columns if column.startswith("label.")]
        notes = split_notes(index["group"].to_numpy(), index["split"].tolist())
        facts = {
            "resolution": resolution,
            "fingerprint": fingerprint,
            "seen": seen,
            "accepted": len(index),
            "rejected": dict(sorted(Counter(reject.reason for reject in kept.rejects).items())),
            "duplicates": len(kept.duplicates),
            "near_duplicates": len(index) - int(index["group"].nunique()),
            "splits": {str(name): int(n) for name, n in index["split"].value_counts().sort_index().items()},
            "labels": {column.removeprefix("label."): int(index[column].notna().sum()) for column in label_columns},
            "label_problems": len(labelled.problems),
            "unknown_label_columns": labelled.unknown_columns,
            "notes": notes,
        }
        return cls(folder, facts, index, rejects)

    def save(self, mark: str) -> None:
        """Write the table and the lists, then `state.json` with the mark of the source state they were made from."""
        write_atomically(self.folder / "index.parquet", lambda file: self.index.to_parquet(file, index=False))
        lines = "".join(json.dumps(line) + "\n" for line in self.rejects).encode()
        write_atomically(self.folder / "rejects.jsonl", lambda file: file.write(lines))
        state = json.dumps({"mark": mark, "facts": self.facts}, indent=1).encode()
        write_atomically(self.folder / "state.json", lambda file: file.write(state))

    @staticmethod
    def forget(folder: Path) -> None:
        """Take back what `state.json` says before anything it speaks of is replaced: a kill in between must not lie."""
        (folder / "state.json").unlink(missing_ok=True)
        sync(folder)

    @classmethod
    def load(cls, folder: Path, mark: str) -> "Outcome | None":
        """The outcome of an earlier run from the same state, or None. ValueError for a damaged store."""
        import pandas as pd

        path = folder / "state.json"
        state = json.loads(path.read_text()) if path.exists() else {}
        if state.get("mark") != mark:
            return None
        if FaceStore(folder).fingerprint != state["facts"]["fingerprint"]:
            return None  # killed between the manifest and the table of a later state
        rejects = [json.loads(line) for line in (folder / "rejects.jsonl").read_text().splitlines()]
        return cls(folder, state["facts"], pd.read_parquet(folder / "index.parquet"), rejects)

    def notes(self, first_votes: bool) -> list[str]:
        """What the set cannot do. `first_votes`: whether something else speaks for pictures without labels."""
        unlabelled = [] if self.facts["labels"] else [FIRST_VOTES if first_votes else NO_LABELS]
        return [*self.facts["notes"], *unlabelled]

    def ingested(
        self, source: SourceConfig, notes: list[str], decoded: int, seconds: float, remote: RemoteStore | None = None
    ) -> Ingested:
        """Datasets of the pipeline; of the copy at `remote`. `notes`, `decoded`, `seconds` tell of this run alone."""
        named = {"kind": source.kind, "name": source_name(source)}
        facts = {key: value for key, value in self.facts.items() if key != "fingerprint"} | {"notes": notes}
        report = {"source": named, **facts, "decoded": decoded, "seconds": round(seconds, 2)}
        card = {
            "source": named,
            "count": self.facts["accepted"],
            "resolution": self.facts["resolution"],
            "licence": source.licence or (DRAWN_LICENCE if source.kind == "drawn" else "not stated by the user"),
            "sha256": self.facts["fingerprint"],
            "ingested": datetime.date.fromtimestamp((self.folder / "state.json").stat().st_mtime).isoformat(),
            "labels": sorted(self.facts["labels"]),
        }
        return Ingested(FaceStore(remote or self.folder, named), self.index, self.rejects, report, card)


def warn_of(notes: list[str], facts: dict[str, Any], rejects: list[dict[str, Any]], vocabulary: "Vocabulary") -> None:
    """Say in the log what the set cannot do and what of its tables was not used; the rejects file has every line."""
    from anime_gen.labels.reader import describe_unknown_columns

    for note in notes:
        logger.warning("%s", note)
    for reason in ("table", "second_table", "archive", "duplicate_name"):
        lines = [line for line in rejects if line["reason"] == reason]
        for line in lines[:SHOWN]:
            logger.warning("%s is not read: %s", line["name"], line["detail"])
        if len(lines) > SHOWN:
            logger.warning("... and %d more like it; the rejects file names each", len(lines) - SHOWN)
    if facts["unknown_label_columns"]:
        columns = describe_unknown_columns(facts["unknown_label_columns"], vocabulary)
        logger.warning("Columns of the labels file that are no attributes and were not used: %s", columns)
    if facts["label_problems"]:
        first = next(line for line in rejects if line["reason"] == "label")
        count = facts["label_problems"]
        logger.warning("%d labels could not be used; the rejects file names each. First: %s", count, first["detail"])


def _label_line(problem: "LabelProblem") -> dict[str, Any]:
    return {"kind": "label", "name": problem.file, "reason": "label", "detail": str(problem), "sha256": None}


def source_name(source: SourceConfig) -> str:
    """A name that may be published: never a whole path of the user's machine."""
    if source.kind == "drawn":
        return f"drawn-{source.split}-seed{source.seed}"
    return source.handle if source.kind == "kaggle" and source.handle else Path(source.path or "").name


def too_few(kept: "Kept", needed: int) -> str:
    """The message for a source with too few usable pictures: how many of what, and what to do."""
    from anime_gen.images.rejection import REASONS

    counts = Counter(reject.reason for reject in kept.rejects)
    reasons = "; ".join(f"{n} x {reason} ({REASONS[reason]})" for reason, n in counts.most_common())
    copies = f"; {len(kept.duplicates)} exact copies" if kept.duplicates else ""
    cure = ", or relax the limits under `faces`" if any("faces." in REASONS[reason] for reason in counts) else ""
    return (
        f"only {len(kept.names)} usable pictures, faces.min_accepted is {needed}. "
        f"Left out: {reasons or 'none'}{copies}. Check source.path{cure}"
    )
