"""The names of this project's parameters, asked once a process: that imports every stage."""

from functools import cache
from typing import TYPE_CHECKING, Any

from anime_gen.project.parameters import Names, known_names
from anime_gen.project.root import project_path

if TYPE_CHECKING:
    from anime_gen.project.settings_reader import ProjectConfigLoader


def known_to(loader: "ProjectConfigLoader") -> Names:
    """Every parameter that a stage reads, or that the base environment states."""
    from anime_gen.pipeline_registry import register_pipelines

    return known_names(register_pipelines(), loader.stated(loader.base_env))


@cache
def known_parameters() -> Names:
    """Those of the project around the current folder."""
    from anime_gen import settings

    conf = project_path() / getattr(settings, "CONF_SOURCE", "conf")
    options: dict[str, Any] = dict(settings.CONFIG_LOADER_ARGS)
    return known_to(settings.CONFIG_LOADER_CLASS(str(conf), **options))
