"""Several artists at one model, for long: each gets the picture that its recipe gives alone, and memory stays."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import psutil
import pytest

from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe

VISITORS = 8
PATIENCE_S = 60
RENDERS, MOST_MB = 1000, 50


@pytest.mark.parametrize("moves", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_every_picture_is_the_one_its_recipe_gives_alone(tag_renderer: Renderer, moves: int):
    seen: list[list[tuple[Recipe, np.ndarray]]] = [[] for _ in range(VISITORS)]

    def work(visitor: int) -> None:
        random, editor = np.random.default_rng(visitor), Editor(tag_renderer, Recipe(seed=visitor))
        for _ in range(moves):
            name = str(random.choice(["bangs", "hair_length", "smile"]))
            value = float(random.uniform(0.0, 1.0))
            editor.glance(name, value)
            editor.set_target(name, value)
            seen[visitor].append((editor.recipe, editor.picture.pixels))

    threads = [threading.Thread(target=work, args=(visitor,)) for visitor in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(500)
    assert [len(pictures) for pictures in seen] == [moves] * VISITORS
    assert len({pixels.tobytes() for pictures in seen for _, pixels in pictures}) > VISITORS
    for recipe, pixels in (picture for pictures in seen for picture in pictures):
        assert np.array_equal(Editor(tag_renderer, recipe).picture.pixels, pixels)


@pytest.mark.slow
def test_a_thousand_pictures_leave_no_trace_in_memory(tag_renderer: Renderer):
    process = psutil.Process()

    def used(renders: int) -> int:
        for number in range(renders):
            editor = Editor(tag_renderer, Recipe(seed=number))
            editor.glance("bangs", 0.5)
            editor.history.push(replace(editor.recipe, targets={"bangs": 0.8}))
            editor.png(64)
        gc.collect()
        return int(process.memory_info().rss)

    before = used(100)  # what is kept for good is there after a hundred
    assert used(RENDERS) - before < MOST_MB * 2**20


def test_others_get_their_pictures_while_a_drawing_is_imitated(tag_renderer: Renderer):
    views = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    ws, seen = tag_renderer.latent(1, 0.7), []
    with ThreadPoolExecutor(1) as other:
        alone = tag_renderer.imitate(views, lambda share: None)
        found = tag_renderer.imitate(
            views, lambda share: seen.append(other.submit(tag_renderer.render, ws, {}).result(PATIENCE_S))
        )
    assert len(seen) > 10
    assert (found.ws == alone.ws).all()
