"""Settings that describe a source beside `source` itself: how its pictures are framed, where its labels come from.

Said once by --params they stay with the source: the next run would otherwise frame or label the same pictures anew.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anime_gen.project.option import overlaid, written_params

FACES = "faces"
LABELS = "tag.labels"
GROUPS = (FACES, LABELS)
OF_THE_MACHINE = ("engine", "workers")  # settings in those groups that say nothing of the source

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class About:
    """One group of such settings in one run."""

    group: str
    configured: dict[str, Any]  # by the files of the environment
    kept: dict[str, Any]  # by --params of the run that last made something of them
    said: dict[str, Any]  # by --params of this run

    @classmethod
    def of(cls, group: str, configured: Settings, noted: Settings, said: Settings) -> "About":
        """The group out of all parameters; what was `noted` counts no more once a file in conf/ was edited."""
        usual = _at(group, configured)
        kept = noted.get("said", {}) if noted.get("configured") == usual else {}
        return cls(group, usual, dict(kept), _at(group, said))

    def settings(self) -> dict[str, Any]:
        """What holds in this run beside the files in conf/, nested as parameters are."""
        return _nested(self.group, overlaid(self.kept, self.said))

    def noted(self) -> dict[str, Any]:
        """What the project remembers of it."""
        said = overlaid(self.kept, self.said)
        lasting = {name: value for name, value in said.items() if name not in OF_THE_MACHINE}
        return {"said": lasting, "configured": self.configured}

    def unsaid(self) -> list[str]:
        """Names of kept settings that this run says nothing of and that differ from conf/."""
        return [
            name for name, value in self.kept.items() if name not in self.said and value != self.configured.get(name)
        ]


def told(groups: tuple[About, ...]) -> list[str]:
    """One line on what holds because an earlier run said it, and how to be rid of it; none if nothing does."""
    kept: dict[str, Any] = {}
    back: dict[str, Any] = {}
    for about in groups:
        names = about.unsaid()
        kept |= _nested(about.group, {name: about.kept[name] for name in names})
        back |= _nested(about.group, {name: about.configured.get(name) for name in names})
    if not kept:
        return []
    words, away = (shlex.quote(written_params(settings)) for settings in (kept, back))
    return [f"As in the run before: {words}. Without: --params {away}"]


def _at(group: str, settings: Settings) -> dict[str, Any]:
    inner: Any = settings
    for name in group.split("."):
        inner = inner.get(name) if isinstance(inner, Mapping) else None
    return dict(inner) if isinstance(inner, Mapping) else {}


def _nested(group: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Nothing at all for an empty group."""
    nested: dict[str, Any] = settings
    for name in reversed(group.split(".")):
        nested = {name: nested}
    return nested if settings else {}
