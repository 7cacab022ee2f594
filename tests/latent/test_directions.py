from pathlib import Path

import pytest
import torch

from anime_gen.latent import DirectionConfig, Directions, edit, edit_to, fit_directions
from anime_gen.latent.baselines import baseline_moves
from anime_gen.latent.sampling import draw_ws
from tests.latent.toys import NUM_WS, VOCABULARY, Z_DIM, LinearGenerator, LinearTagger

CONFIG = DirectionConfig(
    samples=600, layer_groups=2, rank=6, calibration_characters=8, damping=1e-4, identity_budget=2.0
)


@pytest.fixture(scope="module")
def generator() -> LinearGenerator:
    return LinearGenerator()


@pytest.fixture(scope="module")
def tagger(generator: LinearGenerator) -> LinearTagger:
    return LinearTagger(generator, entangled=True)


@pytest.fixture(scope="module")
def directions(generator: LinearGenerator, tagger: LinearTagger) -> Directions:
    return fit_directions(generator, tagger, CONFIG)


def change(generator: LinearGenerator, tagger: LinearTagger, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    return tagger.readout(generator.synthesis(after)) - tagger.readout(generator.synthesis(before))


def test_a_linear_world_is_predicted_exactly(directions, generator, tagger):
    ws = draw_ws(generator, 20, 5, "test")
    torch.testing.assert_close(directions.predict(ws), tagger.readout(generator.synthesis(ws)), atol=2e-2, rtol=0)


@pytest.mark.parametrize("name", ["length", "width", "glasses"])
def test_one_unit_moves_one_unit_and_nothing_else(directions, generator, tagger, name):
    ws = draw_ws(generator, 1, 6, "test")
    moved = change(generator, tagger, ws, ws + directions.vector(name))[0]
    expected = torch.zeros(len(tagger.columns))
    expected[directions.rows(name)] = 1.0
    torch.testing.assert_close(moved, expected, atol=3e-2, rtol=0)


def test_the_move_equals_the_closed_form(directions, tagger, generator):
    """dw = S J^T (J S J^T)^-1 e for the coarse half, with the true J and the sampled covariance S."""
    jacobian = tagger.coarse[:2]  # length, width
    space = directions.space
    s = space.axes * space.deviations**2 @ space.axes.T
    expected = s @ jacobian.T @ torch.linalg.inv(jacobian @ s @ jacobian.T)[:, 0]
    vector = directions.vector("length")
    assert vector.shape == (NUM_WS, Z_DIM)
    torch.testing.assert_close(vector[0], expected, atol=5e-2, rtol=0)
    torch.testing.assert_close(vector[2:], torch.zeros(2, Z_DIM), atol=5e-2, rtol=0)


def test_layers_follow_the_effect(directions):
    assert directions.first_layer["length"] == 0
    assert directions.first_layer["glasses"] == 2
    assert directions.vector("glasses")[:2].abs().max() == 0.0


def test_a_class_direction_raises_that_class_against_the_others(directions, generator, tagger):
    ws = draw_ws(generator, 1, 6, "test")
    moved = change(generator, tagger, ws, ws + directions.vector("mood:glad"))[0]
    glad, others = moved[6], moved[[5, 7]].mean()
    torch.testing.assert_close(glad - others, torch.tensor(1.0), atol=5e-2, rtol=0)


def test_an_attribute_that_never_varies_moves_nothing(directions):
    assert directions.vector("still").abs().max() == 0.0
    assert directions.leakage.isfinite().all()
    assert directions.reach["still"][0] == directions.reach["still"][1]


def test_baselines_move_the_target_and_gram_schmidt_locks_what_the_plain_normal_leaks(directions, generator, tagger):
    """Both normals are closed forms here: the plain one drags width along, the locked one does not move it."""
    ws = draw_ws(generator, 1, 6, "test")
    column = directions.rows("length").start
    leak = {}
    for method in ("interfacegan", "tl_gan"):
        vector = directions.space.move(baseline_moves(directions, method)[column])
        moved = change(generator, tagger, ws, ws + vector)[0]
        leak[method] = abs(float(moved[directions.rows("width")][0]))
        if method == "interfacegan":
            assert float(moved[column]) == pytest.approx(1.0, abs=0.1)
    assert leak["interfacegan"] > 0.1


def test_calibration_of_a_linear_attribute_is_a_line(directions):
    entry = directions.calibration["length"]
    values = torch.tensor(entry["values"])
    assert (values.diff() > 0).all()
    low, high = directions.reach["length"]
    assert low < -1.0 < 1.0 < high


def test_leakage_is_one_on_the_diagonal_and_small_elsewhere(directions):
    names = directions.attributes
    length = names.index("length")
    assert float(directions.leakage[length, length]) == pytest.approx(1.0)
    assert float(directions.leakage[length, names.index("width")]) < 0.15  # the realism budget bends long moves


def test_save_and_load_keep_everything(directions, tmp_path: Path, generator):
    path = tmp_path / "directions.safetensors"
    directions.save(path)
    loaded = Directions.load(path)
    ws = draw_ws(generator, 3, 1, "test")
    torch.testing.assert_close(loaded.predict(ws), directions.predict(ws))
    torch.testing.assert_close(edit(ws, loaded, {"length": 1.0}), edit(ws, directions, {"length": 1.0}))
    assert loaded.attributes == VOCABULARY.keys()
    assert loaded.calibration == directions.calibration
    assert loaded.reach == directions.reach


def test_loading_says_what_to_do(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="kedro run"):
        Directions.load(tmp_path / "none.safetensors")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="kedro run"):
        Directions.load(broken)


def test_unknown_names_list_the_known_ones(directions, generator):
    ws = draw_ws(generator, 1, 1, "test")
    with pytest.raises(ValueError, match="length, width"):
        edit(ws, directions, {"lenght": 1.0})
    with pytest.raises(ValueError, match="hue:cos"):
        directions.vector("hue")


def test_edits_add_up_and_hues_turn(directions, generator, tagger):
    ws = draw_ws(generator, 4, 9, "test")
    both = edit(ws, directions, {"length": 0.5, "glasses": 0.25})
    one = edit(edit(ws, directions, {"length": 0.5}), directions, {"glasses": 0.25})
    torch.testing.assert_close(both, one)
    turned = edit(ws, directions, {"hue": 40.0})
    angle = torch.atan2(*tagger.readout(generator.synthesis(turned))[:, [4, 3]].T)
    before = torch.atan2(*tagger.readout(generator.synthesis(ws))[:, [4, 3]].T)
    degrees = torch.rad2deg(angle - before + torch.pi).remainder(360.0) - 180.0
    torch.testing.assert_close(degrees, torch.full((4,), 40.0), atol=4.0, rtol=0)


def test_an_edit_towards_a_class_leads_nearly_every_face_to_it(directions, generator, tagger):
    ws = draw_ws(generator, 32, 9, "test")
    read = tagger.readout(generator.synthesis(edit(ws, directions, {"mood": "glad"})))[:, directions.rows("mood")]
    assert (read.argmax(1) == 1).float().mean() > 0.75


def test_calibration_says_how_often_a_class_is_reached(directions):
    shares = directions.calibration["mood"]["classes"]
    assert shares.keys() == {"calm", "glad", "cross"}
    assert min(shares.values()) > 0.5
    assert directions.reach["mood"] == (0.0, 1.0)


def test_the_preview_reaches_absolute_targets_in_a_linear_world(directions, generator, tagger):
    ws = draw_ws(generator, 5, 2, "test")
    moved = tagger.readout(generator.synthesis(edit_to(ws, directions, {"length": 0.3})))
    torch.testing.assert_close(moved[:, 0], torch.full((5,), 0.3), atol=3e-2, rtol=0)


def test_the_identity_budget_is_kept(directions, generator):
    ws = draw_ws(generator, 5, 2, "test")
    start = directions.space.coordinates(ws)
    step = 100.0 * torch.randn(5, directions.space.size)
    kept = directions.space.confine(start, step, budget=0.3)
    assert (kept.norm(dim=1) <= 0.3 * directions.space.typical_distance + 1e-4).all()


def test_a_collapsed_generator_is_an_error_that_says_so(tagger):
    with pytest.raises(ValueError, match="collapsed"):
        fit_directions(LinearGenerator(scale=0.0), tagger, CONFIG)


class Doubtful(LinearTagger):
    """Abstains from every face whose length is above a border, and reads nonsense there."""

    def __init__(self, generator: LinearGenerator, border: float) -> None:
        super().__init__(generator)
        self.border = border

    def readout(self, images: torch.Tensor) -> torch.Tensor:
        plain = super().readout(images)
        plain[plain[:, 0] > self.border, 0] = -50.0
        return plain

    def tags(self, images: torch.Tensor) -> dict:
        doubtful = (super().readout(images)[:, 0] > self.border).numpy()
        sure = {name: (None, 0.9 * (~doubtful), doubtful & (name == "length")) for name in VOCABULARY}
        return sure


def test_tags_the_tagger_abstains_from_stay_out_of_the_fit(generator):
    fitted = fit_directions(generator, Doubtful(generator, border=0.5), CONFIG)
    assert float(fitted.r2[0]) > 0.9
    assert 0.5 < fitted.trusted["length"] < 0.9
    assert fitted.trusted["width"] == 1.0


def test_when_nearly_all_is_doubtful_there_is_still_a_direction(generator):
    fitted = fit_directions(generator, Doubtful(generator, border=-1.0), CONFIG)
    assert fitted.trusted["length"] < 0.25
    assert fitted.vector("length").norm() > 0.0


def test_an_attribute_shown_with_another_is_fitted_where_it_shows(generator, tagger):
    class Hidden(LinearTagger):
        def readout(self, images: torch.Tensor) -> torch.Tensor:
            plain = super().readout(images)
            plain[plain[:, 2] <= 0.0, 1] = 77.0  # without glasses the width reads as nonsense
            return plain

    shown = CONFIG.model_copy(update={"shown_with": {"width": "glasses"}})
    assert float(fit_directions(generator, Hidden(generator), shown).r2[1]) > 0.9
    assert float(fit_directions(generator, Hidden(generator), CONFIG).r2[1]) < 0.9
