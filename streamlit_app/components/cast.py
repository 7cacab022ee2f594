"""The cast: who is in it, who looks alike, what it lacks, someone unlike these, and a brief for a whole one."""

import io

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from anime_gen.serving.rendering import Value
from anime_gen.studio import Recipe, random_seed
from anime_gen.studio.character.acceptance import can_be_shown
from anime_gen.studio.finding.brief import Rule, read_brief, solve_brief
from anime_gen.studio.finding.demands import read_demands
from anime_gen.studio.finding.lacks import lacks
from anime_gen.studio.finding.resemblance import ALIKE, most_alike, sound
from anime_gen.studio.project.document import MAX_NAME, MAX_NOTE, Member
from anime_gen.studio.wording import described, literal
from components import document, find, pictures, tiles
from components.desk import Desk

STRANGERS = 4
EXAMPLE = "12 students, at most 2 with glasses, all hair lengths"


def show(desk: Desk) -> None:
    cast = desk.document.cast
    if cast:
        _members(desk)
    else:
        st.info("Nobody is in your cast yet. Keep characters in Find or Shape, or write a brief below.")
    if len(cast) > 1:
        _alike(desk)
    left, right = st.columns(2, gap="large")
    with left:
        _unlike(desk)
    with right:
        _brief(desk)


def _members(desk: Desk) -> None:
    vocabulary, chosen = desk.editor.bundle.tagger.vocabulary, st.session_state.get("cast.chosen")
    shown = [
        tiles.Tile(
            m.key,
            _picture(desk, m),
            described(sound(m.recipe.measured, vocabulary), vocabulary),
            m.name,
            m.note,
            m.key == chosen,
        )
        for m in desk.document.cast
    ]
    actions = [
        ("shape", "Shape", lambda key: desk.open(desk.document.member(key).recipe)),
        ("edit", "Name", lambda key: st.session_state.update({"cast.chosen": key})),
        ("go", "Let go", lambda key: _let_go(desk, key)),
    ]
    tiles.show("cast.sheet", shown, actions)
    gone: Member | None = st.session_state.get("cast.gone")
    if gone is not None:
        st.button(f"Put {literal(gone.name)} back", icon=":material/undo:", on_click=_put_back, args=(desk, gone))
    member = next((member for member in desk.document.cast if member.key == chosen), None)
    if member is not None:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            for what, text, most in (("name", member.name, MAX_NAME), ("note", member.note, MAX_NOTE)):
                key = f"cast.{what}.{chosen}"
                st.text_input(what.title(), text, max_chars=most, key=key, on_change=_rename, args=(desk, member))
        _variations(desk, member)


def _variations(desk: Desk, member: Member) -> None:
    """One member with one attribute from end to end: its expressions, hair by length, colours."""
    if not can_be_shown(member.recipe, desk.editor.bundle):
        return
    vocabulary = desk.editor.bundle.tagger.vocabulary
    labels = {name: attribute.label for name, attribute in vocabulary.items()}
    name = st.selectbox(
        f"Show {literal(member.name)} with every",
        list(labels),
        index=None,
        placeholder="expression, hair colour, hair length, ...",
        format_func=labels.__getitem__,
        key=f"cast.along.{member.key}",
    )
    if name:
        find.sheet(desk, "cast.along.sheet", desk.finder.along(member.recipe, name), by=vocabulary[name])


def _rename(desk: Desk, member: Member) -> None:
    name, note = (st.session_state[f"cast.{what}.{member.key}"] for what in ("name", "note"))
    desk.document.rename(member.key, name, note)


def _let_go(desk: Desk, key: str) -> None:
    st.session_state["cast.gone"] = desk.document.let_go(key)


def _put_back(desk: Desk, member: Member) -> None:
    desk.document.cast.append(member)
    del st.session_state["cast.gone"]


def _picture(desk: Desk, member: Member) -> str:
    """The picture as it was kept; made anew only if it is lost and its model is open."""
    png = document.shelf().picture(desk.opened, member.key)
    if png is None:
        if can_be_shown(member.recipe, desk.editor.bundle):
            return pictures.small(desk.editor.renderer, member.recipe)[0]
        return ""
    return _small(png)


@st.cache_data(show_spinner=False, max_entries=500)
def _small(png: bytes) -> str:
    return tiles.thumbnail(np.array(Image.open(io.BytesIO(png)).convert("RGB")))


def _alike(desk: Desk) -> None:
    cast, resemblance = desk.document.cast, desk.finder.resemblance
    measured = _measured(desk)
    distances = resemblance.distances(measured, measured)
    first, second, distance = most_alike(distances)[0]
    st.markdown(f"##### Your {len(cast)} characters are worth {resemblance.worth(measured):.1f} different ones")
    names = [literal(member.name) for member in cast]
    words = "could be taken for one person" if distance < ALIKE else "are the most alike"
    apart = f"{distance:.2f} apart, where two strangers are about 1 apart."
    st.markdown(f"**{names[first]}** and **{names[second]}** {words}: {apart}")
    with st.expander("Who looks like whom", icon=":material/grid_on:", key="cast.map"):
        _heat_map([member.name for member in cast], distances)
    missing = lacks(desk.editor.bundle.tagger.vocabulary, measured)
    if missing:
        with st.expander(f"What your cast lacks ({len(missing)})", icon=":material/search:", key="cast.lacks"):
            st.markdown("\n".join(f"- {sentence}" for sentence in missing))


def _measured(desk: Desk) -> list[dict[str, Value]]:
    vocabulary = desk.editor.bundle.tagger.vocabulary
    return [sound(member.recipe.measured, vocabulary) for member in desk.document.cast]


def _heat_map(names: list[str], distances: object) -> None:
    table = pd.DataFrame(1.0 - pd.DataFrame(distances, index=names, columns=names).clip(upper=1.0))
    table.index = table.columns = pd.Index([f"{n + 1} {name}" for n, name in enumerate(names)])
    st.dataframe(table.style.background_gradient(cmap="RdPu", vmin=0.0, vmax=1.0).format("{:.2f}"), width="stretch")
    st.caption("1 is the same person, 0 is as different as two strangers or more.")


def _unlike(desk: Desk) -> None:
    st.markdown("##### Someone unlike these")
    st.text_input(
        "They should have", key="cast.but", placeholder="no glasses, short hair", help="Anything, if left empty."
    )
    cast = _measured(desk)
    understood = read_demands(st.session_state["cast.but"] or "", desk.editor.bundle.tagger.vocabulary)
    find.not_understood(understood.unknown)
    if st.button("Look for someone", key="cast.unlike", icon=":material/person_search:", disabled=not cast):
        with st.spinner("Looking for someone unlike these …"):
            found = desk.finder.strangers(STRANGERS, understood.demands, cast, random_seed())
            gaps = desk.finder.resemblance.distances([one.measured for one in found], cast).min(1)
        notes = [f"{gap:.2f} from the nearest{_unmet(one)}" for one, gap in zip(found, gaps, strict=True)]
        st.session_state["cast.strangers"] = ([one.recipe for one in found], notes)
    recipes, notes = st.session_state.get("cast.strangers", ([], []))
    if recipes:
        find.sheet(desk, "cast.strangers.sheet", recipes, notes)


def _unmet(one: object) -> str:
    words = [demand.words() for demand in one.unmet]  # type: ignore[attr-defined]
    return f"; not reached: {'; '.join(words)}" if words else ""


def _brief(desk: Desk) -> None:
    st.markdown("##### A whole cast by a brief")
    text = st.text_area("Brief", key="cast.brief", placeholder=EXAMPLE, height=68)
    brief = read_brief(text or "", desk.editor.bundle.tagger.vocabulary)
    find.not_understood(brief.unknown)
    asked = st.button("Find them all", key="cast.solve", icon=":material/groups:")
    if asked and not (text or "").strip():
        st.caption("Write first how many they are, and what they should have.")
    elif asked:
        bar = st.progress(0.0, f"Finding {brief.count} characters …")
        solved = solve_brief(desk.finder, brief, random_seed(), bar.progress)
        bar.empty()
        st.session_state["cast.solved"] = ([one.recipe for one in solved.found], solved.kept)
    recipes, kept = st.session_state.get("cast.solved", ([], ()))
    if recipes:
        st.markdown("\n".join(_verdict(rule, met) for rule, met in kept))
        find.sheet(desk, "cast.solved.sheet", recipes)
        st.button("Keep them all", key="cast.keep_all", on_click=_keep_all, args=(desk, recipes))


def _verdict(rule: Rule, met: bool) -> str:
    return f"- {':material/check:' if met else ':material/close: not possible here:'} {rule.words()}"


def _keep_all(desk: Desk, recipes: list[Recipe]) -> None:
    for recipe in recipes:
        desk.keep(recipe)
    del st.session_state["cast.solved"]
