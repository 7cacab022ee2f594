import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anime_gen.studio.character.recipe import MAX_SEED, Recipe, RecipeError

GOOD = {
    "format": "anime_gen recipe",
    "schema": 1,
    "seed": 7,
    "psi": 0.7,
    "targets": {"hair_length": 0.8, "hair_color": "aqua"},
    "locks": ["smile"],
    "model": {"sha256": "ab" * 32},
}


def text(**changes) -> str:
    return json.dumps({**GOOD, **changes})


def test_a_recipe_reads_back_as_it_was_written():
    recipe = Recipe.from_json(text(measured={"smile": 0.2}))
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_a_latent_takes_the_place_of_the_seed():
    recipe = Recipe(seed=None, latent=((0.1, 0.2), (0.3, 0.4)))
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_keys_of_later_versions_are_kept():
    later = text(pose={"head": [1, 2]}, model={"sha256": "x", "name": "anime-generator"})
    again = json.loads(Recipe.from_json(later).to_json())
    assert again["pose"] == {"head": [1, 2]}
    assert again["model"] == {"sha256": "x", "name": "anime-generator"}


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ("", "JSON"),
        ("[]", "object"),
        ("{}", "no anime_gen recipe"),
        ('{"a": ' * 50 + "1" + "}" * 50, "nested"),
        ("[" * 100_000, "nested"),
        (" " * 1_000_001, "characters"),
        (text(schema=2), "schema 2"),
        (text(psi=None), "psi"),
        (text(psi=3), "psi"),
        (text().replace("0.7", "NaN"), "NaN"),
        (text().replace("0.7", "1e400"), "out of range"),
        (text().replace("0.7", "1e308"), "out of range"),
        (text().replace("0.7", "9" * 5000), "digits"),
        (text(seed=-1), "seed"),
        (text(seed=MAX_SEED + 1), "seed"),
        (text(seed=1.5), "seed"),
        (text(seed=True), "seed"),
        (text(seed=None), "either a seed or a latent"),
        (text(latent=[[1.0]]), "either a seed or a latent"),
        (text(seed=None, latent=[[1.0], [1.0, 2.0]]), "equally long"),
        (text(seed=None, latent=[[]]), "equally long"),
        (text(seed=None, latent="x"), "list"),
        (text(targets={"smile": [1]}), "targets.smile"),
        (text(targets={"smile": "x" * 201}), "200"),
        (text(targets={str(i): 0 for i in range(501)}), "500"),
        (text(locks="smile"), "list"),
        (text(model=3), "model"),
    ],
)
def test_what_is_no_recipe_is_refused_by_name(bad: str, word: str):
    with pytest.raises(RecipeError, match=word):
        Recipe.from_json(bad)


def test_words_with_markup_stay_words():
    recipe = Recipe.from_json(text(targets={"<script>alert(1)</script>": "<b>"}))
    assert dict(recipe.targets) == {"<script>alert(1)</script>": "<b>"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def parses_or_refuses(content: str) -> None:
    try:
        recipe = Recipe.from_json(content)
    except RecipeError:
        return
    assert Recipe.from_json(recipe.to_json()) == recipe


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_recipe_or_a_recipe_error(content: str):
    parses_or_refuses(content)


@given(st.dictionaries(st.sampled_from([*GOOD, "latent", "measured", "other"]), JSON, max_size=6))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_in_any_place_is_a_recipe_or_a_recipe_error(changes: dict):
    parses_or_refuses(json.dumps({**GOOD, **changes}))


def test_a_target_can_be_set_and_taken_back():
    recipe = Recipe(seed=1).with_target("smile", 0.5)
    assert dict(recipe.targets) == {"smile": 0.5}
    assert recipe.with_target("smile", None) == Recipe(seed=1)
