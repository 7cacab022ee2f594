"""The artist's document: a character being shaped with all its steps, and the cast of characters that were kept."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from anime_gen.studio.character.history import History, Step
from anime_gen.studio.character.recipe import Latent, Recipe, RecipeError, read_latent

SCHEMA = 1
FORMAT = "anime_gen project"
MAX_CHARACTERS = 64_000_000
MAX_MEMBERS = 500
MAX_NAME, MAX_NOTE = 80, 2000
LATENT = "latent"
"""In a project a recipe's latent is its place among `latents`."""


class DocumentError(ValueError):
    """A file that is no document, or an unusable one; the message says which part."""


@dataclass(frozen=True)
class Member:
    """A character of the cast: its recipe with what was measured, a name and a note."""

    key: str
    name: str
    recipe: Recipe
    note: str = ""


@dataclass
class Document:
    """`history`: steps of the character being shaped; `cast`: members in order. Each recipe names its model."""

    history: History[Recipe]
    cast: list[Member] = field(default_factory=list)
    name: str = "My characters"

    def keep(self, recipe: Recipe, name: str = "") -> Member:
        """Put a character into the cast; ValueError when it is full."""
        if len(self.cast) >= MAX_MEMBERS:
            raise ValueError(f"A cast holds at most {MAX_MEMBERS} characters; let one go first.")
        taken = {member.name for member in self.cast}
        number = next(n for n in range(1, MAX_MEMBERS + 2) if f"Character {n}" not in taken)
        member = Member(uuid.uuid4().hex[:12], plain_text(name, MAX_NAME) or f"Character {number}", recipe)
        self.cast.append(member)
        return member

    def member(self, key: str) -> Member:
        """The member of that key; KeyError if it is gone."""
        return next((member for member in self.cast if member.key == key), None) or _gone(key)

    def rename(self, key: str, name: str, note: str) -> None:
        """Give a member another name and note; an empty name leaves the old one."""
        old = self.member(key)
        new = replace(old, name=plain_text(name, MAX_NAME) or old.name, note=plain_text(note, MAX_NOTE))
        self.cast[self.cast.index(old)] = new

    def let_go(self, key: str) -> Member:
        """Take a member out of the cast; it is returned so that it can be put back."""
        member = self.member(key)
        self.cast.remove(member)
        return member

    def to_json(self) -> str:
        """JSON text, keys in a fixed order; a latent is written once, however many steps were made from it."""
        latents: list[Latent] = []
        steps = [
            {"number": step.number, "parent": step.parent, "recipe": _told(step.state, latents)}
            for step in self.history.steps
        ]
        cast = [{"key": m.key, "name": m.name, "note": m.note, "recipe": _told(m.recipe, latents)} for m in self.cast]
        content = {
            "format": FORMAT,
            "schema": SCHEMA,
            "name": self.name,
            "history": {"place": self.history.place, "steps": steps},
            "cast": cast,
            "latents": latents,
        }
        return json.dumps(content, sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote, or somebody edited.

        Raises `DocumentError`: no JSON, another format or schema, a broken history, a recipe that cannot be read.
        """
        if len(text) > MAX_CHARACTERS:
            raise DocumentError(f"The project has {len(text)} characters; at most {MAX_CHARACTERS} are read.")
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise DocumentError("This is no anime_gen project.")
            if content["schema"] != SCHEMA:
                raise DocumentError(f"This project has schema {content['schema']}; this version reads schema {SCHEMA}.")
            latents = [read_latent(rows) for rows in content.get("latents", [])]
            steps = [_step(entry, latents) for entry in content["history"]["steps"]]
            cast = [_member(entry, latents) for entry in content["cast"]]
            return cls(
                history=History.of(steps, content["history"]["place"]),
                cast=cast[:MAX_MEMBERS],
                name=plain_text(content["name"], MAX_NAME) or "My characters",
            )
        except DocumentError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DocumentError(f"The project cannot be read ({error}).") from error


def plain_text(text: object, longest: int) -> str:
    """One line of printable text of at most `longest` characters."""
    if not isinstance(text, str):
        raise DocumentError(f"{str(text)[:40]!r} is no text.")
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split())[:longest]


def _told(recipe: Recipe, latents: list[Latent]) -> dict[str, Any]:
    """A recipe as JSON, its latent as a place in the table."""
    if recipe.latent is None:
        return dict(json.loads(recipe.to_json()))
    if recipe.latent not in latents:
        latents.append(recipe.latent)
    rest = json.loads(replace(recipe, seed=0, latent=None).to_json())
    return {**rest, "seed": None, LATENT: latents.index(recipe.latent)}


def _recipe(entry: Any, latents: Sequence[Latent | None]) -> Recipe:
    try:
        if not isinstance(entry.get(LATENT), int):
            return Recipe.from_json(json.dumps(entry))
        rest = {key: value for key, value in entry.items() if key != LATENT}
        return replace(Recipe.from_json(json.dumps(rest | {"seed": 0})), seed=None, latent=latents[entry[LATENT]])
    except (RecipeError, IndexError) as error:
        raise DocumentError(f"A recipe of the project cannot be read: {error}") from error


def _step(entry: Mapping[str, Any], latents: Sequence[Latent | None]) -> Step[Recipe]:
    parent = entry["parent"]
    return Step(int(entry["number"]), None if parent is None else int(parent), _recipe(entry["recipe"], latents))


def _member(entry: Mapping[str, Any], latents: Sequence[Latent | None]) -> Member:
    name, note = plain_text(entry["name"], MAX_NAME), plain_text(entry["note"], MAX_NOTE)
    return Member(plain_text(entry["key"], 32), name or "Nameless", _recipe(entry["recipe"], latents), note)


def _gone(key: str) -> Member:
    raise KeyError(f"no member {key} in the cast")
