"""How well whole casts are found: briefs kept in the measured pictures, and strangers to a cast.

python -m tests.benchmarks.casting [--model FOLDER]

briefs: twelve characters each; a rule counts as kept when the pictures, measured, keep it. Rules that cannot be kept
    together (two of the briefs have such) must be named, and no other one may be missed.
strangers: how far those found to be unlike a cast of 4, 12 and 40 are from its nearest member, against random
    characters; and how far both lie from the drawings (mean distance to the five nearest of 600, in the measurer's
    features), for strangers that are nothing but odd pictures would be far from everybody.
"""

import argparse
import time
from collections.abc import Iterator
from itertools import chain

import numpy as np
import torch

import anime_gen
from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.measurer_training import SHIPPED
from anime_gen.images.faces import area_average
from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe
from anime_gen.studio.finding.brief import read_brief, solve_brief
from anime_gen.studio.finding.finder import Finder, Found

BRIEFS = (
    "12 students, at most 2 with glasses, all hair lengths",
    "12 villagers, half with hats, exactly 3 with glasses",
    "12 people, all hair colors, nobody with animal ears",
    "12 heroes, long hair, at least 4 with twin tails",
    "12 idols, every hair style, large eyes",
    "12 officers, short hair, no ribbon, at least 6 with glasses",
    "12 witches, everyone with hat, all eye colors",
    "12 cats, all with animal ears, at most 3 with long hair",
    "12 teachers, all with glasses, dark hair",
    "12 children, large eyes, at least 8 with blush, no glasses",
    "12 rivals, exactly 4 with long hair, exactly 4 with short hair",
    "12 singers, at least 5 with wide open mouth, at most 1 with hat",
    "12 twins, straight hair, all eye sizes",
    "12 students, exactly 6 with ribbon, all skin tones",
    "12 pirates, curly hair, at most 5 with hat",
    "12 nurses, light hair, nobody with glasses, all hair lengths",
    "12 athletes, short hair, at least 3 with blonde hair",
    "12 dreamers, all expressions, at most 4 with glasses",
    "12 students, everyone with glasses, nobody with glasses",
    "12 students, long hair, all hair lengths",
)
IMPOSSIBLE = {18, 19}
"""Places in `BRIEFS` whose rules contradict each other."""
CASTS = (4, 12, 40)
FOUND = 4
NEAREST = 5
DRAWINGS = 600
SEED = 424_242
"""Of drawings that nobody trained on."""


def briefs(finder: Finder) -> Iterator[tuple[str, object]]:
    """Rules kept in the measured pictures, and those missed by name."""
    vocabulary = finder.renderer.bundle.tagger.vocabulary
    kept, named, seconds, rules = 0, 0, [], 0
    for place, text in enumerate(BRIEFS):
        brief = read_brief(text, vocabulary)
        start = time.perf_counter()
        solved = solve_brief(finder, brief, seed=place)
        seconds.append(time.perf_counter() - start)
        missed = [rule.words() for rule, met in solved.kept if not met]
        rules += len(solved.kept)
        kept += not missed
        named += bool(missed) and place in IMPOSSIBLE
        if missed or brief.unknown or brief.count != 12:
            yield f"brief {place + 1}: {text}", f"missed: {missed}, not understood: {brief.unknown}"
    yield "briefs with every rule kept", f"{kept} of {len(BRIEFS)} ({rules} rules)"
    yield "impossible ones named", f"{named} of {len(IMPOSSIBLE)}"
    yield "seconds a brief: median, longest", np.round([np.median(seconds), np.max(seconds)], 1)


def strangers(finder: Finder, features: "Features") -> Iterator[tuple[str, object]]:
    """Distance to the nearest member and to the drawings, of strangers and of random characters."""
    for size in CASTS:
        cast = [one.measured for one in finder.propose(size, seed=size)]
        found = finder.strangers(FOUND, (), cast, seed=1000 + size)
        chance = [random_character(finder, 7000 + 100 * size + k) for k in range(4 * FOUND)]
        gaps = [
            float(finder.resemblance.distances([one.measured for one in some], cast).min(1).mean())
            for some in (found, chance)
        ]
        odd = [features.distance(pictures(finder, some)) for some in (found, chance)]
        for where, (far, near) in (("nearest member", gaps), ("drawings", odd)):
            yield f"cast of {size}, to the {where}: strangers, random", f"{far:.2f}, {near:.2f}: {far / near:.2f} times"


class Features:
    """Distances in the measurer's features to drawings that nobody trained on."""

    def __init__(self, measurer: Measurer, side: int) -> None:
        self.measurer = measurer
        drawn = np.stack(list(render_many(sample_characters(DRAWINGS, SEED), 4 * side)))
        self.drawings = self.of(area_average(drawn, side))

    def of(self, pictures: np.ndarray) -> np.ndarray:
        """Features [n, d] of pictures [n, r, r, 3] uint8."""
        images = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        with torch.inference_mode():
            return self.measurer.features(images).numpy()

    def distance(self, pictures: np.ndarray) -> float:
        """Mean distance to the nearest few drawings."""
        apart = np.linalg.norm(self.of(pictures)[:, None] - self.drawings[None], axis=2)
        return float(np.sort(apart, axis=1)[:, :NEAREST].mean())


def random_character(finder: Finder, seed: int) -> Found:
    """A character by its number alone."""
    recipe = Recipe(seed=seed, psi=finder.psi)
    return Found(recipe, finder.measured(recipe))


def pictures(finder: Finder, found: list[Found]) -> np.ndarray:
    """Pictures [n, r, r, 3] uint8 as the page shows them."""
    return np.stack([Editor(finder.renderer, one.recipe).picture.pixels for one in found])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="shipped", help="a bundle's folder")
    wish = parser.parse_args()
    torch.set_num_threads(1)
    renderer = Renderer(anime_gen.open_model(wish.model).bundle)
    finder = Finder(renderer)
    features = Features(Measurer.load(SHIPPED), renderer.bundle.generator.config.resolution)
    for name, figure in chain(strangers(finder, features), briefs(finder)):
        print(f"{name:58} {figure}", flush=True)


if __name__ == "__main__":
    main()
