from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError

from anime_gen.attributes import Vocabulary
from anime_gen.images import write_store
from anime_gen.pipelines.train import nodes
from anime_gen.pipelines.train.nodes import train_generator
from anime_gen.pipelines.train.parameters import TrainParameters
from anime_gen.pipelines.train.pipeline import create_pipeline
from anime_gen.project import open_project
from anime_gen.stylegan2.networks.weights import read_metadata
from anime_gen.stylegan2.networks.widening import check_fit
from anime_gen.stylegan2.training.growth import schedule
from anime_gen.stylegan2.training.interruption import TrainingInterruptedError
from anime_gen.stylegan2.training.training_config import TrainingConfig
from anime_gen.tagging.classifiers.tagger import Tagger
from tests.stylegan2.conftest import faces

ROOT = Path(__file__).parents[3]
TINY = {
    "condition": "none",
    "precision": "float32",
    "network": {"resolution": 8, "channel_base": 32, "channel_max": 4, "z_dim": 4, "w_dim": 4, "mapping_layers": 1},
    "growth": {"stages": [{"resolution_px": 8, "stable_images": 16, "batch": 8}]},
}
NOTHING_READ = Tagger([])
VOCABULARY = Vocabulary.parse({"light": {"label": "Light", "kind": "continuous", "group": "face"}})


@pytest.fixture
def index() -> pd.DataFrame:
    return pd.DataFrame({"split": (["train"] * 9 + ["tag_test", "held_out", "train"]) * 4})


def parameters(**changes: object) -> TrainParameters:
    return TypeAdapter(TrainParameters).validate_python(TINY | changes)


def run_node(
    index: pd.DataFrame, folder: Path, settings: TrainParameters, tagger: Any = NOTHING_READ
) -> tuple[Any, ...]:
    store = write_store(folder / "faces", faces().read(np.arange(len(index))))
    return train_generator(store, index, index[["split"]], tagger, VOCABULARY, folder / "runs", settings)


def test_trains_on_the_split_train_only(index: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    original = nodes.train

    def watched(config, faces, folder, tracker, rows, tags):
        seen.append(rows)
        return original(config, faces, folder, tracker, rows, tags=tags)

    monkeypatch.setattr(nodes, "train", watched)
    generator, discriminator, card, samples = run_node(index, tmp_path, parameters())
    assert (index["split"].to_numpy()[seen[0]] == "train").all()
    assert len(seen[0]) == card["pictures"] == 40
    assert (card["resolution"], card["images_seen"]) == (8, 16)
    assert generator.config.resolution == discriminator.config.resolution == 8
    assert generator.card["images_seen"] == 16
    assert samples.shape[2] == 3
    assert (tmp_path / "runs" / card["run"]).is_dir()


def test_an_interrupted_node_ends_the_command_with_its_code(
    index: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*arguments: object, **named: object) -> None:
        raise TrainingInterruptedError(15, 1000)

    monkeypatch.setattr(nodes, "train", stopped)
    with pytest.raises(SystemExit) as error:
        run_node(index, tmp_path, parameters())
    assert error.value.code == 143
    assert "the same command continues" in capsys.readouterr().out


def test_a_condition_without_sub_models_is_refused_before_work(index: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"run the tag stage .* or set condition: none"):
        run_node(index, tmp_path, parameters(condition="tags"))
    assert not (tmp_path / "runs").exists()


def test_a_generator_without_sliders_asks_nothing_of_tags_that_cannot_be_trusted(
    index: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def untold(*arguments: object) -> None:
        raise ValueError("no attribute has tags that can be trusted")

    monkeypatch.setattr(nodes, "training_tags", untold)
    tagger = SimpleNamespace(sub_models=["one that abstains"])
    assert run_node(index, tmp_path, parameters(), tagger)[2]["images_seen"] == 16
    with pytest.raises(ValueError, match="that can be trusted"):
        run_node(index, tmp_path, parameters(tags={"quantiles": 1.0}), tagger)


def test_the_pipeline_takes_faces_and_gives_a_generator() -> None:
    pipeline = create_pipeline()
    tables = {"face_store", "face_index", "tags", "tagger"}
    assert pipeline.inputs() == tables | {"training_runs", "params:attributes", "params:train"}
    assert pipeline.outputs() == {"generator", "discriminator", "generator_card", "training_samples"}


@pytest.mark.parametrize(
    ("env", "resolution"),
    [
        *(("base", 64), ("smoke", 16), ("finetune", 64), ("shipped", 256)),
        *(("crypko", 256), ("crypko512", 512), ("crypko1024", 1024)),
    ],
)
def test_the_settings_of_every_environment_are_valid(env: str, resolution: int) -> None:
    settings = open_project(ROOT, env).loader.stated(env)
    config = TrainParameters.model_validate(settings["train"]).root
    assert isinstance(config, TrainingConfig)
    assert config.network.resolution == config.growth.stages[-1].resolution_px == resolution
    assert settings["faces"]["resolution_px"] >= resolution
    if config.start_from:
        start = read_metadata(ROOT / config.start_from / "generator.safetensors")[0]
        assert not check_fit(start, config.network, schedule(config.growth).stages[0].resolution)


def test_a_misspelt_or_impossible_setting_is_named() -> None:
    with pytest.raises(ValidationError, match="r1_gama"):
        TrainParameters.model_validate({"loss": {"r1_gama": 1}})
    with pytest.raises(ValidationError, match=r"loss\.r1_gamma must be >= 0"):
        TrainParameters.model_validate({"loss": {"r1_gamma": -1}})
    with pytest.raises(ValidationError, match="trainn"):
        TrainParameters.model_validate({"trainn": {}})
