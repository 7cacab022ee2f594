import numpy as np
import pytest
import torch

from anime_gen.latent import DirectionConfig, Directions, edit_to, fit_directions, solve
from anime_gen.latent.editing import LOCKED, _corrected, _Problem
from anime_gen.latent.fitting import standardised
from anime_gen.latent.sampling import draw_ws
from anime_gen.latent.solver import constrained_step
from tests.latent.toys import LinearGenerator, LinearTagger

CONFIG = DirectionConfig(samples=600, layer_groups=2, rank=6, calibration_characters=4, identity_budget=2.0)


@pytest.fixture(scope="module")
def bent() -> tuple[LinearGenerator, LinearTagger, Directions]:
    """A world whose read-out is clearly not linear: one step overshoots, corrections must find the target."""
    generator = LinearGenerator()
    tagger = LinearTagger(generator, entangled=True, bend=0.25)
    return generator, tagger, fit_directions(generator, tagger, CONFIG)


def error(tagger, generator, ws, column: int, target: float) -> float:
    return float((tagger.readout(generator.synthesis(ws))[:, column] - target).abs().mean())


def test_corrected_steps_beat_one_linear_step(bent):
    generator, tagger, directions = bent
    ws = draw_ws(generator, 16, 3, "test")
    once = edit_to(ws, directions, {"length": 1.0}, readout=tagger.readout(generator.synthesis(ws)))
    solved = solve(generator.synthesis, tagger, directions, ws, {"length": 1.0}, steps=4)
    assert error(tagger, generator, solved.ws, 0, 1.0) < 0.3 * error(tagger, generator, once, 0, 1.0)
    np.testing.assert_allclose(solved.measured["length"], 1.0, atol=0.15)
    assert solved.readings == 5


def test_held_attributes_stay(bent):
    generator, tagger, directions = bent
    ws = draw_ws(generator, 16, 3, "test")
    before = tagger.readout(generator.synthesis(ws))
    solved = solve(generator.synthesis, tagger, directions, ws, {"length": 1.0}, steps=4)
    drift = (tagger.readout(generator.synthesis(solved.ws)) - before).abs().mean(0)
    assert float(drift[1:].max()) < 0.15 < float(drift[0])


def test_a_lock_holds_tighter_than_no_lock(bent):
    generator, tagger, directions = bent
    ws = draw_ws(generator, 16, 3, "test")
    before = tagger.readout(generator.synthesis(ws))[:, 1]

    def drift(locks):
        solved = solve(generator.synthesis, tagger, directions, ws, {"length": 1.0}, locks=locks, steps=2)
        return float((tagger.readout(generator.synthesis(solved.ws))[:, 1] - before).abs().mean())

    assert drift(["width"]) <= drift(["hue"]) + 1e-3


def test_classes_and_presence_are_reached(bent):
    generator, tagger, directions = bent
    ws = draw_ws(generator, 12, 4, "test")
    solved = solve(generator.synthesis, tagger, directions, ws, {"mood": "cross", "glasses": 1.0}, steps=4)
    assert (solved.measured["mood"] == "cross").mean() >= 0.9
    assert (solved.measured["glasses"] > 0.5).all()


def test_a_hue_turns_the_short_way(bent):
    generator, tagger, directions = bent
    ws = draw_ws(generator, 12, 4, "test")
    solved = solve(generator.synthesis, tagger, directions, ws, {"hue": 350.0}, steps=4)
    off = (solved.measured["hue"] - 350.0 + 180.0) % 360.0 - 180.0
    assert np.median(np.abs(off)) < 12.0


def test_a_wish_already_met_moves_nothing(bent):
    generator, tagger, directions = bent
    ws = draw_ws(generator, 1, 4, "test")
    met = solve(generator.synthesis, tagger, directions, ws, {"glasses": 1.0}, steps=4).ws
    again = solve(generator.synthesis, tagger, directions, met, {"glasses": 1.0}, steps=2).ws
    assert float((again - met).abs().max()) < 0.2 * float((met - ws).abs().max()) + 1e-3


def test_each_character_may_have_its_own_target(bent):
    generator, tagger, directions = bent
    ws = draw_ws(generator, 3, 4, "test")
    solved = solve(generator.synthesis, tagger, directions, ws, {"length": [-1.0, 0.0, 1.0]}, steps=4)
    np.testing.assert_allclose(solved.measured["length"], [-1.0, 0.0, 1.0], atol=0.2)


@pytest.mark.parametrize(
    ("targets", "locks", "words"),
    [
        ({}, None, "nothing to change"),
        ({"length": 99.0}, None, "-3 to 3"),
        ({"mood": "bored"}, None, "calm, glad, cross"),
        ({"length": 1.0}, ["length"], "locked"),
        ({"length": "long"}, None, "-3 to 3"),
        ({"length": [1.0, 2.0]}, None, "length: 2 targets for 3"),
        ({"nose": 1.0}, None, "can move"),
    ],
)
def test_impossible_wishes_say_what_is_possible(bent, targets, locks, words):
    generator, tagger, directions = bent
    with pytest.raises(ValueError, match=words):
        solve(generator.synthesis, tagger, directions, draw_ws(generator, 3, 4, "test"), targets, locks)


def test_the_order_of_wishes_does_not_matter(bent):
    generator, tagger, directions = bent
    ws = draw_ws(generator, 3, 4, "test")
    wishes = {"mood": "cross", "length": 1.0, "glasses": 1.0}
    one, other = (
        solve(generator.synthesis, tagger, directions, ws, w) for w in (wishes, dict(reversed(wishes.items())))
    )
    assert torch.equal(one.ws, other.ws)


def test_a_firm_row_is_never_loosened():
    """The one way to do as asked runs along a held row: loosely held it gives way, firmly held it does not."""
    asked, held = torch.tensor([[1.0, 0.2]]), torch.tensor([[4.0, 0.0]])
    change, still = torch.tensor([1.0]), torch.zeros(1)
    loose = constrained_step(asked, change, held, still, damping=1e-3, max_stretch=3.0)
    firm = constrained_step(asked, change, held, still, damping=1e-3, max_stretch=3.0, firm=torch.tensor([True]))
    assert abs(float((held @ loose)[0])) > 1.0
    assert abs(float((held @ firm)[0])) < 0.1


def test_drift_is_led_back():
    asked, held = torch.eye(2)[:1], torch.eye(2)[1:]
    step = constrained_step(asked, torch.tensor([1.0]), held, torch.tensor([-0.5]), damping=1e-6, max_stretch=3.0)
    torch.testing.assert_close(step, torch.tensor([1.0, -0.5]), atol=1e-4, rtol=0)


def test_steps_stay_where_faces_lie(bent):
    space = bent[2].space
    start = torch.zeros(1, space.size)
    step = torch.full_like(start, 100.0)
    groups = (start + space.confine(start, step, 1e9)).unflatten(1, (len(space.groups), space.rank)).norm(dim=2)
    torch.testing.assert_close(groups, torch.full_like(groups, space.radius))
    assert float(space.confine(start, step, 0.1).norm()) == pytest.approx(0.1 * space.typical_distance, rel=1e-4)


def test_a_far_hue_is_turned_half_way_first(bent):
    directions = bent[2]
    problem = _Problem(directions, {"hue": 180.0}, None, 2)
    readout = torch.zeros(2, len(directions.columns))
    readout[:, directions.rows("hue")] = torch.tensor([[1.0, 0.0], [-1.0, 0.1]])
    assert problem.first_share(readout).tolist() == [0.5, 1.0]


def test_a_step_that_makes_it_worse_is_not_taken_and_the_next_is_half_as_long(bent):
    """A painter that answers the wrong way round: the second try must be half of the first."""
    generator, tagger, directions = bent
    ws = draw_ws(generator, 1, 4, "test")
    tried = []

    def painter(latents):
        tried.append(latents.clone())
        return generator.synthesis(ws - (latents - ws))

    solve(painter, tagger, directions, ws, {"length": 1.0}, steps=2)
    first, second = ((latents - ws).norm() for latents in tried[1:3])
    assert float(second) < 0.75 * float(first)


def test_the_jacobian_is_corrected_by_what_a_step_did():
    """Broyden's update in closed form: the new one explains the step, and answers as before across it."""
    old, step, change = torch.eye(2)[None], torch.tensor([[2.0, 0.0]]), torch.tensor([[1.0, 4.0]])
    torch.testing.assert_close(_corrected(old, step, change)[0], torch.tensor([[0.5, 0.0], [2.0, 1.0]]))
    assert torch.equal(_corrected(old, torch.zeros(1, 2), change), old)


def test_what_has_drifted_is_led_back_by_the_next_step(bent):
    directions = bent[2]
    problem = _Problem(directions, {"length": 1.0}, None, 1)
    first = directions.intercept[None].clone()
    drifted = first.clone()
    drifted[:, directions.rows("width")] += directions.scale[directions.rows("width")]
    jacobians = standardised(directions)[None]
    step = problem.steps(jacobians, drifted, first, np.ones(1))[0]
    assert float((jacobians[0] @ step)[directions.rows("width")]) < -0.5


def test_a_lock_is_the_heaviest_weight(bent):
    weights = [_Problem(bent[2], {"length": 1.0}, locks, 1).weights for locks in (None, ["width"])]
    where = bent[2].rows("width")
    assert float(weights[1][where]) == LOCKED > float(weights[0].max())


def test_the_loss_of_a_character_does_not_depend_on_its_neighbours(bent):
    directions = bent[2]
    first = directions.intercept.repeat(2, 1)
    readout = first + torch.tensor([[0.3], [0.6]])
    pair = _Problem(directions, {"length": 1.0}, None, 2).loss(readout, first)
    alone = [_Problem(directions, {"length": 1.0}, None, 1).loss(readout[i, None], first[:1]) for i in range(2)]
    torch.testing.assert_close(pair, torch.cat(alone))
