"""Several artists at one model: each gets the picture that its recipe gives alone."""

import threading

import numpy as np

from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe

VISITORS, MOVES = 8, 12


def test_every_picture_is_the_one_its_recipe_gives_alone(tag_renderer: Renderer):
    seen: list[list[tuple[Recipe, np.ndarray]]] = [[] for _ in range(VISITORS)]

    def work(visitor: int) -> None:
        random, editor = np.random.default_rng(visitor), Editor(tag_renderer, Recipe(seed=visitor))
        for _ in range(MOVES):
            name = str(random.choice(["bangs", "hair_length", "smile"]))
            value = float(random.uniform(0.0, 1.0))
            editor.glance(name, value)
            editor.set_target(name, value)
            seen[visitor].append((editor.recipe, editor.picture.pixels))

    threads = [threading.Thread(target=work, args=(visitor,)) for visitor in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert [len(pictures) for pictures in seen] == [MOVES] * VISITORS
    for recipe, pixels in (picture for pictures in seen for picture in pictures[-3:]):
        assert np.array_equal(Editor(tag_renderer, recipe).picture.pixels, pixels)
