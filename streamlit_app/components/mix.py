"""Mix two characters: one takes layers of another, or traits as they are measured there, or both."""

import streamlit as st

from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe
from anime_gen.studio.character.acceptance import can_be_shown
from anime_gen.studio.character.comparison import differences
from anime_gen.studio.character.mixing import levels, takeable, taken, with_layers
from anime_gen.studio.project.document import Member
from anime_gen.studio.wording import described
from components import pictures, tiles
from components.desk import Desk
from components.find import title_of

LAYERS = {"coarse": "Large forms", "middle": "Features", "fine": "Tints and shading"}
ABOUT_LAYERS = (
    "A picture is made in layers: first what is large (head, hair, what is worn), then features, last tints and "
    "shading. What comes along with each differs from character to character: look at the middle picture."
)


def show(desk: Desk) -> None:
    others = [member for member in desk.document.cast if can_be_shown(member.recipe, desk.editor.bundle)]
    if not others:
        st.info("Mixing takes from a character of your cast. Keep one first, in Find or Shape.")
        return
    names = {member.key: member.name for member in others}
    donor_key = st.selectbox("Take from", list(names), format_func=names.__getitem__, key="mix.donor")
    donor = next((member for member in others if member.key == donor_key), others[0])
    above = st.container()  # what is chosen below shows here, in sight
    recipe = _with_traits(desk, donor, _with_layers(desk, donor))
    with above:
        _beside(desk, donor, recipe)
    same = recipe == desk.editor.recipe
    st.button("Go on with the mixed one", disabled=same, on_click=lambda: desk.open(recipe))


def _with_layers(desk: Desk, donor: Member) -> Recipe:
    own = desk.editor
    chosen = st.pills(
        "Layers",
        levels(own.picture),
        selection_mode="multi",
        format_func=LAYERS.__getitem__,
        key="mix.layers",
        help=ABOUT_LAYERS,
    )
    if not chosen:
        return own.recipe
    known = own.bundle.sha256, own.recipe.to_json(), donor.recipe.to_json(), tuple(chosen)
    return Recipe.from_json(_layered(*known, own.renderer))


@st.cache_data(show_spinner=False, max_entries=64)
def _layered(sha256: str, recipe: str, donor: str, names: tuple[str, ...], _renderer: Renderer) -> str:
    own, other = (Editor(_renderer, Recipe.from_json(text)) for text in (recipe, donor))
    return with_layers(own.recipe, own.picture, other.picture, names).to_json()


def _with_traits(desk: Desk, donor: Member, recipe: Recipe) -> Recipe:
    vocabulary = desk.editor.bundle.tagger.vocabulary
    _, own = pictures.small(desk.editor.renderer, recipe)
    _, theirs = pictures.small(desk.editor.renderer, donor.recipe)
    rows = [row for row in differences(vocabulary, own, theirs) if row.name in takeable(vocabulary, theirs)]
    groups = list(dict.fromkeys(vocabulary[row.name].group for row in rows))
    whole = st.pills("Groups of traits", groups, selection_mode="multi", format_func=str.capitalize, key="mix.groups")
    labels = {row.name: f"{row.label}: {row.before} → {row.after}" for row in rows}
    single = st.multiselect("Single traits", list(labels), format_func=labels.__getitem__, key="mix.names")
    chosen = [row.name for row in rows if vocabulary[row.name].group in whole or row.name in single]
    for name, value in taken(vocabulary, theirs, chosen, recipe.locks).items():
        recipe = recipe.with_target(name, value)
    return recipe


def _beside(desk: Desk, donor: Member, mixed: Recipe) -> None:
    vocabulary, own = desk.editor.bundle.tagger.vocabulary, desk.editor.recipe
    sides = [(title_of(own), own), ("Mixed", mixed), (donor.name, donor.recipe)]
    shown = [(title, *pictures.small(desk.editor.renderer, recipe)) for title, recipe in sides]
    tiles.beside("mix.beside", [tiles.Tile(title, src, described(m, vocabulary), title) for title, src, m in shown])
