"""Find a character: a sheet of fresh ones, by wish, more like one of them, or by number."""

from collections.abc import Sequence

import streamlit as st

from anime_gen.attributes import Attribute
from anime_gen.studio import Editor, random_seed
from anime_gen.studio.character.recipe import MAX_PSI, MAX_SEED, Recipe
from anime_gen.studio.finding.demands import known_words, read_demands
from anime_gen.studio.wording import described, literal, worded
from components import bring, pictures, tiles
from components.desk import Desk

COUNT = 12
NEAR = {"A little": 0.2, "Clearly": 0.4, "A lot": 0.7}
NEAR_EACH = 4


def show(desk: Desk) -> None:
    vocabulary = desk.editor.bundle.tagger.vocabulary
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "What should they have?",
            key="find.wish",
            placeholder="long dark hair, glasses",
            help=f"Any of: {', '.join(known_words(vocabulary))}. Write `no` before what they must not have.",
            on_change=_fresh,
        )
        st.button("Show others", icon=":material/casino:", shortcut="n", on_click=_fresh)
    understood = read_demands(st.session_state.get("find.wish") or "", vocabulary)
    not_understood(understood.unknown)
    like, seed = st.session_state.get("find.like"), st.session_state.setdefault("find.seed", 1)
    if like is not None:
        _more_like(desk, like, seed)
    else:
        with st.spinner("Looking for characters …", show_time=False):
            found = _found(desk, seed, st.session_state.get("find.wish") or "")
        sheet(desk, "find.sheet", [recipe for recipe, _ in found], [note for _, note in found])
    with st.expander("By number", icon=":material/tag:"):
        show_number(desk.editor)
    with st.expander("From a picture or file", icon=":material/image:", expanded=bring.is_busy()):
        bring.show(desk)


def not_understood(words: Sequence[str]) -> None:
    """Say which words of a wish mean nothing here."""
    if words:
        st.caption(f"Not understood: {literal(', '.join(words))}.")


def _fresh() -> None:
    st.session_state["find.seed"] = random_seed()
    st.session_state.pop("find.like", None)


@st.cache_data(show_spinner=False, max_entries=64)
def _proposed(sha256: str, seed: int, wish: str, _desk: Desk) -> list[tuple[str, str]]:
    demands = read_demands(wish, _desk.editor.bundle.tagger.vocabulary).demands
    found = _desk.finder.propose(COUNT, demands, seed=seed)
    return [(one.recipe.to_json(), _lacking([demand.words() for demand in one.unmet])) for one in found]


def _found(desk: Desk, seed: int, wish: str) -> list[tuple[Recipe, str]]:
    found = _proposed(desk.editor.bundle.sha256, seed, wish, desk)
    return [(Recipe.from_json(text), note) for text, note in found]


def _lacking(words: list[str]) -> str:
    return f"not reached: {'; '.join(words)}" if words else ""


def _more_like(desk: Desk, like: Recipe, seed: int) -> None:
    st.button("Back to the sheet", icon=":material/arrow_back:", on_click=lambda: st.session_state.pop("find.like"))
    _, measured = pictures.small(desk.editor.renderer, like)
    for words, distance in NEAR.items():
        st.markdown(f"**{words} different** · about {distance:g} of another person")
        found = _near(desk.editor.bundle.sha256, like.to_json(), distance, seed, desk, measured)
        sheet(desk, f"find.near.{distance}", [Recipe.from_json(text) for text in found])


@st.cache_data(show_spinner=False, max_entries=64)
def _near(sha256: str, like: str, distance: float, seed: int, _desk: Desk, _measured: dict) -> list[str]:
    found = _desk.finder.near(Recipe.from_json(like), _measured, distance, NEAR_EACH, seed)
    return [one.recipe.to_json() for one in found]


def sheet(
    desk: Desk, key: str, recipes: list[Recipe], notes: list[str] | None = None, by: Attribute | None = None
) -> None:
    """Characters to shape, to keep, or to see more like them; told apart `by` what is measured, or by number."""
    vocabulary = desk.editor.bundle.tagger.vocabulary
    shown = []
    for place, recipe in enumerate(recipes):
        src, measured = pictures.small(desk.editor.renderer, recipe)
        note = notes[place] if notes else ""
        title = worded(by, measured[by.name]) if by else title_of(recipe)
        shown.append(tiles.Tile(str(place), src, described(measured, vocabulary), title, note))
    actions = [
        ("open", "Shape", lambda key: desk.open(recipes[int(key)])),
        ("keep", "Keep", lambda key: desk.keep(recipes[int(key)])),
        ("like", "More like this", lambda key: _like(recipes[int(key)])),
    ]
    tiles.show(key, shown, actions)


def _like(recipe: Recipe) -> None:
    st.session_state.update({"find.like": recipe, "view": "Find"})


def title_of(recipe: Recipe) -> str:
    count = len(recipe.targets)
    wishes = f" with {count} wish{'es' if count > 1 else ''}" if count else ""
    if recipe.seed is not None:
        return f"Number {recipe.seed}{wishes}"
    return f"{'After your picture' if recipe.is_imported else 'A mixed character'}{wishes}"


def show_number(editor: Editor) -> None:
    """The number of the character that is being shaped, and how far it is from the average face."""
    mixed = editor.recipe.seed is None
    if editor.recipe.is_imported:
        st.caption("A character made after a picture has no number and no diversity of its own.")
    elif mixed:
        st.caption("A mixed character has no number, and its diversity is that of those it was mixed from.")
    st.session_state.seed = editor.recipe.seed
    st.number_input(
        "Character number",
        min_value=0,
        max_value=MAX_SEED,
        step=1,
        key="seed",
        help="The same number is always the same character.",
        on_change=lambda: editor.new_character(st.session_state.seed, st.session_state.keep_wishes),
        disabled=mixed,
    )
    st.checkbox("Keep my wishes for the next character", key="keep_wishes")
    st.session_state.psi = editor.recipe.psi
    st.slider(
        "Diversity",
        0.0,
        MAX_PSI,
        step=0.05,
        key="psi",
        help="0 is the average face, 1 as varied as the pictures the model learnt from; above 1 exaggerates.",
        on_change=lambda: editor.set_psi(st.session_state.psi),
        disabled=mixed,
    )
