"""Small pictures of recipes, made once and kept for a while."""

import streamlit as st

from anime_gen.serving.rendering import Renderer, Value
from anime_gen.studio import Editor, Recipe
from components.tiles import thumbnail


def small(renderer: Renderer, recipe: Recipe) -> tuple[str, dict[str, Value]]:
    """A recipe as a data URL, and what is measured in its picture."""
    return _small(renderer.bundle.sha256, recipe.to_json(), renderer)


@st.cache_data(show_spinner=False, max_entries=600)
def _small(sha256: str, recipe: str, _renderer: Renderer) -> tuple[str, dict[str, Value]]:
    picture = Editor(_renderer, Recipe.from_json(recipe)).picture
    return thumbnail(picture.pixels), picture.measured
