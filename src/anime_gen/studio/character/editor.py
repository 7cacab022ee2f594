"""The artist's document without any page: a character, what is wanted of it, what is measured, every step back."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.serving.bundle import Bundle
from anime_gen.serving.rendering import Picture, Renderer, Value, checked
from anime_gen.studio.character.acceptance import accepted, latent_of
from anime_gen.studio.character.history import History
from anime_gen.studio.character.picture_file import export_png, recipe_of
from anime_gen.studio.character.recipe import MAX_SEED, Recipe


class Editor:
    """One document. Every change is a new state in the history; `picture` shows the current one.

    Raises ValueError for an unknown attribute, a value out of range, or one that is both locked and wanted.
    """

    def __init__(
        self, renderer: Renderer, recipe: Recipe | None = None, history: History[Recipe] | None = None
    ) -> None:
        self.renderer = renderer
        self.history = history or History(self._own(recipe or Recipe(seed=0)))
        self._making = threading.RLock()  # a page asks for what is dragged while it draws what was let go
        self._shown: tuple[Recipe, Picture] | None = None
        self._base: tuple[tuple[Any, float], Picture] | None = None

    @property
    def bundle(self) -> Bundle:
        """The model behind the document."""
        return self.renderer.bundle

    @property
    def recipe(self) -> Recipe:
        """The current state, without what is measured."""
        return self.history.current

    @property
    def attributes(self) -> dict[str, list[Attribute]]:
        """What can be moved, by group, in the vocabulary's order."""
        groups: dict[str, list[Attribute]] = {}
        for name in self.bundle.directions.attributes:
            attribute = self.bundle.tagger.vocabulary[name]
            groups.setdefault(attribute.group, []).append(attribute)
        return groups

    def carrier(self, name: str) -> Attribute | None:
        """The attribute without which this one cannot be seen, or None."""
        vocabulary = self.bundle.tagger.vocabulary
        return vocabulary.root.get(vocabulary[name].shown_with)

    @property
    def picture(self) -> Picture:
        """The current state as pixels and measured values; made once per state."""
        with self._making:
            recipe = self.recipe
            if self._shown is None or self._shown[0] != recipe:
                self._shown = recipe, self._made(recipe)
            return self._shown[1]

    def glance(self, name: str, value: Value) -> Picture:
        """The picture while `name` is dragged to `value`: one quick step, no new state; ValueError as `set_target`."""
        value = checked(name, value, self.bundle.tagger.vocabulary)
        self._refuse_locked(name)
        return self.renderer.glance(self.picture, name, value)

    @property
    def beginning(self) -> Picture:
        """The character before any wish."""
        key = (self.recipe.latent or self.recipe.seed, self.recipe.psi)
        if self._base is None or self._base[0] != key:
            self._base = key, self.renderer.render(self._start(self.recipe), {})
        return self._base[1]

    @property
    def unchanged(self) -> dict[str, Value]:
        """What is measured in the character before any wish: where its sliders stand."""
        return self.beginning.measured

    def new_character(self, seed: int, keep_wishes: bool = False) -> None:
        """Another character by its number; wishes and locks stay with the old one unless kept."""
        fresh = replace(self.recipe, seed=seed, latent=None)
        self.history.push(fresh if keep_wishes else replace(fresh, targets={}, locks=()))

    def set_psi(self, psi: float) -> None:
        """How far from the average face: 0 is the average, 1 as the model learnt, above 1 exaggerated."""
        self.history.push(replace(self.recipe, psi=psi))

    def set_target(self, name: str, value: Value | None) -> None:
        """Want an attribute at a value in its own units; None lets it be."""
        self.set_targets({name: value})

    def set_targets(self, wishes: Mapping[str, Value | None]) -> None:
        """Want several attributes at once, in one step."""
        recipe = self.recipe
        for name, value in wishes.items():
            self._refuse_locked(name)
            wish = None if value is None else checked(name, value, self.bundle.tagger.vocabulary)
            recipe = recipe.with_target(name, wish)
        self.history.push(recipe)

    def set_lock(self, name: str, locked: bool) -> None:
        """Hold an attribute where it is, wished there or not, while others move; or let go of it."""
        if name not in self.bundle.tagger.vocabulary:
            raise ValueError(
                f"unknown attribute {name!r}; this model measures: {', '.join(self.bundle.directions.attributes)}"
            )
        rest = tuple(other for other in self.recipe.locks if other != name)
        self.history.push(replace(self.recipe, locks=(*rest, name) if locked else rest))

    def reset(self) -> None:
        """Forget all wishes and locks; the character stays."""
        self.history.push(replace(self.recipe, targets={}, locks=()))

    def variant(self, wishes: Mapping[str, Value]) -> Picture:
        """The character with further wishes, beside the document: what they touch is neither locked nor wished."""
        vocabulary = self.bundle.tagger.vocabulary
        touched = {name for wish in wishes for name in (wish, *vocabulary[wish].decided_by)}
        kept = {name: value for name, value in self.recipe.targets.items() if name not in touched}
        locks = [name for name in self.recipe.locks if name not in touched]
        return self._made(replace(self.recipe, targets=kept | dict(wishes), locks=tuple(locks)))

    def complete_recipe(self) -> Recipe:
        """The current state with what is measured in its picture: what a saved file holds."""
        measured = {name: _rounded(value) for name, value in self.picture.measured.items()}
        return replace(self.recipe, measured=measured)

    def png(self, side_px: int | None = None) -> bytes:
        """The picture with its recipe inside."""
        return export_png(self.picture.pixels, self.complete_recipe(), side_px)

    def json(self) -> bytes:
        """The recipe alone, as text."""
        return (self.complete_recipe().to_json() + "\n").encode()

    def open_file(self, file: bytes) -> None:
        """Go on with the recipe of a downloaded picture, or of a JSON file.

        Raises `RecipeError`: no recipe in the file, or one of another model: its numbers would make another face.
        """
        self.open_recipe(recipe_of(file))

    def open_recipe(self, recipe: Recipe) -> None:
        """Go on with a recipe, if it is of this model and asks for what the model has."""
        self.history.push(self._own(accepted(recipe, self.bundle)))

    def _made(self, recipe: Recipe) -> Picture:
        """A wish that is locked holds by its own weight."""
        locks = [name for name in recipe.locks if name not in recipe.targets]
        return self.renderer.render(self._start(recipe), recipe.targets, locks, tags=self._tags(recipe))

    def _refuse_locked(self, name: str) -> None:
        if name in self.recipe.locks:
            raise ValueError(f"{name} is locked; unlock it to change it")

    def _own(self, recipe: Recipe) -> Recipe:
        return replace(recipe, model_sha256=self.bundle.sha256, measured={})

    def _tags(self, recipe: Recipe) -> torch.Tensor | None:
        """The tags that the start was made with; None for a latent of its own."""
        return None if recipe.seed is None else self.renderer.tags(recipe.seed)

    def _start(self, recipe: Recipe) -> torch.Tensor:
        """The latent before any wish, ws [1, num_ws, w_dim]."""
        if recipe.latent is None:
            assert recipe.seed is not None  # a recipe has one of the two
            return self.renderer.latent(recipe.seed, recipe.psi)
        return latent_of(recipe, self.bundle)


def random_seed(entropy: int | None = None) -> int:
    """A number for a new character, short enough to read out; `entropy` makes it repeatable."""
    return int(np.random.default_rng(entropy).integers(0, min(MAX_SEED, 999_999_999)))


def _rounded(value: Value) -> Value:
    return value if isinstance(value, str) else round(value, 4)
