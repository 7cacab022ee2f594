"""Directions in latent space, edits in measured units, truncation and mixing."""

from anime_gen.latent.config import DirectionConfig
from anime_gen.latent.directions import Directions
from anime_gen.latent.editing import Solved, edit, edit_to, solve
from anime_gen.latent.fitting import fit_directions
from anime_gen.latent.mixing import mix, mix_levels
from anime_gen.latent.truncation import find_centres, truncate

__all__ = [
    "DirectionConfig",
    "Directions",
    "Solved",
    "edit",
    "edit_to",
    "find_centres",
    "fit_directions",
    "mix",
    "mix_levels",
    "solve",
    "truncate",
]
