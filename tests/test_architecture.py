"""Imports point one way, and nothing can run code hidden in a file."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "anime_gen"
ROOT_MODULES = {"attributes", "audience", "paths", "threads", "tracker"}  # small things that several layers share
LAYERS = {
    "drawing": set(),
    "attributes": set(),
    "audience": set(),
    "paths": set(),
    "threads": set(),
    "signatures": set(),
    "tracker": set(),
    "distributed": set(),
    "labels": {"attributes", "signatures"},
    "images": {"attributes", "labels", "drawing", "paths", "signatures", "distributed"},
    "stylegan2": {"audience", "paths", "threads", "tracker", "distributed", "images", "drawing"},
    "tracking": {"paths", "project", "tracker"},
    "tagging": {*ROOT_MODULES, "distributed", "signatures", "labels", "stylegan2", "images", "drawing"},
    "latent": {*ROOT_MODULES, "distributed", "tagging", "stylegan2", "images", "drawing"},
    "evaluation": {*ROOT_MODULES, "latent", "tagging", "stylegan2", "images", "drawing"},
    "serving": {*ROOT_MODULES, "latent", "tagging", "evaluation", "stylegan2", "images", "drawing", "tracking"}
    | {"project"},
    "studio": {*ROOT_MODULES, "serving", "latent", "tagging", "evaluation", "stylegan2", "images", "drawing"},
}
ALLOWED = {
    "kedro": {
        "pipelines",
        "datasets",
        "hooks",
        "settings",
        "session",
        "cli",
        "project",
        "pipeline_registry",
        "__main__",
    },
    "mlflow": {"tracking", "serving", "hooks"},
    "streamlit": set(),
}
BARE = {"drawing", "images", "stylegan2", "audience", "paths", "threads", "signatures", "tracker", "distributed"}
BARE_NEEDS = {"numpy", "torch", "PIL", "safetensors", "anime_gen"}
FILES = sorted(SOURCE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def part_of(path: Path) -> str:
    """`latent` for src/anime_gen/latent/editing.py, `hooks` for src/anime_gen/hooks.py."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path, top_only: bool = False) -> set[str]:
    """Dotted names a file imports; `top_only` leaves out imports inside functions and under TYPE_CHECKING."""
    tree = TREES[path] if path in TREES else ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(_top_level(tree.body)) if top_only else list(ast.walk(tree))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _top_level(body: list[ast.stmt]):
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        for field in ("body", "orelse", "finalbody", "handlers"):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _top_level(getattr(node, field, []))


@pytest.mark.parametrize("layer", LAYERS)
def test_domain_packages_import_only_what_lies_below(layer: str):
    breaches = []
    for path in (file for file in FILES if part_of(file) == layer):
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "anime_gen" and len(parts) > 1 and parts[1] not in LAYERS[layer] | {layer}:
                breaches.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not breaches, breaches


@pytest.mark.parametrize("library", ALLOWED)
def test_frameworks_stay_where_they_belong(library: str):
    breaches = [
        f"{path.relative_to(ROOT)} imports {library}"
        for path in FILES
        if part_of(path) not in ALLOWED[library] and library in {name.split(".")[0] for name in imported(path)}
    ]
    assert not breaches, breaches


def test_drawing_images_and_stylegan2_run_on_a_bare_machine():
    standard = set(sys.stdlib_module_names)
    breaches = [
        f"{path.relative_to(ROOT)} imports {name} when it is imported"
        for path in FILES
        if part_of(path) in BARE
        for name in imported(path, top_only=True)
        if name.split(".")[0] not in BARE_NEEDS | standard
    ]
    assert not breaches, breaches


def test_the_page_reaches_the_networks_only_through_studio_and_serving():
    allowed = {"attributes", "studio", "serving", "tracking", "tagging", "labels", "images", "project"}
    breaches = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "streamlit_app").rglob("*.py")
        for name in imported(path)
        if name.startswith("anime_gen.") and name.split(".")[1] not in allowed
    ]
    assert not breaches, breaches


def test_no_file_format_that_can_hold_code():
    words = re.compile(r"\bpickle|\bjoblib|torch\.load\b|allow_pickle=True")
    folders = (ROOT / "src", ROOT / "conf", ROOT / "streamlit_app")
    texts = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".py", ".yml", ".toml", ".md"}]
    guarded = re.compile(r"allow_pickle=False")  # says that numpy must refuse it
    found = [p for p in texts if words.search(guarded.sub("", p.read_text(encoding="utf-8")))]
    assert not [str(path.relative_to(ROOT)) for path in found]


def test_modules_stay_readable():
    too_long = {str(p.relative_to(ROOT)): n for p in FILES if (n := len(p.read_text().splitlines())) > 300}
    assert not too_long
