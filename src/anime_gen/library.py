"""The published model in three lines of Python, as in `open_model().random(7).edit(smile=0.8).save("smile.png")`."""

from pathlib import Path

import numpy as np
from PIL import Image

from anime_gen.attributes import Vocabulary
from anime_gen.paths import user_path
from anime_gen.project.root import project_path
from anime_gen.serving.bundle import Bundle
from anime_gen.serving.registry import SHIPPED as SHIPPED_FOLDER
from anime_gen.serving.registry import NoModelError, Registry
from anime_gen.serving.rendering import Renderer, Value
from anime_gen.studio import Editor, Recipe, random_seed
from anime_gen.studio.character.own_picture import bring
from anime_gen.tracking.store import TrackingStore

SHIPPED = "shipped"


class Character:
    """One face of a model; it never changes: `edit` gives another one. Notebooks show it as a picture."""

    def __init__(self, renderer: Renderer, recipe: Recipe) -> None:
        self._editor = Editor(renderer, recipe)

    def edit(self, **attributes: Value | None) -> "Character":
        """The same character with these attributes at these values, earlier ones kept; None lets one be again.

        Raises ValueError for an unknown attribute or a value out of its range (see `Model.attributes`).
        """
        editor = Editor(self._editor.renderer, self.recipe)
        for name, value in attributes.items():
            editor.set_target(name, value)
        return Character(editor.renderer, editor.recipe)

    @property
    def recipe(self) -> Recipe:
        """All that makes this picture again."""
        return self._editor.recipe

    @property
    def pixels(self) -> np.ndarray:
        """The picture, uint8 [r, r, 3]."""
        return self._editor.picture.pixels

    @property
    def image(self) -> Image.Image:
        """The picture for Pillow."""
        return Image.fromarray(self.pixels)

    @property
    def measured(self) -> dict[str, Value]:
        """What the sub-models read in the picture, by attribute, in its own units."""
        return dict(self._editor.picture.measured)

    def save(self, path: str | Path, side_px: int | None = None) -> Path:
        """Write a PNG with the recipe inside, enlarged to `side_px` if that is given; where it lies."""
        path = user_path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._editor.png(side_px))
        return path

    def _repr_png_(self) -> bytes:
        return self._editor.png(max(256, self.pixels.shape[0]))


class Model:
    """A generator with what measures and moves its faces."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._renderer = Renderer(bundle)

    @property
    def attributes(self) -> Vocabulary:
        """What `edit` can move, with kinds, ranges and classes."""
        return self.bundle.tagger.vocabulary.subset(list(self.bundle.directions.attributes))

    def random(self, seed: int | None = None, psi: float = Recipe().psi) -> Character:
        """Character number `seed`, or any; `psi` from 0 (the average face) over 1 (as learnt) to 2 (exaggerated)."""
        return Character(self._renderer, Recipe(seed=random_seed() if seed is None else seed, psi=psi))

    def open(self, picture: str | Path) -> Character:
        """The character of a PNG that `save` or the page wrote; RecipeError if it has none or is of another model."""
        editor = Editor(self._renderer)
        editor.open_file(user_path(picture).read_bytes())
        return Character(self._renderer, editor.recipe)

    def import_picture(self, picture: str | Path) -> Character:
        """A character that resembles a PNG, JPEG or WebP from anywhere, as far as this model can draw it.

        The same file gives the same character. Raises PictureError for a file that cannot be imitated.
        """
        return Character(self._renderer, bring(self._renderer, user_path(picture).read_bytes()).recipe)


def open_model(source: str | Path | None = None) -> Model:
    """The model of a bundle's folder, the one that comes with the project (`"shipped"`), or the registered champion.

    Without a source: the champion, and where nothing was registered yet, the shipped model.

    Raises `NoModelError`: there is none; the message says how to get one.
    Raises `BundleError`: its files are damaged.
    """
    if source is not None and source != SHIPPED:
        return Model(Bundle.load(user_path(source)))
    project = project_path()
    if source is None and (project / "conf").is_dir():
        store = TrackingStore.of_project(project)
        if store.database is None or store.database.is_file():
            try:
                return Model(Registry(store).load()[0])
            except NoModelError:
                pass
    shipped = project / SHIPPED_FOLDER
    if not shipped.is_dir():
        raise NoModelError(f"There is no model at {shipped}: name a bundle's folder, or train one with `make demo`.")
    return Model(Bundle.load(shipped))
