"""`kedro run` of this project: Kedro's own command, whose `--params` knows which settings take a text."""

import copy
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run

from anime_gen.project.known import known_parameters
from anime_gen.project.option import read_params


def _read(context: click.Context, option: click.Parameter, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    try:
        return read_params(value or "", known_parameters()) if value else {}
    except ValueError as error:
        context.fail(f"--params: {error}")


def _run_command() -> click.Command:
    command = copy.copy(kedro_run)
    command.params = [copy.copy(option) for option in kedro_run.params]
    for option in command.params:
        if option.name == "params":
            option.callback = _read
    return command


@click.group(name="anime_gen")
def cli() -> None:
    """Commands of this project."""


run = _run_command()
cli.add_command(run)
