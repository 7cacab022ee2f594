"""What a run must remember to be understood later: commit, machine, command."""

import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def source_tags(project_path: Path, command: str) -> dict[str, str]:
    """What MLflow shows as "Source" and "Created by": user, command, commit and whether files differ from it."""
    import getpass

    tags = {"mlflow.user": getpass.getuser(), "mlflow.source.name": command, "mlflow.source.type": "LOCAL"}
    commit = _git(project_path, "rev-parse", "HEAD")
    if not commit:
        return tags
    dirty = bool(_git(project_path, "status", "--porcelain", "--untracked-files=no"))
    tags["mlflow.source.name"] += " (uncommitted changes)" if dirty else ""
    branch = _git(project_path, "rev-parse", "--abbrev-ref", "HEAD")
    return tags | {
        "mlflow.source.git.commit": commit,
        "mlflow.source.git.branch": branch,
        "git.dirty": str(dirty).lower(),
    }


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


OPTIONS = {
    "nodes": "node_names",
    "namespaces": "namespaces",
    "tags": "tags",
    "from-nodes": "from_nodes",
    "to-nodes": "to_nodes",
    "from-inputs": "from_inputs",
    "to-outputs": "to_outputs",
}
"""Options of `kedro run` that take names, and what Kedro's hooks call them."""


def kedro_command(
    run_params: Mapping[str, Any], remembered: Mapping[str, Any], line: Mapping[str, Any] | None = None
) -> str:
    """The command that repeats a run, quoted for a shell, from what Kedro hands to its hooks.

    `remembered` are the parameters that came from the project's memory: the run's source and what describes it.
    `line` is what was given on the command line besides (`conf_source`, `runner`, `is_async`, `runner_params`).
    """
    from anime_gen.project.option import overlaid, written_params

    line = line or {}
    parts = ["kedro", "run"]
    if names := run_params.get("pipeline_names"):
        parts.append(f"--pipelines={','.join(names)}")
    if env := run_params.get("env"):
        parts.append(f"--env={env}")
    if conf := line.get("conf_source"):
        parts.append(f"--conf-source={conf}")
    parts += [f"--{option}={','.join(value)}" for option, key in OPTIONS.items() if (value := run_params.get(key))]
    if versions := run_params.get("load_versions"):
        parts.append("--load-versions=" + ",".join(f"{name}:{stamp}" for name, stamp in versions.items()))
    if runner := line.get("runner"):
        parts.append(f"--runner={runner}")
    runner_params = dict(line.get("runner_params") or {}) | ({"is_async": True} if line.get("is_async") else {})
    if runner_params:
        parts.append(f"--runner-params={written_params(runner_params)}")
    if run_params.get("only_missing_outputs"):
        parts.append("--only-missing-outputs")
    if params := overlaid(remembered, run_params.get("runtime_params") or {}):
        parts.append(f"--params={written_params(params)}")
    return shlex.join(parts)
