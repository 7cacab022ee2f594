"""Small coloured faces whose attributes a tiny network learns in a second."""

import numpy as np

from anime_gen.attributes import Vocabulary

ENTRIES = {
    "hair_color": {"label": "Hair colour", "kind": "categorical", "group": "hair", "classes": ["red", "green", "blue"]},
    "hair_length": {"label": "Hair length", "kind": "continuous", "group": "hair", "changed_by": ["shift"]},
    "hair_hue": {"label": "Hair hue", "kind": "cyclic", "group": "hair", "low": 0, "high": 360, "changed_by": ["hue"]},
    "head_turn": {"label": "Turn", "kind": "continuous", "group": "face", "low": -1, "high": 1, "flip": "negate"},
    "glasses": {"label": "Glasses", "kind": "binary", "group": "eyewear"},
}


def vocabulary() -> Vocabulary:
    return Vocabulary.parse(ENTRIES)


def faces(count: int, seed: int = 0, side: int = 32) -> tuple[np.ndarray, list[dict[str, float | str | None]]]:
    """Pictures uint8 [n, side, side, 3]: a top bar (hair), a dot that moves (turn), a dark square (glasses)."""
    random = np.random.default_rng(seed)
    pictures = random.integers(180, 220, (count, side, side, 3)).astype(np.uint8)
    labels: list[dict[str, float | str | None]] = []
    for picture in pictures:
        color, length, turn, glasses = random.integers(3), random.random(), random.uniform(-1, 1), random.random() < 0.3
        bar = 4 + round(length * side / 3)
        picture[:bar] = 20
        picture[:bar, :, color] = 230
        middle = round(side / 2 + turn * side / 3)
        picture[side // 2 : side // 2 + 4, max(0, middle - 2) : middle + 2] = 0
        if glasses:
            picture[-8:-2, side // 2 - 6 : side // 2 + 6] = 10
        labels.append(
            {
                "hair_color": ("red", "green", "blue")[color],
                "hair_length": length,
                "hair_hue": 120.0 * color,
                "head_turn": turn,
                "glasses": float(glasses),
            }
        )
    return pictures, labels
