"""The model the page works with: opened once, shared by all visitors."""

from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from anime_gen.serving import Bundle, BundleError, NoModelError, Registry
from anime_gen.serving.registry import CHAMPION
from anime_gen.serving.rendering import Renderer
from anime_gen.tracking import RegistryUnreachableError, TrackingStore
from components.project import project


@dataclass(frozen=True)
class Opened:
    """A model in memory and its version in the registry."""

    renderer: Renderer
    version: str
    name: str
    uri: str


@st.cache_resource(show_spinner=False, max_entries=2)
def _open(uri: str, version: str) -> Opened:
    """Both arguments are the key: another version, or another store, is another model."""
    registry = _registry(uri)
    bundle, opened_version = registry.load()
    return Opened(Renderer(bundle), opened_version, registry.name, uri)


@st.cache_resource(show_spinner="Opening the model of this character …", max_entries=2)
def _open_older(uri: str, sha256: str) -> Opened | None:
    """A model by its networks; None if the registry has it no more."""
    registry = _registry(uri)
    version = registry.version_with(sha256)
    if version is None:
        return None
    return Opened(Renderer(Bundle.load(registry.folder_of(version))), version, registry.name, uri)


def open_model(sha256: str, champion: Opened) -> Opened | None:
    """The model that a recipe was made with: the champion, an older one, or None if it is gone."""
    if sha256 in ("", champion.renderer.bundle.sha256):
        return champion
    try:
        return _open_older(champion.uri, sha256)
    except BundleError:
        return None


def versions(champion: Opened) -> dict[str, dict[str, str]]:
    """The versions that the registry has, newest first, with their tags; only the open one while it does not answer."""
    try:
        return _registry(champion.uri).versions()
    except Exception:  # the store's own errors differ by kind of store, and the page works on with what is open
        return {champion.version: {"sha256": champion.renderer.bundle.sha256}}


@st.cache_resource(show_spinner=False, max_entries=2)
def _registry(uri: str) -> Registry:
    return Registry(TrackingStore.of(project()))


def open_early() -> None:
    """Take the champion into memory before anybody asks; what stands in the way is told to whoever does."""
    with suppress(NoModelError, RegistryUnreachableError, BundleError):
        _champion()


def _champion() -> Opened:
    uri = TrackingStore.of(project()).uri
    version = _registry(uri).version_of(CHAMPION)
    return _open(uri, version or "none")


def open_champion() -> Opened:
    """The champion; a page without one says in plain words how to get it, and stops."""
    try:
        with st.spinner("Opening the model …"):
            return _champion()
    except NoModelError as error:
        _stop("There is no model yet", str(error))
    except RegistryUnreachableError as error:
        _stop("The model registry cannot be reached", str(error))
    except BundleError as error:
        _stop("The model cannot be used", str(error))


def _stop(title: str, words: str) -> None:
    st.title(title)
    st.markdown(words.replace("$", "\\$"))
    st.caption("This page looks again when you reload it.")
    st.stop()
