"""What a run must remember to be understood later: commit, machine, command."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def git_tags(project_path: Path) -> dict[str, str]:
    """The commit and whether files differ from it; nothing outside a git checkout."""
    commit = _git(project_path, "rev-parse", "HEAD")
    if not commit:
        return {}
    dirty = bool(_git(project_path, "status", "--porcelain", "--untracked-files=no"))
    return {"mlflow.source.git.commit": commit, "git.dirty": str(dirty).lower()}


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def device_tag() -> str:
    """The GPU's name, or `cpu` with torch's thread count."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"cpu, {torch.get_num_threads()} threads"


def version_tags() -> dict[str, str]:
    """Versions that decide whether a picture can be made again byte for byte."""
    import torch

    return {"python": sys.version.split()[0], "torch": str(torch.__version__)}


def kedro_command(run_params: Mapping[str, Any]) -> str:
    """The command that repeats a run, from what Kedro hands to its hooks."""
    parts = ["kedro run"]
    if names := run_params.get("pipeline_names"):
        parts.append(f"--pipelines={','.join(names)}")
    if env := run_params.get("env"):
        parts.append(f"--env={env}")
    for option, key in (
        ("nodes", "node_names"),
        ("tags", "tags"),
        ("from-nodes", "from_nodes"),
        ("to-nodes", "to_nodes"),
    ):
        if value := run_params.get(key):
            parts.append(f"--{option}={','.join(value)}")
    if params := run_params.get("runtime_params"):
        from anime_gen.tracking.flat import flatten

        parts.append("--params=" + ",".join(f"{key}={value}" for key, value in flatten(params).items()))
    return " ".join(parts)
