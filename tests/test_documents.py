"""Every command and every setting that the documents show is one that exists."""

import contextlib
import importlib.util
import re
import runpy
import shlex
import subprocess
import sys
import time

import click
import pytest
import yaml
from mlflow.cli import cli as mlflow_program

from anime_gen import __main__ as program
from anime_gen.attributes import Vocabulary
from anime_gen.cli import run as kedro_run
from anime_gen.pipeline_registry import register_pipelines
from anime_gen.pipelines.train.parameters import TrainParameters
from anime_gen.project import open_project
from anime_gen.project.known import known_parameters
from anime_gen.project.option import overlaid
from anime_gen.project.parameters import checked
from tests.conftest import ROOT
from tests.streamlit_app.site import answers, free_port

DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "src/anime_gen/pipelines").glob("*/README.md")),
]
STARTS = ("kedro run", "make ", "anime_gen ", "python -m ", "python tests/", "streamlit run", "mlflow ")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands_of(text: str) -> list[str]:
    """Lines of shell blocks, and what stands in backticks, as far as they begin like one of our commands."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    found = [re.sub(r"^([A-Z_]+=\S+ )+", "", re.sub(r"\s+#.*", "", line).strip()) for line in [*lines, *spans]]
    return [line for line in dict.fromkeys(found) if line.startswith(STARTS)]


COMMANDS = [
    pytest.param(command, id=f"{document.relative_to(ROOT)}: {command}")
    for document in DOCUMENTS
    for command in commands_of(document.read_text(encoding="utf-8"))
]


def exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def check_kedro(arguments: list[str]) -> None:
    """Kedro's own parser, our own names of pipelines, environments and parameters."""
    context = kedro_run.make_context("run", arguments, resilient_parsing=False)
    checked(context.params["params"] or {}, known_parameters())
    names = [context.params["pipeline"], *(context.params["pipelines"] or [])]
    assert {name for name in names if name} <= register_pipelines().keys()
    env = context.params["env"]
    assert env is None or (ROOT / "conf" / env).is_dir()


def check_click(command: click.Command, arguments: list[str]) -> None:
    """Names and options of a program made with click, by its own parser."""
    while isinstance(command, click.Group):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    command.make_context("", arguments)


def check_module(
    module: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That it is there, and that its help, or that of its sub-command, knows the options."""
    assert exists(module)
    options = {word for word in arguments if word.startswith("-")}
    if options:
        part = [] if arguments[0] in options else arguments[:1]
        monkeypatch.setattr(sys, "argv", [module, *part, "--help"])
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(module, run_name="__main__")
        assert ended.value.code in (0, None)
        assert options <= set(re.findall(r"--?[\w-]+", capsys.readouterr().out))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_documented_command_exists(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(ROOT)
    first, *rest = shlex.split(command)
    if first == "kedro":
        with contextlib.suppress(click.exceptions.Exit):  # --help
            check_kedro(rest[1:])
    elif first == "make":
        wanted = [word for word in rest if "=" not in word and not word.startswith("-")]
        assert set(wanted) <= TARGETS
    elif first == "anime_gen":
        for name in rest[0].split("|"):
            assert name in program.COMMANDS or name == "run"
        if "|" not in command:
            program._parser().parse_args(rest)
    elif first == "mlflow":
        check_click(mlflow_program, rest)
    elif first == "python" and rest[0] == "-m":
        check_module(rest[1], rest[2:], monkeypatch, capsys)
    elif first == "python":
        check_module(rest[0].removesuffix(".py").replace("/", "."), rest[1:], monkeypatch, capsys)
    else:
        files = [word for word in rest if word.endswith(".py")]
        assert all((ROOT / file).is_file() for file in files)


def test_the_documents_show_commands():
    assert len(COMMANDS) > 40


def blocks(kind: str) -> list[str]:
    text = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def test_the_page_answers_below_the_recipes_base_path():
    (command,) = [line for line in commands_of((ROOT / "docs/recipes.md").read_text()) if line.startswith("streamlit")]
    port = free_port()
    arguments = shlex.split(command.replace("8501", str(port)))
    server = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not answers(f"http://127.0.0.1:{port}/studio"):
            assert time.monotonic() < deadline, "the page did not start"
            time.sleep(0.3)
    finally:
        server.terminate()
        server.wait(30)


def test_the_settings_in_the_recipes_are_settings():
    read = [yaml.safe_load(block) for block in blocks("yaml")]
    (slider,) = [entry for entry in read if "freckles" in entry]
    assert Vocabulary.parse(slider)["freckles"].kind == "binary"
    (below,) = [entry["builds_on"] for entry in read if "builds_on" in entry]
    (own,) = [entry["train"] for entry in read if "train" in entry]
    config = TrainParameters.model_validate(overlaid(open_project(env=below).parameters["train"], own)).root
    assert (config.network.resolution, config.network.channel_base) == (256, 6144)


def test_links_between_documents_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
