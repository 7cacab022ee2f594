"""The one reader of settings: Kedro's own loader with its environments, globals, conf/local and overrides.

It adds three things. `source` in the parameters is the source the project works on (see `sources`), with the settings
that describe it (see `about`), and the global `source_folder` is that source's folder, which the catalog files name. An
environment whose globals say `builds_on: another` states only what differs from that one.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader

from anime_gen.paths import user_path
from anime_gen.project.about import GROUPS, About, told
from anime_gen.project.option import overlaid, written_params
from anime_gen.project.root import project_path
from anime_gen.project.sources import Chosen, SourceBook, as_option, in_words

DATA = "data_folder"
SOURCE_FOLDER = "source_folder"
BUILDS_ON = "builds_on"


class ProjectConfigLoader(OmegaConfigLoader):
    """Kedro's loader; an environment that does not exist is an error that names those that do."""

    def __init__(self, conf_source: str, env: str | None = None, **options: Any) -> None:
        self.conf_folder = Path(conf_source)
        if self.conf_folder.is_dir():
            usual = options.get("default_run_env")
            if env is None and not (self.conf_folder / str(usual)).is_dir():
                options["default_run_env"] = options.get("base_env")  # `kedro package` leaves conf/local out
        self._check_environment(env)
        self._options = options
        self.remembered: dict[str, Any] = {}  # settings of the source at hand that no file states
        self.said: Mapping[str, Any] = options.get("runtime_params") or {}
        super().__init__(conf_source, env, **options | {"runtime_params": _literal(self.said)})

    def _check_environment(self, env: str | None) -> None:
        if not self.conf_folder.is_dir():
            return  # settings in an archive
        known = sorted(folder.name for folder in self.conf_folder.iterdir() if folder.is_dir())
        if env is not None and env not in known:
            from anime_gen.project.parameters import nearest

            raise ValueError(f"{self.conf_folder} has no environment {env!r}{nearest(env, known)}: {', '.join(known)}")

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Settings of one kind. OmegaConf has one `${globals:...}` for all loaders of a process: take it back first."""
        self._register_globals_resolver()
        if key == "catalog" and SOURCE_FOLDER not in self["globals"]:  # read without hooks, as Kedro-Viz does
            Project.of(self, project_path())
        return super().__getitem__(key)

    def _read_raw_config(self, key: str) -> tuple[Any, ...]:
        """Kedro's layers of files, base and environment; below the latter's own lie those of what it builds on."""
        base, own, *rest = super()._read_raw_config(key)
        for env in self._built_on():
            own = self._files_of(env, key) | own
        return base, own, *rest

    def _built_on(self) -> list[str]:
        """What the environment builds on, what that one builds on, and so on."""
        env: str | None = self.env or self.default_run_env
        chain: list[str] = []
        while env and env != self.base_env:
            files = self._files_of(env, "globals").values()
            env = next((str(stated[BUILDS_ON]) for stated in files if BUILDS_ON in stated), None)
            if env in chain:
                raise ValueError(f"environments build on each other: {' on '.join([*chain, env])}")
            if env:
                self._check_environment(env)
                chain.append(env)
        return chain

    def _files_of(self, env: str, key: str) -> dict[Path, Any]:
        found: dict[Path, Any] = self._read_dir_configs(
            self._get_conf_env_path(env), self.config_patterns[key], key, set()
        )
        return found

    def stated(self, env: str | None) -> dict[str, Any]:
        """The parameters as the files of an environment state them, whatever the command line says."""
        options = {**self._options, "runtime_params": {}}
        return type(self)(str(self.conf_source), env, **options).given("parameters")

    def given(self, kind: str) -> dict[str, Any]:
        """Settings of one kind, none where no file states any."""
        try:
            return dict(self[kind])
        except MissingConfigException:
            return {}

    def data_folder(self) -> Path:
        """Where globals.yml says that all of the project's data lies."""
        return user_path(str(self["globals"].get(DATA, "data")))

    def set_global(self, name: str, value: str) -> None:
        """A value that `${globals:name}` gives in every file read from now on."""
        self["globals"] = dict(self["globals"]) | {name: value}
        self._globals_oc = None


@dataclass(frozen=True)
class Project:
    """A project as one command sees it."""

    root: Path
    loader: ProjectConfigLoader
    chosen: Chosen
    configured: dict[str, Any]
    base: dict[str, Any]
    about: tuple[About, ...]

    @classmethod
    def of(cls, loader: ProjectConfigLoader, root: Path) -> "Project":
        """Choose the source and tell the loader; from then on it gives the settings of that source."""
        stated = loader.stated(loader.env)
        configured = dict(stated.get("source") or {})
        base = dict(loader.stated(loader.base_env).get("source") or {})
        said = loader.said.get("source") or {}
        if not isinstance(said, Mapping):
            raise ValueError(
                f"source is a group of settings, not {said!r}; for example source.kind=folder,source.path=faces"
            )
        data = loader.data_folder()
        book = SourceBook(root / data, root)
        chosen = book.choose(said, configured, base)
        about = tuple(About.of(group, stated, book.about(chosen, group), loader.said) for group in GROUPS)
        loader.set_global(SOURCE_FOLDER, os.path.normpath(data / chosen.folder))
        described = reduce(overlaid, [one.settings() for one in about])
        loader["parameters"] = overlaid(loader.given("parameters") | {"source": chosen.settings}, described)
        loader.remembered = {"source": as_option(chosen.settings)} | described
        return cls(root, loader, chosen, configured, base, about)

    @property
    def data_folder(self) -> Path:
        """Where all of the project's data lies, absolute."""
        result: Path = (self.root / self.loader.data_folder()).resolve()
        return result

    @property
    def source_folder(self) -> Path:
        """Where everything of the source at hand lies, absolute."""
        return (self.data_folder / self.chosen.folder).resolve()

    @property
    def parameters(self) -> dict[str, Any]:
        """All parameters, as a run would get them."""
        return dict(self.loader["parameters"])

    @cached_property
    def book(self) -> SourceBook:
        """What the project remembers of its sources."""
        return SourceBook(self.data_folder, self.root)

    def claim(self) -> None:
        """Give the source its folder, before a run ingests it."""
        self.book.claim(self.chosen, self.configured, self.base)

    def release(self) -> None:
        """Take the folder back when the ingest failed and left nothing."""
        self.book.release(self.chosen)

    def remember(self) -> None:
        """Work on this source from now on."""
        self.book.remember(self.chosen)

    def note(self, group: str) -> None:
        """What the settings of a group (`about.GROUPS`) decide was made: they stay with this source."""
        for about in self.about:
            if about.group == group:
                self.book.note(self.chosen, about)

    def told(self) -> list[str]:
        """Which source this is, where its things lie, how to go back to the one before, and what else is kept."""
        return [*self._told_of_the_source(), *told(self.about)]

    def _told_of_the_source(self) -> list[str]:
        words, place = in_words(self.chosen.settings), self.loader["globals"][SOURCE_FOLDER]
        before = self.book.read()[1].get(self.chosen.before or "")
        if not self.chosen.stated:
            return [f"Source: {words}, as in the run before; its things lie in {place}."]
        if before is None or self.chosen.key == self.chosen.before:
            return [f"Source: {words}; its things lie in {place}."]
        back = written_params({"source": as_option(before.settings)})
        return [
            f"Source: {words}; its things lie in {place}, apart from those of {in_words(before.settings)}.",
            f"Once it is ingested, runs without a source work on it. Back to the other: --params {shlex.quote(back)}",
        ]


def open_project(
    root: Path | None = None,
    env: str | None = None,
    conf_source: str | None = None,
    params: Mapping[str, Any] | None = None,
) -> Project:
    """The project around the current folder, as `kedro run` with the same options would see it."""
    from anime_gen import settings

    root = root or project_path()
    conf = root / user_path(conf_source or str(getattr(settings, "CONF_SOURCE", "conf")))
    options: dict[str, Any] = dict(settings.CONFIG_LOADER_ARGS)
    env = env or os.environ.get("KEDRO_ENV") or None
    loader = settings.CONFIG_LOADER_CLASS(str(conf), env, runtime_params=dict(params or {}), **options)
    return Project.of(loader, root)


def _literal(value: Any) -> Any:
    """Values from the command line as they are: a folder called `${x}` is no interpolation."""
    if isinstance(value, Mapping):
        return {name: _literal(inner) for name, inner in value.items()}
    return value.replace("${", "\\${") if isinstance(value, str) else value
