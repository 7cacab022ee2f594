from types import SimpleNamespace

import numpy as np
import torch

from anime_gen.evaluation.pictures.traversals import traversal_strips, traversal_values
from anime_gen.latent.readings import values_of
from anime_gen.latent.sampling import draw_ws
from anime_gen.latent.space import LatentSpace
from tests.latent.toys import TAG_VOCABULARY, VOCABULARY, LinearGenerator, blank_directions

SPACE = LatentSpace(torch.zeros(6), torch.eye(6), torch.ones(6), 50.0, ((0, 4),))


class Greys(LinearGenerator):
    """A picture is as bright as the first coordinate of w."""

    def synthesis(self, ws: torch.Tensor) -> torch.Tensor:
        return ws[:, 0, 0][:, None, None, None].expand(-1, 3, 4, 4) / 10.0


def measurer(vocabulary) -> SimpleNamespace:
    """Reads the brightness as the first attribute, and zeros for all others."""

    def readout(images: torch.Tensor) -> torch.Tensor:
        return torch.cat(
            [10.0 * images.mean((1, 2, 3))[:, None], torch.zeros(len(images), len(vocabulary.columns) - 1)], 1
        )

    return SimpleNamespace(
        vocabulary=vocabulary, readout=readout, values=lambda read: values_of(vocabulary, vocabulary.columns, read)
    )


def strips(names, vocabulary=VOCABULARY, **options):
    columns = len(VOCABULARY.columns)
    jacobian, ones = torch.zeros(columns, 6), torch.ones(columns)
    jacobian[0, 0] = 1.0
    directions = blank_directions(
        VOCABULARY, SPACE, jacobian=jacobian, scale=ones, settings={"identity_budget": 9.0, "damping": 1e-6}
    )
    return traversal_strips(Greys(), directions, measurer(vocabulary), characters=2, points=3, names=names, **options)


def test_a_strip_goes_from_end_to_end_and_says_what_was_asked_and_read():
    made = strips(["length"])
    assert [strip.title for strip in made] == ["Length", "Length"]
    for strip in made:
        assert strip.captions == ["-3.00 -> -3.00", "0.00 -> 0.00", "3.00 -> 3.00"]
        assert np.abs(strip.pictures[:, 0, 0, 0] - np.array([89.25, 127.5, 165.75])).max() < 1.0


def test_what_the_measurer_cannot_read_is_captioned_by_what_was_asked():
    """Mood is unknown to it; hair styles are too long to say both."""
    assert strips(["width"], TAG_VOCABULARY)[0].captions == ["-3.00 -> 0.00", "0.00 -> 0.00", "3.00 -> 0.00"]
    assert strips(["still"], TAG_VOCABULARY)[0].captions == ["0.00", "0.50", "1.00"]
    assert strips(["mood"])[0].captions == ["calm", "glad", "cross"]
    assert strips(["hue"])[0].captions == ["0° -> 0°", "120° -> 0°", "240° -> 0°"]


def test_all_attributes_and_the_same_characters_are_shown_unless_named_otherwise():
    assert [strip.title for strip in strips(None)[::2]] == [attribute.label for attribute in VOCABULARY.values()]
    held = [strip.pictures[0, 0, 0, 0] for strip in strips(["still"], psi=0.5, seed=3)]
    ws = draw_ws(Greys(), 2, 3, "attribute sweeps", 0.5)
    expected = (ws[:, 0, 0] / 10.0 + 1.0) * 127.5
    assert np.abs(np.array(held, float) - expected.numpy()).max() <= 0.5


def test_values_go_from_end_to_end_of_each_kind():
    assert traversal_values(VOCABULARY["length"], 3) == [-3.0, 0.0, 3.0]
    assert traversal_values(VOCABULARY["hue"], 4) == [0.0, 90.0, 180.0, 270.0]
    assert traversal_values(VOCABULARY["mood"], 9) == ["calm", "glad", "cross"]
