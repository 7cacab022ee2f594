"""One project: its settings as Kedro reads them, its sources of pictures, and where everything of each lies.

Pipelines, page, commands and notebooks all ask here. Kedro is imported only when settings are read.
"""

from typing import TYPE_CHECKING, Any

from anime_gen.project.root import project_path

if TYPE_CHECKING:
    from anime_gen.project.settings_reader import Project, open_project

__all__ = ["Project", "open_project", "project_path"]


def __getattr__(name: str) -> Any:
    if name in ("Project", "open_project"):
        from anime_gen.project import settings_reader

        return getattr(settings_reader, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
