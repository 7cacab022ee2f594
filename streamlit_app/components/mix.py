"""Mix two characters: one takes traits of another, as they are measured there."""

import streamlit as st

from anime_gen.studio.acceptance import can_be_shown
from anime_gen.studio.comparison import differences
from anime_gen.studio.mixing import takeable, taken
from anime_gen.studio.wording import described
from components import pictures, tiles
from components.desk import Desk
from components.find import title_of


def show(desk: Desk) -> None:
    vocabulary = desk.editor.bundle.tagger.vocabulary
    others = [member for member in desk.document.cast if can_be_shown(member.recipe, desk.editor.bundle)]
    if not others:
        st.info("Mixing takes traits from a character of your cast. Keep one first, in Find or Shape.")
        return
    names = {member.key: member.name for member in others}
    donor_key = st.selectbox("Take traits from", list(names), format_func=names.__getitem__, key="mix.donor")
    donor = next((member for member in others if member.key == donor_key), others[0])
    own_src, own = pictures.small(desk.editor.renderer, desk.editor.recipe)
    donor_src, theirs = pictures.small(desk.editor.renderer, donor.recipe)
    rows = [row for row in differences(vocabulary, own, theirs) if row.name in takeable(vocabulary, theirs)]
    groups = list(dict.fromkeys(vocabulary[row.name].group for row in rows))
    whole = st.pills("Whole groups", groups, selection_mode="multi", format_func=str.capitalize, key="mix.groups")
    labels = {row.name: f"{row.label}: {row.before} → {row.after}" for row in rows}
    single = st.multiselect("Single traits", list(labels), format_func=labels.__getitem__, key="mix.names")
    chosen = [row.name for row in rows if vocabulary[row.name].group in whole or row.name in single]
    wishes = taken(vocabulary, theirs, chosen, desk.editor.recipe.locks)
    recipe = desk.editor.recipe
    for name, value in wishes.items():
        recipe = recipe.with_target(name, value)
    src, mixed = pictures.small(desk.editor.renderer, recipe)
    sides = [(title_of(desk.editor.recipe), own_src, own), ("Mixed", src, mixed), (donor.name, donor_src, theirs)]
    tiles.beside("mix.beside", [tiles.Tile(title, src, described(m, vocabulary), title) for title, src, m in sides])
    st.button("Go on with the mixed one", disabled=not wishes, on_click=lambda: desk.open(recipe))
