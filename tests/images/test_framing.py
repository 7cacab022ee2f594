from pathlib import Path

import numpy as np
import pytest

from anime_gen.images.config import FacesConfig
from anime_gen.images.framing import frame, load_cascade
from anime_gen.images.rejection import Rejection
from tests.images.pictures import halves


def test_crop_takes_the_centre_square() -> None:
    framed = frame(np.asarray(halves(96, 48)), FacesConfig(resolution_px=16))
    assert framed.shape == (16, 16, 3)
    assert framed[:, 0, 0].min() > 200
    assert framed[:, -1, 2].min() > 200


def test_pad_keeps_the_whole_picture_on_the_background() -> None:
    framed = frame(np.asarray(halves(96, 48)), FacesConfig(resolution_px=32, framing="pad", background="#00ff00"))
    assert (framed[0] == (0, 255, 0)).all()
    assert (framed[-1] == (0, 255, 0)).all()
    assert framed[16, 0, 0] > 200
    assert framed[16, -1, 2] > 200


def test_a_fitting_picture_is_not_resampled() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    assert (frame(picture, FacesConfig(resolution_px=32)) == picture).all()


def test_reduction_does_not_alias() -> None:
    checks = np.kron([[0, 255] * 64, [255, 0] * 64] * 64, np.ones((1, 1)))[..., None].repeat(3, 2).astype(np.uint8)
    framed = frame(checks, FacesConfig(resolution_px=16)).astype(int)
    assert np.abs(framed - 128).max() <= 3


def test_a_missing_or_unreadable_cascade_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_cascade(str(tmp_path / "none.xml"))
    (tmp_path / "bad.xml").write_text("<nothing/>")
    with pytest.raises(ValueError, match=r"OpenCV"):
        load_cascade(str(tmp_path / "bad.xml"))


class FakeCascade:
    """Stands where OpenCV's would: versions from 5 on have none, and no cascade file may be shipped here."""

    def __init__(self, faces: list[tuple[int, int, int, int]]) -> None:
        self.faces = faces

    def detectMultiScale(self, grey: np.ndarray, **_: object) -> list[tuple[int, int, int, int]]:
        assert grey.ndim == 2
        return self.faces


@pytest.mark.parametrize("faces", [[], [(60, 10, 20, 20), (5, 5, 4, 4)]])
def test_face_crop(monkeypatch: pytest.MonkeyPatch, faces: list[tuple[int, int, int, int]]) -> None:
    pytest.importorskip("cv2")
    monkeypatch.setattr("anime_gen.images.framing._cascade", lambda path: FakeCascade(faces))
    config = FacesConfig(resolution_px=32, face_cascade="any.xml", face_margin=0.5)
    picture = np.zeros((48, 96, 3), np.uint8)
    picture[0:40, 50:90] = 200  # the largest face with half its size around it
    if not faces:
        with pytest.raises(Rejection) as caught:
            frame(picture, config)
        assert caught.value.reason == "no_face"
    else:
        assert (frame(picture, config) == 200).all()
