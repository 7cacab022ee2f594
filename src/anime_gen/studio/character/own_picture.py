"""An artist's own picture as a character of the model: what it became, and what of it could not be met."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from anime_gen.images.config import FacesConfig
from anime_gen.images.decoding import decode
from anime_gen.images.faces import area_average
from anime_gen.images.rejection import Rejection
from anime_gen.images.windows import windows
from anime_gen.serving.rendering import Picture, Renderer, Value
from anime_gen.studio.character.comparison import Difference, differences
from anime_gen.studio.character.mixing import latent_numbers, takeable
from anime_gen.studio.character.recipe import IMPORTED, Recipe

SHOWN_PX = 256
ENOUGH_PX = 512
"""A picture whose shorter side is twice this or more is made smaller first: a head in it can still be small."""
STRANGE = 0.5
"""Strangeness above which a picture is taken to be drawn by another hand than the model's."""
STRANGERS = (1, 2, 3, 4)
"""Numbers of the characters that a picture's colours are compared with."""
LIMITS = FacesConfig(max_aspect=8)
SENTENCES = {
    "empty": "The file is empty: send it again.",
    "too_many_bytes": f"The file has more than {LIMITS.max_bytes // 2**20} MB: save the picture smaller.",
    "too_many_pixels": f"The picture has more than {LIMITS.max_pixels // 10**6} million pixels: save it smaller.",
    "side_too_long": f"The picture has a side of more than {LIMITS.max_side_px} pixels: save it smaller.",
    "too_small": f"The picture has a side of fewer than {LIMITS.min_side_px} pixels: too little to see a face in.",
    "aspect": "The picture is a long strip: cut out the part with the face.",
    "truncated": "The file ends before the picture does: save or send it again.",
    "corrupt": "The picture is damaged: save or send it again.",
    "archive": "That is an archive, not a picture: unpack it first.",
}


class PictureError(ValueError):
    """A file that cannot be imitated; the message says why and what to do."""


@dataclass(frozen=True)
class Brought:
    """A character made after a picture.

    `seen` uint8 [r, r, 3]: the part of the picture that was imitated; `picture`: the character; `unmet`: what is read
    otherwise in the two, the largest difference first; `strange`: whether it is drawn by another hand than the model's,
    whose features are then read with less certainty. `colours_apart`: mean difference of its colours to the
    character's, as a share of their range; `strangers_apart`: the same to characters that nobody made after it.
    """

    recipe: Recipe
    picture: Picture
    seen: np.ndarray
    unmet: list[Difference]
    strange: bool
    colours_apart: float
    strangers_apart: float


def bring(renderer: Renderer, file: bytes, progress: Callable[[float], None] = lambda share: None) -> Brought:
    """Make a character that resembles a PNG, JPEG or WebP; the same file gives the same character.

    Raises `PictureError`: no picture, or one that cannot be read or is too small or large.
    """
    whole = _decoded(file)
    places = windows(*whole.shape[:2])
    found = renderer.imitate(np.stack([place.cut(whole, renderer.view_px) for place in places]), progress)
    picture = renderer.render(found.ws, {})
    latent, sha256 = latent_numbers(found.ws[0]), renderer.bundle.sha256
    recipe = Recipe(seed=None, latent=latent, model_sha256=sha256, extra=IMPORTED)
    return Brought(
        recipe,
        picture,
        places[found.view].cut(whole, SHOWN_PX),
        _unmet(renderer, found.read, picture.measured),
        found.strangeness > STRANGE,
        *_colours_apart(renderer, places[found.view].cut(whole, len(picture.pixels)), picture),
    )


def _decoded(file: bytes) -> np.ndarray:
    """The picture, a camera's averaged down to what is looked at."""
    try:
        whole = decode(file, LIMITS)
    except Rejection as rejection:
        words = SENTENCES.get(rejection.reason, f"That is no picture this page can read: {rejection.detail}.")
        raise PictureError(words) from rejection
    factor = min(whole.shape[:2]) // ENOUGH_PX
    return np.asarray(Image.fromarray(whole).reduce(factor)) if factor > 1 else whole


def _unmet(renderer: Renderer, read: dict[str, Value], measured: dict[str, Value]) -> list[Difference]:
    """What differs, without what cannot be seen in the picture, and without names of what is told by its parts."""
    vocabulary = renderer.bundle.tagger.vocabulary
    seen = [name for name in takeable(vocabulary, read) if not vocabulary[name].decided_by]
    return differences(vocabulary, {name: read[name] for name in seen}, measured)


def _colours_apart(renderer: Renderer, seen: np.ndarray, picture: Picture) -> tuple[float, float]:
    """Mean colour difference of the imitated part to the character, and to some others."""
    others = [renderer.render(renderer.latent(number, Recipe().psi), {}) for number in STRANGERS]
    return _apart(seen, picture.pixels), float(np.mean([_apart(seen, other.pixels) for other in others]))


def _apart(some: np.ndarray, others: np.ndarray) -> float:
    """Mean difference of colours, a little blurred, as a share of their range."""
    side = max(len(some) // 4, 1)
    a, b = (area_average(one[None], side).astype(float) for one in (some, others))
    return float(np.abs(a - b).mean()) / 255.0
