"""Small commands beside `kedro run`: `anime_gen generate | register-shipped | summary`."""

import argparse
import os
import sys
from pathlib import Path

import yaml

from anime_gen.generate import add_options, generate


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit status. What a reader can mend ends in one line, not in a traceback."""
    parser = argparse.ArgumentParser(prog="anime_gen", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    shipped = commands.add_parser("register-shipped", help="give an empty registry the shipped model as its champion")
    told = commands.add_parser("summary", help="what was made, how good it is, where it lies")
    made = commands.add_parser("generate", help="write pictures of the published model")
    add_options(made)
    for command in (shipped, told):
        command.add_argument(
            "--env", default=os.environ.get("KEDRO_ENV"), help="configuration environment, as in kedro"
        )
    options = parser.parse_args(arguments)
    try:
        if options.command == "generate":
            return generate(options)
        return register_shipped(options.env) if options.command == "register-shipped" else print_summary(options.env)
    except (ValueError, OSError, LookupError) as error:
        if os.environ.get("ANIME_GEN_DEBUG"):
            raise
        print(f"Error: {error}", file=sys.stderr)
        return 1


def register_shipped(env: str | None) -> int:
    """Register `data/06_models/shipped` unless there is a champion."""
    from anime_gen.serving.registry import Registry, project_path
    from anime_gen.serving.registry import register_shipped as register
    from anime_gen.tracking import TrackingStore

    project = project_path()
    registry = Registry(TrackingStore.of_project(project, env))
    version = register(registry, data_folder(project, env) / "06_models" / "shipped")
    if version is None:
        print("There is no model yet: `make demo` trains and publishes a first one.", file=sys.stderr)
        return 1
    print(f"The page opens {registry.name} version {version}.")
    return 0


def print_summary(env: str | None) -> int:
    """Print the closing table of `make demo`."""
    from anime_gen.serving.registry import project_path
    from anime_gen.serving.summary import summary

    project = project_path()
    print(summary(project, data_folder(project, env), env))
    return 0


def data_folder(project: Path, env: str | None) -> Path:
    """The folder that globals.yml names, `conf/<env>` before `conf/base`."""
    for layer in (env or "local", "base"):
        file = project / "conf" / layer / "globals.yml"
        if file.is_file() and (named := (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("data_folder")):
            return project / str(named)
    return project / "data"


if __name__ == "__main__":
    raise SystemExit(main())
