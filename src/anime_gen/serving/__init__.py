"""What is published and how it is opened: the bundle, the registry, the gate, and MLflow's served model."""

from anime_gen.serving.bundle import Bundle
from anime_gen.serving.manifest import BundleError
from anime_gen.serving.registry import NoModelError, Registry, load_champion, register

__all__ = ["Bundle", "BundleError", "NoModelError", "Registry", "load_champion", "register"]
