"""A tiny bundle made once per process, MLflow kept in a temporary folder, and no run left open by any test."""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch
import yaml

from anime_gen.attributes import Vocabulary
from anime_gen.latent import DirectionConfig, fit_directions
from anime_gen.serving.bundle import Bundle, BundleParts
from anime_gen.serving.registry import CHAMPION, Registry
from anime_gen.serving.rendering import Renderer
from anime_gen.stylegan2 import Discriminator, Generator, NetworkConfig
from anime_gen.stylegan2.streams import stream_key
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tracking import active
from anime_gen.tracking.store import TrackingSettings, TrackingStore

T = TypeVar("T")
ROOT = Path(__file__).parents[1]
TINY = NetworkConfig(resolution=16, channel_base=128, channel_max=8, z_dim=8, w_dim=8, mapping_layers=2)
TINY_TAGGER = ROOT / "tests" / "golden" / "tiny_tagger"
ATTRIBUTES = ("hair_length", "bangs", "hair_hue", "hair_color", "smile", "glasses")
CARD = {
    "resolution": 16,
    "data": "noise, for tests",
    "licence": "CC0-1.0",
    "images_seen": 0,
    "attributes": list(ATTRIBUTES),
}


def tiny_vocabulary() -> Vocabulary:
    entries = yaml.safe_load((ROOT / "conf/base/parameters/attributes.yml").read_text())["attributes"]
    return Vocabulary.parse({name: entries[name] for name in ATTRIBUTES})


def undisturbed(make: Callable[[], T], weights: Callable[[T], list[torch.Tensor]]) -> T:
    """What `make` makes from torch's global stream, made again until two are alike.

    A page that another test left behind may draw from that stream in its own thread at the same moment.
    """
    while True:
        one, other = make(), make()
        if all(map(torch.equal, weights(one), weights(other))):
            return one


def tiny_generator(seed: int = 0) -> Generator:
    def make() -> Generator:
        torch.manual_seed(seed)
        return Generator(TINY).eval().requires_grad_(False)

    return undisturbed(make, lambda generator: list(generator.state_dict().values()))


def tiny_tag_generator() -> Generator:
    """One that knows tags: all columns but the hair colour's, which others decide; its g answers to them at random."""
    return undisturbed(_tag_generator, lambda generator: list(generator.state_dict().values()))


def _tag_generator() -> Generator:
    torch.manual_seed(0)
    columns = tuple(column.name for column in tiny_vocabulary().columns if column.attribute != "hair_color")
    generator = Generator(replace(TINY, condition=columns, condition_rows=40)).eval().requires_grad_(False)
    network = generator.mapping.tags
    assert network is not None
    torch.nn.init.normal_(network.direct.weight, std=2.0)
    random = np.random.default_rng(0)
    tags = random.uniform(0.0, 1.0, (40, len(columns)))
    tags[:, columns.index("glasses")] = random.choice([-1.0, 1.0], 40)
    angle = random.uniform(0.0, 2.0 * np.pi, 40)
    tags[:, columns.index("hair_hue:cos")], tags[:, columns.index("hair_hue:sin")] = np.cos(angle), np.sin(angle)
    order = np.random.Generator(np.random.Philox(key=stream_key(0, "tag-table", 0))).permutation(40)
    network.set_table(tags, tags[order])
    return generator


def tiny_tagger() -> Tagger:
    """Untrained sub-models of `tiny_vocabulary` whose answers differ from picture to picture; all are believed.

    Kept, not drawn: most networks this narrow answer nearly the same to every picture.
    """
    return Tagger.load(TINY_TAGGER)


def write_tiny_bundle(folder: Path, seed: int = 0, generator: Generator | None = None) -> Path:
    generator, discriminator, tagger = generator or tiny_generator(seed), Discriminator(TINY), tiny_tagger()
    generator.card = discriminator.card = CARD
    config = DirectionConfig(samples=96, rank=8, layer_groups=2, calibration_characters=2, calibration_points=3)
    directions = fit_directions(generator, tagger, config)
    reports = {"generator": {"kid": 0.1}}
    BundleParts(generator, discriminator, tagger, directions, CARD, reports).write(folder / "bundle")
    return folder / "bundle"


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle on disk; tests that damage one copy it first."""
    return write_tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def other_bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with another generator."""
    return write_tiny_bundle(tmp_path_factory.mktemp("other"), seed=1)


@pytest.fixture(scope="session")
def tag_renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """What makes pictures of a bundle whose generator knows tags."""
    return Renderer(Bundle.load(write_tiny_bundle(tmp_path_factory.mktemp("tags"), generator=tiny_tag_generator())))


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return Bundle.load(bundle_folder)


@pytest.fixture(scope="session")
def renderer(bundle: Bundle) -> Renderer:
    return Renderer(bundle)


@pytest.fixture(scope="session")
def blank_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's SQLite tables, made once: that alone takes seconds."""
    folder = tmp_path_factory.mktemp("blank")
    TrackingStore(TrackingSettings(tracking_uri="sqlite:///mlflow.db"), folder).client()
    return folder / "mlflow.db"


@pytest.fixture(scope="session")
def published_database(tmp_path_factory: pytest.TempPathFactory, blank_database: Path, bundle_folder: Path) -> Path:
    """A database whose registry has the tiny bundle as champion; its files lie beside it."""
    folder = tmp_path_factory.mktemp("published")
    copy_database(blank_database, folder / "mlflow.db")
    registry = Registry(TrackingStore(TrackingSettings(tracking_uri="sqlite:///mlflow.db"), folder))
    registry.set_alias(CHAMPION, registry.register(bundle_folder, origin="test"))
    return folder / "mlflow.db"


@pytest.fixture
def store(tmp_path: Path, blank_database: Path, monkeypatch: pytest.MonkeyPatch) -> TrackingStore:
    """An empty MLflow store of this test's own; code that reads the environment finds the same one."""
    return own_store(blank_database, tmp_path, monkeypatch)


@pytest.fixture
def published(tmp_path: Path, published_database: Path, monkeypatch: pytest.MonkeyPatch) -> TrackingStore:
    """A store of this test's own with a champion; the champion's files are shared and must stay as they are."""
    return own_store(published_database, tmp_path, monkeypatch)


def copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def own_store(database: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> TrackingStore:
    """A copy of a database, made by SQLite itself: part of the content may still lie in its write-ahead log."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    copy_database(database, folder / "mlflow.db")
    own = TrackingStore(TrackingSettings(tracking_uri="sqlite:///mlflow.db"), folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", own.uri)
    return own


@pytest.fixture(autouse=True)
def _main_stays_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest runs a page as `__main__` and leaves it there, where spawned processes would import it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def _settings_are_resolved() -> Iterator[None]:
    """A catalog read without its resolver would write into a folder of that literal name."""
    yield
    assert not [*ROOT.glob("${*"), *Path.cwd().glob("${*")], "this test wrote where an unresolved setting says"


@pytest.fixture(autouse=True)
def _addresses_of_mlflow_are_forgotten() -> Iterator[None]:
    """MLflow writes the address that a test sets into the environment, where later tests and programs read it.

    Nothing else is written: a thread that a page left behind may be reading the environment from C at that moment.
    """
    before = {name: value for name, value in os.environ.items() if name.startswith("MLFLOW_")}
    yield
    after = {name: value for name, value in os.environ.items() if name.startswith("MLFLOW_")}
    for name in after.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before.items() - after.items())


@pytest.fixture(autouse=True)
def _no_run_stays_open() -> Iterator[None]:
    yield
    left = list(active._active)
    active.close_active("FAILED")
    assert not left, "this test left an MLflow run open"
