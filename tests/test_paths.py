"""`~` is the home folder wherever a path is given; a folder that is merely called like that is found too."""

from dataclasses import replace
from pathlib import Path

import pytest

import anime_gen
from anime_gen.__main__ import main
from anime_gen.images.framing import load_cascade
from anime_gen.images.sources.opening import find_path
from anime_gen.paths import user_path
from anime_gen.project import open_project
from anime_gen.project.root import portable
from anime_gen.serving.registry import shipped_folder
from anime_gen.stylegan2.training.command_line import build_parser
from anime_gen.stylegan2.training.trainer import train
from anime_gen.tagging.config import OnnxConfig
from anime_gen.tagging.weak_supervision.onnx_tagger import OnnxTagger
from anime_gen.tracking.address import absolute_uri
from tests.conftest import ROOT
from tests.stylegan2.conftest import faces, tiny_config


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_a_folder_called_like_the_home_of_nobody_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~nobody here").mkdir()
    assert user_path("~nobody here") == Path("~nobody here")
    assert find_path("source.path", "~nobody here", tmp_path) == tmp_path / "~nobody here"
    assert portable("~nobody here", tmp_path) == "~nobody here"


def test_settings_reach_what_lies_in_the_home_folder(home: Path, tmp_path: Path):
    assert find_path("source.path", "~", tmp_path) == home
    assert absolute_uri("sqlite:///~/runs.db", tmp_path) == f"sqlite:///{home}/runs.db"
    (home / "a.xml").write_text("no cascade")
    with pytest.raises(ValueError, match="OpenCV"):  # it was found
        load_cascade("~/a.xml")
    (home / "tags.csv").write_text("name\n")
    (home / "model.onnx").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ValueError, match="git lfs pull"):
        OnnxTagger(OnnxConfig(model="~/model.onnx", tags="~/tags.csv"))
    given = {"publish": {"shipped": "~/bundle"}}
    assert shipped_folder(open_project(ROOT, params=given)) == home / "bundle"
    with pytest.raises(FileNotFoundError, match=str(home)):
        train(replace(tiny_config(), start_from="~/weights"), faces(), tmp_path)


def test_so_do_commands_and_the_library(home: Path, bundle_folder: Path):
    assert build_parser().parse_args(["train", "--drawn=8", "--run=~/runs"]).run == home / "runs"
    (home / "bundle").symlink_to(bundle_folder)
    assert main(["generate", "--model=~/bundle", "--out=~/faces", "--seeds=3"]) == 0
    model = anime_gen.open_model("~/bundle")
    again = model.open("~/faces/character-000003.png").save("~/again.png", side_px=64)
    assert again == home / "again.png"
    assert model.import_picture("~/again.png").recipe
