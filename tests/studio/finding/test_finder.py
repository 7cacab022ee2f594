"""Proposals of a generator that knows tags."""

from dataclasses import replace

import pytest

from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe
from anime_gen.studio.character.comparison import deed, differences
from anime_gen.studio.finding.brief import read_brief, solve_brief
from anime_gen.studio.finding.demands import read_demands
from anime_gen.studio.finding.finder import Finder
from anime_gen.studio.finding.lacks import lacks


@pytest.fixture(scope="module")
def finder(tag_renderer: Renderer) -> Finder:
    return Finder(tag_renderer)


def nearest(finder: Finder, found: list, cast: list) -> float:
    return float(finder.resemblance.distances([one.measured for one in found], cast).min(1).mean())


def test_the_same_seed_proposes_the_same_and_another_seed_others(finder: Finder):
    numbers = [one.recipe.seed for one in finder.propose(5, seed=3)]
    assert [one.recipe.seed for one in finder.propose(5, seed=3)] == numbers
    assert not set(numbers) & {one.recipe.seed for one in finder.propose(5, seed=4)}


def test_a_sheet_is_more_varied_than_chance(finder: Finder):
    chosen = [one.measured for one in finder.propose(6, seed=5)]
    chance = finder._measure(range(6))
    assert finder.resemblance.worth(chosen) > finder.resemblance.worth(chance)


def test_demands_are_met_or_named(finder: Finder):
    demands = read_demands("long hair, glasses", finder.renderer.bundle.tagger.vocabulary).demands
    for one in finder.propose(4, demands, seed=6):
        assert all(demand.met(one.measured) or demand in one.unmet for demand in demands)


def test_strangers_are_farther_from_a_cast_than_chance(finder: Finder):
    cast = finder._measure(range(4))
    chance = finder.propose(4, seed=8)
    assert nearest(finder, finder.strangers(4, (), cast, seed=8), cast) > nearest(finder, chance, cast)


def test_variations_lie_further_off_as_the_distance_grows(finder: Finder):
    recipe = Recipe(seed=16)
    measured = finder.measured(recipe)
    gaps = [nearest(finder, finder.near(recipe, measured, distance, 3), [measured]) for distance in (0.1, 1.0)]
    assert gaps[0] < gaps[1]


def test_variations_leave_locks_alone(finder: Finder):
    recipe = Recipe(seed=16, locks=("bangs", "glasses"))
    for one in finder.near(recipe, finder.measured(recipe), 1.0, 4):
        assert not {"bangs", "glasses"} & set(one.recipe.targets)


def test_a_brief_is_solved_and_counted_in_the_pictures(finder: Finder):
    brief = read_brief("4 people, exactly 1 with glasses", finder.renderer.bundle.tagger.vocabulary)
    solved = solve_brief(finder, brief, seed=2)
    assert len(solved.found) == 4
    ((rule, kept),) = solved.kept
    assert kept == (sum(one.measured["glasses"] >= 0.5 for one in solved.found) == 1)
    for one in solved.found:
        picture = Editor(finder.renderer, one.recipe).picture
        assert picture.measured["glasses"] == pytest.approx(one.measured["glasses"])
    assert rule.words() == "exactly 1: with glasses"


def test_a_member_in_every_way(finder: Finder):
    recipe = Recipe(seed=3, targets={"bangs": 0.4}, locks=("hair_length",))
    shown = finder.along(recipe, "hair_length")
    assert [one.targets["hair_length"] for one in shown] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert all(one.targets["bangs"] == 0.4 and one.locks == () for one in shown)
    assert {one.targets["glasses"] for one in finder.along(recipe, "glasses")} == {0.0, 1.0}
    assert len({one.targets["hair_color"] for one in finder.along(recipe, "hair_color")}) == 12


def test_a_step_says_what_was_done(tag_renderer: Renderer):
    vocabulary, start = tag_renderer.bundle.tagger.vocabulary, Recipe(seed=3)
    wished = start.with_target("hair_length", 0.8)
    assert deed(start, wished, vocabulary) == "Hair length 0.80"
    assert deed(wished, start, vocabulary) == "Hair length let be"
    assert deed(start, replace(start, locks=("bangs",)), vocabulary) == "Bangs locked"
    assert deed(start, replace(start, psi=0.5), vocabulary) == "diversity 0.5"
    assert deed(start, Recipe(seed=4), vocabulary) == "another character"
    assert deed(start, wished.with_target("bangs", 0.1), vocabulary) == "2 changes"


def test_what_a_cast_lacks_and_what_differs_is_said(tag_renderer: Renderer):
    vocabulary = tag_renderer.bundle.tagger.vocabulary
    cast = [{"hair_length": 0.1, "bangs": value, "hair_color": "red", "glasses": 0.0} for value in (0.1, 0.5, 0.9)]
    said = lacks(vocabulary, cast)
    assert "Hair length: no one above 0.7 (long)" in said
    assert "Glasses: no one has any" in said
    assert not any(sentence.startswith("Bangs") for sentence in said)
    assert lacks(vocabulary, cast[:2]) == []
    (first, *_) = differences(vocabulary, cast[0], {**cast[0], "bangs": 0.6, "hair_length": 0.11})
    assert (first.label, first.before, first.after, round(first.share, 2)) == ("Bangs", "0.10", "0.60", 0.5)
