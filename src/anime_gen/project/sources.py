"""Which pictures a project works on, and the folder that belongs to each of its sources.

A source is what `params:source` says. The first one of a project keeps its things in the data folder itself, every
other one below `sources/`, so that tags, labels, training runs and reports of two sources never meet. `project.json` in
the data folder remembers them; a run that names no source works on the one that was ingested last.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from anime_gen.images.files import write_atomically
from anime_gen.project.about import About
from anime_gen.project.root import portable

BOOK = "project.json"
OTHERS = "sources"  # below the data folder
FIRST = "."
NAMELESS = "?"  # key of a source from before there was a book, whose whole path nobody wrote down
MANIFEST = Path("02_intermediate") / "face_store.json"  # what the ingest stage leaves last
NAMING = ("kind", "path", "handle", "seed", "split")  # the settings that say which source is meant
OF_THAT_SOURCE = ("path", "handle", "labels", "licence")  # settings that another source must not inherit

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """A source that was ingested: its folder below the data folder, and what was configured when it was named."""

    folder: str
    settings: dict[str, Any]
    configured: dict[str, Any] = field(default_factory=dict)  # `source` of the environment then, without --params
    base: dict[str, Any] = field(default_factory=dict)  # `source` of conf/base then
    about: dict[str, dict[str, Any]] = field(default_factory=dict)  # of each group of `about.GROUPS`: About.noted()

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> "Known":
        """From the book; what another version of this program noted besides is left out."""
        return cls(**{name: value for name, value in entry.items() if name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Chosen:
    """The source of one run: its settings, its folder, and the source that was worked on before."""

    key: str
    settings: dict[str, Any]
    folder: str
    stated: bool
    before: str | None


@dataclass(frozen=True)
class SourceBook:
    """The sources of one data folder."""

    data_folder: Path
    root: Path

    @property
    def path(self) -> Path:
        """The file that remembers."""
        return self.data_folder / BOOK

    def written(self) -> int:
        """When the file last changed; 0 without one."""
        return self.path.stat().st_mtime_ns if self.path.is_file() else 0

    def read(self) -> tuple[str | None, dict[str, Known]]:
        """Key of the source worked on last, and all known sources; ValueError for a damaged file."""
        if not self.path.is_file():
            return self._from_before()
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            return content["current"], {key: Known.read(entry) for key, entry in content["sources"].items()}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self.path} cannot be read ({error}). It says which folder belongs to which source; restore it from "
                "a copy, or move it away: the source that a run names first then gets the data folder itself."
            ) from error

    def choose(self, said: Settings, configured: Settings, base: Settings) -> Chosen:
        """The source a run works on: `said` on the command line, else the last one, else what is `configured`.

        A setting in conf/ counts as said when it is new: in an environment of its own, or edited since the last ingest.
        """
        current, known = self.read()
        last = known.get(current or "")
        unchanged = last is not None and (
            last.configured in ({}, configured) or (last.base == base and base == configured)
        )
        stated = any(name in said for name in NAMING)
        if not stated:
            if last is not None and current is not None and unchanged:
                usual = {} if last.configured else configured
                return Chosen(current, {**usual, **last.settings, **said}, last.folder, False, current)
            settings = dict(configured) | dict(said)
        else:
            settings = _renamed(configured, said)
        key = key_of(settings, self.root)
        entry = known.get(key)
        if entry is not None and entry.configured in ({}, configured):  # nothing in conf/ is newer than what is known
            settings = settings | entry.settings | dict(said)
        elif NAMELESS in known and not _same(known[NAMELESS].settings, settings) and not stated:
            raise ValueError(_name_it(self.data_folder, known[NAMELESS].settings))
        return Chosen(key, settings, self._folder(key, settings, known), True, current)

    def claim(self, chosen: Chosen, configured: Settings, base: Settings) -> None:
        """Give the source its folder; ValueError when another run has just taken it for another source."""
        with self._locked():
            current, known = self.read()
            if self._folder(chosen.key, chosen.settings, known) != chosen.folder:
                raise ValueError("another run has just begun on another source; run the same command again")
            settings = chosen.settings | {"path": _remembered(chosen.settings.get("path"), self.root)}
            if chosen.folder == FIRST:
                known.pop(NAMELESS, None)
            entry = known.get(chosen.key, Known(chosen.folder, settings))
            named = replace(entry, settings=settings, configured=dict(configured), base=dict(base))
            known[chosen.key] = named
            self._write(current, known)

    def release(self, chosen: Chosen) -> None:
        """Forget a source whose ingest failed before it left anything: its folder is free again."""
        with self._locked():
            current, known = self.read()
            if chosen.key in known and not (self.data_folder / chosen.folder / MANIFEST).is_file():
                del known[chosen.key]
                self._write(current, known)

    def remember(self, chosen: Chosen) -> None:
        """The source of `chosen` is from now on the one that runs without a source work on."""
        with self._locked():
            current, known = self.read()
            if current != chosen.key and chosen.key in known:
                self._write(chosen.key, known)

    def about(self, chosen: Chosen, group: str) -> Mapping[str, Any]:
        """What was noted of a group of settings that describe this source; empty when nothing was."""
        entry = self.read()[1].get(chosen.key)
        return {} if entry is None else entry.about.get(group, {})

    def note(self, chosen: Chosen, about: About) -> None:
        """Something of this source was made with these settings: runs that say nothing of them keep them."""
        with self._locked():
            current, known = self.read()
            if (entry := known.get(chosen.key)) is not None:
                known[chosen.key] = replace(entry, about=entry.about | {about.group: about.noted()})
                self._write(current, known)

    def _folder(self, key: str, settings: Settings, known: Mapping[str, Known]) -> str:
        """The folder that a source has, or would get."""
        if key in known:
            return known[key].folder
        first = [entry for entry in known.values() if entry.folder == FIRST]
        if not first or (NAMELESS in known and _same(known[NAMELESS].settings, settings)):
            return FIRST
        name = re.sub(r"[^\w.-]+", "-", plain_name(settings)).strip("-.")[:40]
        return f"{OTHERS}/{name}-{hashlib.sha256(key.encode()).hexdigest()[:6]}"

    def _write(self, current: str | None, known: Mapping[str, Known]) -> None:
        content = {"current": current, "sources": {key: asdict(entry) for key, entry in known.items()}}
        text = json.dumps(content, indent=1, ensure_ascii=False).encode()
        write_atomically(self.path, lambda file: file.write(text))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock

        self.data_folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.data_folder / f".{BOOK}.lock", timeout=30):
            yield

    def _from_before(self) -> tuple[str | None, dict[str, Known]]:
        """The one source of a data folder from before there was a book, by what its manifest says of it."""
        manifest = self.data_folder / MANIFEST
        if not manifest.is_file():
            return None, {}
        source = json.loads(manifest.read_text(encoding="utf-8")).get("source", {})
        kind, name = source.get("kind"), str(source.get("name"))
        if kind == "drawn" and (found := re.fullmatch(r"drawn-(\w+)-seed(\d+)", name)):
            settings = {"kind": kind, "split": found[1], "seed": int(found[2])}
            return key_of(settings, self.root), {key_of(settings, self.root): Known(FIRST, settings)}
        return None, {NAMELESS: Known(FIRST, {"kind": kind, "name": name})}


def key_of(settings: Settings, root: Path) -> str:
    """What tells sources apart: a path, a Kaggle handle, or the split and seed of drawn faces."""
    kind, path = settings.get("kind", "drawn"), settings.get("path")
    if path:
        return f"path:{portable(str(path), root)}"
    if kind == "kaggle":
        return f"kaggle:{settings.get('handle')}"
    return f"drawn:{settings.get('split', 'default')}:{settings.get('seed', 0)}"


def plain_name(settings: Settings) -> str:
    """`faces` for a folder my/faces, `drawn-default-0` for drawn ones."""
    if path := settings.get("path"):
        return Path(str(path)).name or "pictures"
    if settings.get("kind") == "kaggle":
        return str(settings.get("handle")).rpartition("/")[2]
    return f"drawn-{settings.get('split', 'default')}-{settings.get('seed', 0)}"


def in_words(settings: Settings) -> str:
    """`folder my/faces`, `Kaggle set owner/name`, `drawn faces (default, seed 0)`."""
    if path := settings.get("path"):
        return f"{settings.get('kind')} {path}"
    if settings.get("kind") == "kaggle":
        return f"Kaggle set {settings.get('handle')}"
    return f"drawn faces ({settings.get('split', 'default')}, seed {settings.get('seed', 0)})"


def as_option(settings: Settings) -> dict[str, Any]:
    """The settings that name this source on the command line, without those at their usual value."""
    named = {name: settings.get(name) for name in NAMING}
    usual = {"seed": 0, "split": "default"}
    return {name: value for name, value in named.items() if value is not None and value != usual.get(name)}


def _renamed(configured: Settings, said: Settings) -> dict[str, Any]:
    """The configured source as the command line renames it; what belongs to another source is not inherited."""
    other = "kind" in said and said["kind"] != configured.get("kind")
    kept = {name: value for name, value in configured.items() if not (other and name in OF_THAT_SOURCE)}
    if "path" in said and said["path"] != configured.get("path"):
        kept.pop("labels", None)
    return kept | dict(said)


def _same(nameless: Settings, settings: Settings) -> bool:
    """Whether a source may be the one of which only kind and name are known."""
    by_handle = settings.get("kind") == "kaggle" and settings.get("handle")
    name = settings.get("handle") if by_handle else Path(str(settings.get("path") or "")).name
    return (nameless["kind"], nameless["name"]) == (settings.get("kind"), name)


def _name_it(data_folder: Path, nameless: Settings) -> str:
    return (
        f"{data_folder} holds the pictures of the {nameless['kind']} {nameless['name']}, ingested by a version that "
        "did not note where they are. Name them once: "
        f"--params source.kind={nameless['kind']},source.path=<its path>, or "
        "another source, which then gets a folder of its own."
    )


def _remembered(path: Any, root: Path) -> str | None:
    return portable(str(path), root) if path else None
