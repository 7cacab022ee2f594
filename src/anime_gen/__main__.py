"""Commands beside `kedro run`, as `anime_gen COMMAND` or `python -m anime_gen COMMAND`.

`run` is `kedro run` for an installed package, with the settings in a folder `conf` or in `--conf-source`.
"""

import argparse
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from anime_gen.generate import add_options, generate

HOST = "127.0.0.1"
READ_ENOUGH = 141
"""Exit status of who is read no further, as shells count it (128 + SIGPIPE)."""
PORTS = {"mlflow": 5000, "serve": 5001}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit status. What a reader can mend ends in one line, not in a traceback."""
    given = sys.argv[1:] if arguments is None else arguments
    if given and (given[0] == "run" or (given[0].startswith("-") and given[0] not in ("-h", "--help"))):
        return run(given[given[0] == "run" :])
    options = _parser().parse_args(given)
    try:
        return COMMANDS[options.command][0](options)
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READ_ENOUGH
    except (ValueError, OSError, LookupError) as error:
        if os.environ.get("ANIME_GEN_DEBUG"):
            raise
        print(f"Error: {error}", file=sys.stderr)
        return 1


def run(arguments: list[str]) -> int:
    """`kedro run` with these options, as `kedro package` expects of an installed project."""
    from kedro.framework.project import configure_project

    configure_project(__package__)
    from anime_gen.cli import run as command

    command(arguments, prog_name="anime_gen run")
    return 0


def register_shipped(options: argparse.Namespace) -> int:
    """Give an empty registry the shipped model as its champion."""
    registry, version = _registry(options)
    if version is None:
        print("There is no model yet: `make demo` trains and publishes a first one.", file=sys.stderr)
        return 1
    print(f"The page opens {registry.name} version {version}.")
    return 0


def print_summary(options: argparse.Namespace) -> int:
    """Print what was made, how good it is, where it lies: the closing table of `make demo`."""
    from anime_gen.serving.summary import summary

    print(summary(_project(options)))
    return 0


def show_runs(options: argparse.Namespace) -> int:
    """MLflow's pages on the project's own runs."""
    from anime_gen.tracking import TrackingStore
    from anime_gen.tracking.views import links

    project = _project(options)
    store = TrackingStore.of(project)
    client = store.client()
    if store.uri.startswith("http"):
        print("\n".join(["The runs are on a server already.", *links(store, client, store.uri)]))
        return 0
    _check_port(options.port)
    server = f"http://{HOST}:{options.port}"
    print("\n".join([f"MLflow on {server}", *links(store, client, server)]), flush=True)
    uri, folder = _near(store, project.root)
    place = ["--backend-store-uri", uri, "--host", HOST, "--port", str(options.port), "--workers", "1"]
    _become_mlflow(["server", *place], folder, os.environ)


def serve(options: argparse.Namespace) -> int:
    """The champion over HTTP; an empty registry first gets the shipped model."""
    from anime_gen.serving.version_note import LEFT_OUT

    registry, version = _registry(options)
    if version is None:
        raise LookupError("there is no model to serve yet: `make demo` trains and publishes a first one")
    _check_port(options.port)
    address = f"http://{HOST}:{options.port}/invocations"
    body = '{"dataframe_split": {"columns": ["seed"], "data": [[7]]}, "params": {"psi": 0.7, "format": "png"}}'
    print(
        f"When it is up, ask for character 7:\n  curl {address} -H 'Content-Type: application/json' -d '{body}'\n"
        f"Parameters: psi, attributes, format. {LEFT_OUT}",
        flush=True,
    )
    model = f"models:/{registry.name}@champion"
    place = ["--env-manager", "local", "--host", HOST, "--port", str(options.port)]
    uri, folder = _near(registry.store, Path.cwd())
    _become_mlflow(["models", "serve", "-m", model, *place], folder, {**os.environ, "MLFLOW_TRACKING_URI": uri})


COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "generate": (generate, "write pictures of the published model"),
    "register-shipped": (register_shipped, "give an empty registry the shipped model as its champion"),
    "summary": (print_summary, "what was made, how good it is, where it lies"),
    "mlflow": (show_runs, f"MLflow's pages on {HOST}:{PORTS['mlflow']}"),
    "serve": (serve, f"the champion over HTTP on {HOST}:{PORTS['serve']}"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="anime_gen", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, words) in COMMANDS.items():
        command = commands.add_parser(name, help=words, description=words)
        if name == "generate":
            add_options(command)
            continue
        command.add_argument("--env", help="configuration environment, as in kedro (default: KEDRO_ENV)")
        command.add_argument("--conf-source", help="folder of settings instead of conf")
        command.add_argument("--params", default="", help="settings for this once, as in kedro run")
        if name in PORTS:
            command.add_argument("--port", type=int, default=PORTS[name], help="(default: %(default)s)")
    commands.add_parser("run", help="kedro run; `run --help` lists its options", add_help=False)
    return parser


def _project(options: argparse.Namespace) -> Any:
    from anime_gen.project import open_project

    params = {}
    if options.params:
        from anime_gen.project.known import known_parameters
        from anime_gen.project.option import read_params
        from anime_gen.project.parameters import checked

        params = checked(read_params(options.params, known_parameters()), known_parameters())
    return open_project(env=options.env, conf_source=options.conf_source, params=params)


def _registry(options: argparse.Namespace) -> tuple[Any, str | None]:
    """The registry, and the version of its champion after the shipped model was given to an empty one."""
    from anime_gen.serving.registry import Registry, register_shipped, shipped_folder
    from anime_gen.tracking import TrackingStore

    project = _project(options)
    registry = Registry(TrackingStore.of(project))
    return registry, register_shipped(registry, shipped_folder(project))


def _near(store: Any, otherwise: Path) -> tuple[str, Path]:
    """The store's address for a process of MLflow's own, and the folder to start it in: `otherwise` for a server.

    A file is named from its folder: beside one called `what?now` MLflow makes an empty `what%3Fnow` by a whole address.
    """
    from anime_gen.tracking.address import SQLITE, quoted

    file = store.database
    return (store.uri, otherwise) if file is None else (f"{SQLITE}{quoted(Path(file.name))}", file.parent)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise OSError(
                f"port {port} is taken ({error.strerror}); name another one with --port {port + 2}"
            ) from error


def _become_mlflow(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> NoReturn:
    """Go on as MLflow's own command: whatever ends this process ends the server too."""
    os.chdir(folder)
    os.execve(sys.executable, [sys.executable, "-m", "mlflow", *arguments], environment)


if __name__ == "__main__":
    raise SystemExit(main())
