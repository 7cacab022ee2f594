"""Fonts for sheets: one that comes along for most of the world's alphabets, the machine's own for the others."""

from functools import lru_cache
from pathlib import Path

BROADEST = "DejaVuSans.ttf"


@lru_cache(maxsize=64)
def font_for(text: str) -> Path:
    """A font file that has every letter of the text; the one that comes along if no font does."""
    import matplotlib

    ours = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / BROADEST
    wanted = {ord(letter) for letter in text if letter.isprintable()}
    if wanted <= _letters(ours):
        return ours
    from matplotlib.font_manager import findSystemFonts

    files = (Path(file) for file in sorted(findSystemFonts()) if file.endswith((".ttf", ".otf", ".ttc")))
    return next((file for file in files if wanted <= _letters(file)), ours)


@lru_cache(maxsize=512)
def _letters(font: Path) -> frozenset[int]:
    """Code points a font has; none for a file that cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(str(font)).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()
