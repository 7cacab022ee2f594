import io

import av
import numpy as np
import pytest
from PIL import Image

from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe
from anime_gen.studio.export.animation import RATE, frames, to_gif, to_mp4, to_webp


@pytest.fixture(scope="module")
def film(renderer: Renderer) -> list[np.ndarray]:
    first, last = (Editor(renderer, Recipe(seed=seed)).picture for seed in (3, 4))
    made = frames(renderer, first.ws, last.ws, 6)
    assert (made[5] == last.pixels).all()  # it arrives at the very picture
    return made


def test_a_film_goes_there_and_back_without_a_double_frame(film: list[np.ndarray]):
    assert len(film) == 10
    assert [(film[5 + k] == film[5 - k]).all() for k in range(5)] == [True] * 5
    assert (film[0] != film[5]).any()


@pytest.mark.parametrize(("encode", "kind"), [(to_gif, "GIF"), (to_webp, "WEBP")])
def test_a_moving_picture_repeats_for_ever(film: list[np.ndarray], encode, kind: str):
    moving = Image.open(io.BytesIO(encode(film, 64)))
    assert (moving.format, moving.size, moving.n_frames, moving.info["loop"]) == (kind, (64, 64), 10, 0)


def test_a_film_plays_everywhere(film: list[np.ndarray]):
    with av.open(io.BytesIO(to_mp4(film, 64))) as played:
        stream = played.streams.video[0]
        pictures = [frame.to_ndarray(format="rgb24") for frame in played.decode(stream)]
        assert (stream.codec_context.name, stream.pix_fmt, stream.average_rate) == ("h264", "yuv420p", RATE)
    assert len(pictures) == 10
    wanted = np.asarray(Image.fromarray(film[5]).resize((64, 64), Image.Resampling.LANCZOS))
    assert np.abs(pictures[5].astype(int) - wanted).mean() < 12
