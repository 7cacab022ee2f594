"""The mouth: a curve when closed, lips, teeth and tongue when open."""

import numpy as np

from anime_gen.drawing.character import Character
from anime_gen.drawing.colours import WHITE, Palette, mix
from anime_gen.drawing.curves import Points, ellipse, tapered, vector
from anime_gen.drawing.pose import Pose
from anime_gen.drawing.raster import Clipped, Fill, Mark


def _lips(character: Character, pose: Pose) -> tuple[Points, Points]:
    """Upper and lower lip [n, 2] in design coordinates; they coincide when the mouth is closed."""
    smile, opening = character.number("smile"), character.number("mouth_open")
    t = np.linspace(-1.0, 1.0, 17)
    half = 0.058 + 0.024 * abs(smile) - 0.012 * opening * (1.0 - abs(smile))
    middle = 0.62 * (pose.chin - 0.66) + 0.655
    arch = 1.0 - t**2
    curve = 0.054 * smile
    upper = middle - curve * 0.6 + curve * arch * (1.0 - 0.55 * opening) - 0.018 * opening * arch
    round_arch = np.sqrt(np.clip(arch, 0.0, 1.0))
    lower = upper + 0.094 * opening * (0.45 * arch + 0.55 * round_arch)
    return np.stack([half * t, upper], axis=1), np.stack([half * t, lower], axis=1)


def mouth(character: Character, pose: Pose, tones: Palette) -> list[Mark]:
    """All marks of the mouth."""
    upper, lower = (pose.face(lip, 0.01) for lip in _lips(character, pose))
    opening = character.number("mouth_open")
    outline = np.concatenate([upper, lower[::-1]])
    marks: list[Mark] = []
    if opening > 0.02:
        middle = lower[len(lower) // 2]
        tongue = ellipse(middle + vector(0.0, 0.004), 0.036, 0.030 * opening + 0.006)
        teeth = np.concatenate([upper, (upper * 0.72 + lower * 0.28)[::-1]])
        inside = [Fill("mouth", tongue, mix((236, 120, 124), tones.skin_shade, 0.15)), Fill("mouth", teeth, WHITE)]
        marks += [Fill("mouth", outline, (150, 52, 62)), Clipped(outline, inside)]
        marks.append(Fill("mouth", tapered(lower, 0.8 * pose.fine, 0.4, 0.4), tones.skin_line))
    marks.append(Fill("mouth", tapered(upper, 1.8 * pose.fine, 0.35, 0.35), tones.skin_line))
    lip = lower[5:12] + vector(0.0, 0.016)
    marks.append(Fill("mouth", tapered(lip, 0.8 * pose.fine, 0.0, 0.0), tones.skin_shade))
    return marks
