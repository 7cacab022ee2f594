"""A picture from outside as a latent: near what the generator can make, never far from where its faces lie."""

from collections.abc import Sequence

import pytest
import torch

from anime_gen.latent import inversion
from anime_gen.latent.inversion import Inverted, Inverter
from anime_gen.latent.perception import colour_distance, head_weight, map_distance, unit_maps
from anime_gen.serving.rendering import Renderer


def inverted(inverter: Inverter, views: torch.Tensor) -> tuple[Inverted, Sequence[float]]:
    steps, shares = inverter.invert(views), []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as done:
            return done.value, shares


def inverter_of(renderer: Renderer) -> Inverter:
    tools = renderer._tags.tools if renderer._tags else None
    return Inverter(renderer.bundle.generator, renderer.bundle.tagger, tools, renderer._preview)


def picture(renderer: Renderer, number: int) -> torch.Tensor:
    with torch.no_grad():
        return renderer.bundle.generator.synthesis(renderer.latent(number, 0.7))


def noise(seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(params=["tag_renderer", "renderer"])
def either(request: pytest.FixtureRequest) -> Renderer:
    """A generator that knows tags, and one that knows none."""
    return request.getfixturevalue(request.param)


def test_a_picture_that_the_generator_made_is_met(either: Renderer):
    inverter = inverter_of(either)
    for number in (3, 4, 5):
        wanted = picture(either, number)
        found, _ = inverted(inverter, wanted)
        with torch.no_grad():
            start = either.bundle.generator.synthesis(inverter.of_tags(inverter.standard_tags(found.readout)))
            made = either.bundle.generator.synthesis(found.ws)
        assert float(colour_distance(made, wanted)) < 0.35 * float(colour_distance(start, wanted))


def test_a_picture_that_no_generator_makes_leaves_the_latent_where_faces_lie(either: Renderer):
    inverter = inverter_of(either)
    found, _ = inverted(inverter, noise())
    start = inverter.of_tags(inverter.standard_tags(found.readout))
    away = inverter.space.coordinates(found.ws) - inverter.space.coordinates(start)
    assert float(away.square().mean().sqrt()) < 0.75 * inverter.space.radius / inverter.space.rank**0.5


def test_layers_stay_close_together(tag_renderer: Renderer):
    inverter = inverter_of(tag_renderer)
    found, _ = inverted(inverter, picture(tag_renderer, 3))
    each = inverter.space.coordinates(found.ws).unflatten(1, (-1, inverter.space.rank))
    assert float((each - each.mean(1, keepdim=True)).square().mean().sqrt()) < 0.3


def test_the_same_picture_gives_the_same_latent(tag_renderer: Renderer):
    views = torch.cat([noise(1), picture(tag_renderer, 3)])
    once, again = (inverted(inverter_of(tag_renderer), views)[0] for _ in range(2))
    assert torch.equal(once.ws, again.ws)
    assert once.view == again.view


def test_the_view_is_taken_that_is_nearest_to_the_picture_of_its_tags(
    tag_renderer: Renderer, monkeypatch: pytest.MonkeyPatch
):
    inverter = inverter_of(tag_renderer)
    with torch.no_grad():
        tags = tag_renderer.tags(3)
        assert tags is not None
        face = tag_renderer.bundle.generator.synthesis(
            tag_renderer.bundle.generator.mapping.add_tags(
                inverter.space.mean.expand(1, inverter.space.num_ws, -1), tags
            )
        )
    distances = torch.stack([inverter._judged(view)[1][0] for view in (noise(1), face, noise(2))])
    found, _ = inverted(inverter, torch.cat([noise(1), face, noise(2)]))
    assert found.view == int(distances.argmin()) != 0
    assert found.strangeness == pytest.approx(float(distances.min()), abs=1e-3)
    monkeypatch.setattr(inversion, "FIRST_CHOICE", 0.9 * float(distances.min() / distances[0]))
    preferred, _ = inverted(inverter, torch.cat([noise(1), face, noise(2)]))
    assert preferred.view == 0


def test_it_says_how_far_it_is(tag_renderer: Renderer):
    _, shares = inverted(inverter_of(tag_renderer), picture(tag_renderer, 3).repeat(inversion.AT_ONCE + 1, 1, 1, 1))
    assert len(shares) == 2 + inversion.STEPS
    assert list(shares) == sorted(shares)
    assert shares[-1] == 1.0


def test_steps_grow_to_full_length_and_fade_out(tag_renderer: Renderer):
    inverter = inverter_of(tag_renderer)
    wanted = picture(tag_renderer, 3)
    descent = inversion._Descent(inverter, wanted, inverter._judged(wanted)[0][0])
    for number, share in ((0, 1 / 3), (inversion.STEPS // 2, 1 / 2), (inversion.STEPS, 0.0)):
        descent.step(number)
        rates = [group["lr"] / inversion.STEP for group in descent.adam.param_groups]
        assert rates == pytest.approx([share, share, share / 2], abs=1e-6)


def test_map_distance_is_0_for_equal_and_2_for_unlike_features():
    one, other = torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 3)
    one[:, 0], other[:, 1] = 5.0, 0.1
    a, b = unit_maps({"hair": [one]}), unit_maps({"hair": [other]})
    assert float(map_distance(a, a, (0,))) == 0.0
    assert float(map_distance(a, b, (0,))) == pytest.approx(2.0, abs=0.01)
    assert float(map_distance(a, unit_maps({"hair": [3.0 * one]}), (0,))) == pytest.approx(0.0, abs=1e-6)


def test_colours_count_on_the_head_and_hardly_in_the_corners():
    plain = torch.zeros(1, 3, 64, 64)
    assert float(colour_distance(plain + 0.2, plain)) == pytest.approx(0.04, abs=1e-6)
    corner, middle = plain.clone(), plain.clone()
    corner[:, :, :8, :8], middle[:, :, 28:36, 28:36] = 1.0, 1.0
    assert float(colour_distance(corner, plain)) < 0.02 * float(colour_distance(middle, plain))
    assert float(head_weight(64).amax()) <= 1.0
    torch.testing.assert_close(head_weight(64), head_weight(64).flip(-1))
