import io
import json
import re

import numpy as np
from PIL import Image

from anime_gen.tracking.gallery import MOST_FRAMES, Gallery


def picture(shade: int) -> np.ndarray:
    return np.full((16, 16, 3), shade, dtype=np.uint8)


def frames_of(page: str) -> list[dict[str, str]]:
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]


def test_a_key_with_steps_has_a_slider_and_a_single_picture_none():
    gallery = Gallery()
    for step in (0, 1000):
        gallery.add("samples", picture(step // 10), step)
    gallery.add("tagging/hair/reliability", picture(9), 5)
    page = gallery.page("run <1>")
    assert [list(frames) for frames in frames_of(page)] == [["0", "1000"], ["5"]]
    assert page.count("<p hidden>") == 1
    assert "run &lt;1&gt;" in page
    assert "Tagging: hair, reliability" in page


def test_a_long_run_stays_small_and_keeps_its_first_and_last_picture():
    gallery = Gallery()
    for step in range(500):
        gallery.add("samples", picture(step % 256), step)
    (frames,) = frames_of(gallery.page("run"))
    assert len(frames) <= MOST_FRAMES
    assert next(iter(frames)) == "0"
    assert list(frames)[-1] == "499"


def test_the_animation_shows_every_step():
    gallery = Gallery()
    assert gallery.animation() is None
    for step in range(3):
        gallery.add("samples", picture(40 * step), step)
    with Image.open(io.BytesIO(gallery.animation())) as animation:
        assert animation.n_frames == 3
