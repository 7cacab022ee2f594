import pytest
from pydantic import RootModel, ValidationError

from anime_gen.images.config import FacesConfig, SourceConfig


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "ftp"}, "source.kind must be one of drawn, folder, archive, kaggle"),
        ({"count": 0}, "source.count must be a whole number from 1"),
        ({"count": True}, "source.count"),
        ({"seed": -1}, "source.seed"),
        ({"path": "pictures"}, "add source.kind=folder"),
        ({"labels": "labels.csv"}, "drawn faces bring their exact labels"),
        ({"kind": "folder"}, "needs source.path"),
        ({"kind": "kaggle"}, "needs source.handle"),
        ({"kind": "kaggle", "handle": "../x"}, "needs source.handle"),
        ({"licence": " "}, "source.licence"),
    ],
)
def test_impossible_source_names_field_and_range(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SourceConfig(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"resolution_px": 48}, "faces.resolution_px must be one of 4, 8, 16"),
        ({"framing": "stretch"}, "crop, pad"),
        ({"background": "blueish"}, "must be a colour"),
        ({"max_pixels": 10**10}, "faces.max_pixels"),
        ({"workers": -1}, "faces.workers"),
        ({"face_margin": -1}, "faces.face_margin"),
        ({"near_duplicates": "maybe"}, "faces.near_duplicates"),
    ],
)
def test_impossible_faces_name_field_and_range(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FacesConfig(**fields)  # type: ignore[arg-type]


def test_a_typo_is_an_error_that_names_it() -> None:
    with pytest.raises(ValidationError, match="resolution_pixels"):
        RootModel[FacesConfig].model_validate({"resolution_pixels": 64})


def test_a_path_replaces_the_download() -> None:
    assert SourceConfig(kind="kaggle", path="some.zip").handle is None
    assert SourceConfig(kind="kaggle", handle="owner/name/versions/3").path is None
