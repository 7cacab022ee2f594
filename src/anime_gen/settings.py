"""Kedro's settings for this project: which hooks run, how configuration is read, how a command ends."""

import warnings

from anime_gen.hooks import MlflowHooks, ProjectHooks
from anime_gen.project.settings_reader import ProjectConfigLoader
from anime_gen.session import Session

# The command people are told, `kedro run --pipeline=train`, is to stay quiet.
warnings.filterwarnings("ignore", message="Option '--pipeline' is deprecated")

HOOKS = (ProjectHooks(), MlflowHooks())

# Telemetry would make a web request after every command; Kedro-Viz would write .viz/ in every run.
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry", "kedro-viz")

SESSION_CLASS = Session

CONFIG_LOADER_CLASS = ProjectConfigLoader

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment states only what differs: `train: {batch: 8}` keeps the other keys of `train`.
    "merge_strategy": {"parameters": "soft", "mlflow": "soft", "globals": "soft"},
    "config_patterns": {"mlflow": ["mlflow*"]},
}
