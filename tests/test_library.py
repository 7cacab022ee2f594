import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import anime_gen
from anime_gen.__main__ import main
from anime_gen.generate import read_seeds, read_wishes
from anime_gen.serving import NoModelError
from anime_gen.studio import RecipeError, recipe_of
from anime_gen.studio.character.own_picture import PictureError


def test_a_face_is_made_edited_and_saved_in_four_lines(bundle_folder: Path, tmp_path: Path):
    model = anime_gen.open_model(str(bundle_folder))
    face = model.random(seed=3)
    wished = face.edit(hair_length=0.8).edit(glasses=1)
    path = wished.save(str(tmp_path / "new" / "x.png"))
    assert recipe_of(path.read_bytes()).targets == {"hair_length": 0.8, "glasses": 1.0}
    assert np.array_equal(np.asarray(Image.open(path)), wished.pixels)
    assert not np.array_equal(face.pixels, wished.pixels)
    assert face.recipe.targets == {}
    assert wished.edit(hair_length=None, glasses=None).recipe == face.recipe
    assert model.open(path).recipe == wished.recipe
    assert set(face.measured) == set(model.attributes)
    assert face._repr_png_().startswith(b"\x89PNG")


def test_a_picture_from_outside_becomes_a_character(bundle_folder: Path, tmp_path: Path):
    model = anime_gen.open_model(bundle_folder)
    Image.effect_noise((70, 50), 80).convert("RGB").save(tmp_path / "mine.jpg")
    face = model.import_picture(tmp_path / "mine.jpg")
    path = face.edit(hair_length=0.8).save(tmp_path / "x.png")
    assert np.array_equal(model.open(path).pixels, np.asarray(Image.open(path)))
    with pytest.raises(PictureError, match="no picture"):
        model.import_picture(Path(__file__))


def test_what_a_model_does_not_have_is_refused_by_name(bundle_folder: Path, other_bundle_folder: Path, tmp_path: Path):
    face = anime_gen.open_model(bundle_folder).random(1)
    with pytest.raises(ValueError, match="hair_lenght"):
        face.edit(hair_lenght=1.0)
    with pytest.raises(RecipeError, match="another model"):
        anime_gen.open_model(other_bundle_folder).open(face.save(tmp_path / "x.png"))


def test_without_a_source_the_champion_is_opened(published, bundle, monkeypatch: pytest.MonkeyPatch):
    assert anime_gen.open_model().bundle.sha256 == bundle.sha256


def test_without_any_model_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "conf" / "base").mkdir(parents=True)
    (tmp_path / "conf" / "base" / "mlflow.yml").write_text("tracking_uri: sqlite:///mlflow.db\n")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoModelError, match="make demo"):
        anime_gen.open_model()
    assert not (tmp_path / "mlflow.db").exists()


def test_the_command_writes_a_picture_for_each_seed(bundle_folder: Path, tmp_path: Path, capsys):
    arguments = ["generate", "--model", str(bundle_folder), "--out", str(tmp_path), "--seeds", "3,5-6", "--psi", "0.5"]
    assert main([*arguments, "--set", "smile=0.8", "--set", "hair_color=blue", "--side", "32"]) == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["character-000003.png", "character-000005.png", "character-000006.png"]
    recipe = recipe_of((tmp_path / names[1]).read_bytes())
    assert (recipe.seed, recipe.psi, dict(recipe.targets)) == (5, 0.5, {"smile": 0.8, "hair_color": "blue"})
    assert Image.open(tmp_path / names[0]).size == (32, 32)
    assert main([*arguments, "--set", "smyle=1"]) == 1
    assert "smyle" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "seeds"), [("7", [7]), ("0-2", [0, 1, 2]), ("1, 4,9 - 10", [1, 4, 9, 10])])
def test_seeds_are_read(text: str, seeds: list[int]):
    assert read_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "-1", "5-3", "a", "1;2", "0-99999999"])
def test_no_seeds_are_refused(text: str):
    with pytest.raises(ValueError, match="--seeds"):
        read_seeds(text)


@pytest.mark.parametrize("text", ["smile", "=1", "smile="])
def test_no_wish_is_refused(text: str):
    with pytest.raises(ValueError, match="--set"):
        read_wishes([text])


def test_importing_the_package_is_light_and_it_knows_its_version():
    code = "import anime_gen, sys; print(anime_gen.__version__); assert not {'torch', 'mlflow'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.count(".") == 2
    with pytest.raises(AttributeError, match="nothing"):
        _ = anime_gen.nothing
