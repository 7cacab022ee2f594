from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from anime_gen.stylegan2.networks.weights import load_generator
from anime_gen.stylegan2.training.inputs import Inputs
from anime_gen.stylegan2.training.losses import preview_loss
from anime_gen.stylegan2.training.reals import Reals
from anime_gen.stylegan2.training.state import new_state
from anime_gen.stylegan2.training.step import Step
from anime_gen.stylegan2.training.tag_set import TagSet, _partners
from anime_gen.stylegan2.training.tag_supervision import TagSupervision, alter
from anime_gen.stylegan2.training.trainer import train, with_condition
from anime_gen.stylegan2.training.training_config import (
    GrowthConfig,
    LossConfig,
    StageConfig,
    TagConfig,
    TrainingConfig,
)
from tests.stylegan2.conftest import faces, tiny_config
from tests.stylegan2.training.test_step import STAGE

CPU = torch.device("cpu")
COLUMNS = ("light", "tint:red", "tint:blue", "spot", "spot_size")


def read(images: torch.Tensor) -> torch.Tensor:
    """Toy sub-models: mean light, red and blue, and the light of the middle twice."""
    middle = images[:, :, 6:10, 6:10].mean(dim=(1, 2, 3))
    return torch.stack([images.mean(dim=(1, 2, 3)), *images.mean(dim=(2, 3))[:, [0, 2]].T, middle, middle], dim=1)


def tag_set(count: int = 48, key: str = "") -> TagSet:
    pictures = torch.from_numpy(faces(count).read(np.arange(count))).permute(0, 3, 1, 2).float() / 127.5 - 1
    values = read(pictures).numpy().copy()
    values[values[:, 3] < 0, 4] = np.nan
    return TagSet(COLUMNS, values, (read,), key, {"spot_size": "spot"})


def supervision(config: TagConfig | None = None) -> TagSupervision:
    return TagSupervision(tag_set(), config or TagConfig(), CPU, torch.float32)


def conditional(**changes: object) -> TrainingConfig:
    return with_condition(tiny_config(condition="tags", **changes), tag_set(), 48)


def test_an_error_of_one_deviation_in_one_attribute_costs_its_share() -> None:
    teacher = supervision()
    asked = torch.zeros(3, 5)
    read_out = asked.clone()
    read_out[:, 0] = teacher.deviation[0]
    torch.testing.assert_close(teacher.consistency(read_out, asked), torch.tensor(0.5 / 4))
    read_out[:, 0] = 10 * teacher.deviation[0]  # linear from 1.5 on: 1.5 (10 - 0.75)
    torch.testing.assert_close(teacher.consistency(read_out, asked), torch.tensor(1.5 * 9.25 / 4))


def test_sub_models_look_at_pictures_altered_by_little_in_which_no_fine_pattern_lasts() -> None:
    random = torch.Generator().manual_seed(0)
    grey = alter(torch.full((64, 3, 16, 16), 0.5), random)
    levels, noise = grey.mean(dim=(1, 2, 3)), grey.std(dim=(1, 2, 3))
    assert 0.38 < levels.min() < 0.45 < 0.55 < levels.max() < 0.62  # 0.5 x (0.9 to 1.1) and 0.05 up or down
    assert noise.min() < 0.02 < 0.1 < noise.max() < 0.13
    dot = torch.zeros(64, 3, 32, 32)
    dot[:, :, 15:17, 15:17] = 20.0
    seen = alter(dot, random).mean(dim=1)
    places = torch.stack([seen.sum(1).argmax(1), seen.sum(2).argmax(1)], 1) - 15.5
    assert places.abs().max() <= 1.5  # 1/32 of the side is one pixel
    assert len(places.unique(dim=0)) >= 4
    fine = torch.tensor([1.0, -1.0]).repeat(8).expand(64, 3, 16, 16)
    broad = torch.tensor([1.0] * 4 + [-1.0] * 4).repeat(2).expand(64, 3, 16, 16)
    kept = [float((alter(stripes, random) * stripes).mean()) for stripes in (fine, broad)]
    assert kept[0] < 0.4
    assert kept[1] > 0.7


def test_sub_models_see_large_pictures_as_they_were_taught_to() -> None:
    """Averaged down before they are altered: noise that is added to a large picture would be averaged away."""
    seen: list[torch.Tensor] = []

    def reader(images: torch.Tensor) -> torch.Tensor:
        seen.append(images)
        return images.new_zeros(len(images), 5)

    teacher = TagSupervision(replace(tag_set(), readers=(reader,), read_px=8), TagConfig(), CPU, torch.float32)
    stripes = torch.tensor([1.0, -1.0]).repeat(16).expand(16, 3, 32, 32)
    teacher.read(stripes, torch.Generator().manual_seed(0))
    teacher.read(torch.zeros(16, 3, 8, 8), torch.Generator().manual_seed(0))
    torch.testing.assert_close(seen[0], seen[1])
    assert seen[0].std(dim=(1, 2, 3)).max() > 0.05


def test_a_preview_of_the_size_that_sub_models_read_learns_to_be_the_picture() -> None:
    tags = replace(tag_set(), read_px=8)
    apart = []
    for weight in (0.0, 1000.0):
        config = conditional(loss=LossConfig(preview=weight), tags=TagConfig(consistency=0.0, counterfactual=0.0))
        step = Step(Inputs(config, new_state(config, CPU, tags), CPU, torch.float32, tags))
        reals = Reals(faces(), np.arange(48), 16, 0, CPU, tags.values)
        for _ in range(80):
            step.run(STAGE, reals)
        with torch.no_grad():
            pictures = step.inputs.pyramid("g", 0, STAGE.batch, STAGE, 1.0, reals.tags(0, 8))
        apart.append(float(preview_loss(pictures, 8)))
    assert apart[1] < 0.3 * apart[0], apart


def test_readers_take_turns_and_the_noise_of_the_step_decides_whose_it_is() -> None:
    """Not the place in a batch: that differs with the number of workers."""
    tags = replace(tag_set(), readers=(read, lambda images: read(images) + 100.0))
    teacher, images = TagSupervision(tags, TagConfig(), CPU, torch.float32), torch.zeros(2, 3, 16, 16)
    turns = [bool(teacher.read(images, torch.Generator().manual_seed(seed)).mean() > 50) for seed in range(40)]
    assert turns == [bool(teacher.read(images, torch.Generator().manual_seed(s)).mean() > 50) for s in range(40)]
    assert 10 <= sum(turns) <= 30


def test_the_columns_of_an_attribute_share_one_vote() -> None:
    teacher = supervision()
    errors = []
    for place in (0, 1):
        read_out = torch.zeros(1, 5)
        read_out[:, place] = teacher.deviation[place]
        errors.append(teacher.consistency(read_out, torch.zeros(1, 5)))
    torch.testing.assert_close(errors[0], 2 * errors[1])


def test_each_half_of_a_face_answers_for_itself() -> None:
    """The mean of two different sides is right, and neither side is."""
    picture = torch.zeros(4, 3, 16, 16)
    picture[..., :8], picture[..., 8:] = 0.5, -0.5
    asked = read(picture)
    teacher = TagSupervision(replace(tag_set(), both_sides=("light",)), TagConfig(), CPU, torch.float32)
    random = torch.Generator().manual_seed(0)
    assert teacher.sides(picture, asked, random) > 1.0
    even = torch.zeros(4, 3, 16, 16)
    assert teacher.sides(even, read(even), random) < 0.1
    assert supervision().sides(picture, asked, random) == 0.0  # nothing is named that both sides show


def test_what_was_not_asked_for_costs_nothing() -> None:
    teacher = supervision()
    asked = torch.full((2, 5), torch.nan)
    assert teacher.consistency(torch.randn(2, 5), asked) == 0


def test_quantiles_compare_sorted_batches_and_ignore_what_is_not_known_of_all() -> None:
    teacher = supervision()
    real = torch.rand(8, 5)
    assert teacher.quantiles(real.flip(0), real) == 0
    assert teacher.quantiles(real * 0.5, real) > 0
    real[0, 1] = torch.nan
    assert teacher.quantiles(real.nan_to_num() * 0.5, real) > 0
    real[0, :] = torch.nan
    assert teacher.quantiles(torch.randn(8, 5), real) == 0


def test_counterfactual_tags_take_two_groups_from_another_row() -> None:
    teacher = supervision()
    tags = torch.arange(8.0)[:, None].expand(8, 5).contiguous()
    swapped = teacher.counterfactual(tags, 8, torch.Generator().manual_seed(0))
    changed = swapped != tags
    assert torch.equal(swapped[changed], tags.roll(4, dims=0)[changed])
    assert torch.equal(changed[:, 1], changed[:, 2])  # one attribute
    assert torch.equal(changed[:, 3], changed[:, 4])  # seen together
    assert bool((changed[:, [0, 1, 3]].sum(dim=1) == 2).all())


def test_new_characters_are_spread_as_the_data() -> None:
    random = np.random.default_rng(0)
    light = random.normal(size=600)
    spot = random.choice([-1.0, 1.0], 600)
    size = np.where(spot > 0, random.random(600), np.nan)
    tint = np.eye(2)[random.integers(2, size=600)]
    values = np.column_stack([light, tint, spot, size]).astype(np.float32)
    tags = TagSet(COLUMNS, values, (read,), "", {"spot_size": "spot"})
    rows = tags.crossed(600, seed=3)
    assert np.array_equal(rows, tags.crossed(600, seed=3), equal_nan=True)
    assert set(rows[:, 0]) <= set(values[:, 0])  # every tag is some face's
    assert rows[:, 0].std() == pytest.approx(values[:, 0].std(), rel=0.1)
    assert np.array_equal(np.isnan(rows[:, 4]), rows[:, 3] < 0)  # what is seen with another one came along
    assert set(map(tuple, rows[:, 1:3])) == {(0.0, 1.0), (1.0, 0.0)}


def test_new_characters_copy_no_face_and_keep_what_goes_together() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(500, 20)).astype(np.float32)
    values[:, 1] = values[:, 0] + 0.3 * values[:, 1]
    rows = TagSet(tuple("abcdefghijklmnopqrst"), values, (read,)).crossed(500, seed=0)
    assert not (rows[:, None] == values[None]).all(axis=2).any()
    assert np.corrcoef(rows[:, 0], rows[:, 1])[0, 1] > 0.7  # of 0.96


def test_what_one_parent_does_not_show_comes_from_the_other() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(400, 2)).astype(np.float32)
    values[::10, 1] = np.nan
    rows = TagSet(("light", "spot"), values, (read,)).crossed(400, seed=0)
    assert np.isnan(rows[:, 1]).mean() < 0.06  # of 0.1: where both parents hide it


def test_hidden_tags_are_whole_attributes_at_the_rate_asked_for() -> None:
    teacher = supervision(TagConfig(hide=0.25))
    hidden = teacher.hide(torch.zeros(4000, 5), torch.Generator().manual_seed(0)).isnan()
    assert torch.equal(hidden[:, 1], hidden[:, 2])
    assert abs(float(hidden[:, 0].float().mean()) - 0.25) < 0.03


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optim": replace(tiny_config().optim, micro_batch=4)},
        {"loss": replace(tiny_config().loss, kind="relativistic", r2_gamma=0.1, d_reg_interval=2)},
        {"loss": replace(tiny_config().loss, path_length_weight=2.0, g_reg_interval=2)},
        {"tags": TagConfig(counterfactual=0.0, quantiles=0.3)},
        {"tags": TagConfig(sides=1.0)},
    ],
)
def test_every_option_trains_both_halves_of_the_condition(changes: dict[str, object]) -> None:
    config = conditional(**changes)
    state = new_state(config, CPU, tag_set())
    step = Step(Inputs(config, state, CPU, torch.float32, tag_set()))
    reals = Reals(faces(), np.arange(48), 16, 0, CPU, tag_set().values)
    assert state.generator.mapping.tags is not None
    assert state.discriminator.projection is not None
    weights = state.generator.mapping.tags.direct.weight, state.discriminator.projection.weight
    before = [weight.clone() for weight in weights]
    for _ in range(3):
        step.run(STAGE, reals)
    assert state.is_finite()
    assert all(not torch.equal(*pair) for pair in zip(before, weights, strict=True))
    expected = {"loss/consistency"} | ({"loss/counterfactual"} if config.tags.counterfactual else {"loss/quantiles"})
    assert expected <= step.take_statistics().keys()


def test_quantile_matching_teaches_an_unconditional_generator_too() -> None:
    config = tiny_config(tags=TagConfig(quantiles=0.3))
    step = Step(Inputs(config, new_state(config, CPU), CPU, torch.float32, tag_set()))
    step.run(STAGE, Reals(faces(), np.arange(48), 16, 0, CPU, tag_set().values))
    assert "loss/quantiles" in step.take_statistics()


def test_paired_pictures_share_their_tags_in_every_phase() -> None:
    config = conditional()
    step = Step(Inputs(config, new_state(config, CPU, tag_set()), CPU, torch.float32, tag_set()))
    reals = Reals(faces(), np.arange(48), 16, 0, CPU, tag_set().values)
    first, again = (step.inputs.given_tags(STAGE, reals, 0, 8) for _ in range(2))
    assert first is not None
    assert again is not None
    assert torch.equal(first.nan_to_num(-9.0), again.nan_to_num(-9.0))
    expected = torch.from_numpy(tag_set().values[reals.positions(0, 8)])
    known = ~first.isnan()
    assert torch.equal(first[known], expected[known])


def test_a_generator_learns_to_obey(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    growth = GrowthConfig(False, (StageConfig(16, batch=8, learning_rate=0.005),), 1600)
    config = tiny_config(condition="tags", growth=growth, run=replace(tiny_config().run, checkpoint_images=1600))
    generator = load_generator(train(config, faces(), tmp_path, tags=tag_set()).generator_path)
    asked = torch.from_numpy(tag_set().values)
    with torch.no_grad():
        said = read(generator(torch.randn(48, 8, generator=torch.Generator().manual_seed(3)), tags=asked))
    agreement = np.corrcoef(asked[:, 0].numpy(), said[:, 0].numpy())[0, 1]
    assert agreement > 0.7


def test_a_run_with_tags_resumes_byte_for_byte(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    config = tiny_config(condition="tags")
    whole = train(config, faces(), tmp_path / "whole", tags=tag_set())

    def stop(images: int, total: int) -> None:
        if images >= 96:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config, faces(), tmp_path / "parts", tags=tag_set(), on_progress=stop)
    parts = train(config, faces(), tmp_path / "parts", tags=tag_set())
    first, second = (load_file(result.generator_path) for result in (whole, parts))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_other_tags_start_another_run(tmp_path: Path) -> None:
    config = tiny_config(condition="tags")
    folders = {config.fingerprint(tags.fingerprint) for tags in (tag_set(), tag_set(key="other sub-models"))}
    assert len(folders) == 2


def test_a_start_keeps_what_its_tags_mean(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    first = train(tiny_config(condition="tags"), faces(), tmp_path / "first", tags=tag_set())
    growth = GrowthConfig(False, (StageConfig(16, batch=8),), 8)
    config = tiny_config(condition="tags", start_from=str(first.run_folder), growth=growth)
    other = TagSet(COLUMNS[::-1], tag_set().values[:, ::-1] * 3 + 1, (lambda images: read(images).flip(1),))
    second = train(config, faces(), tmp_path / "second", tags=other)
    old = load_generator(first.generator_path)
    taken = load_generator(next(second.run_folder.glob("images-000000000000")) / "generator.safetensors")
    z, tags = torch.randn(2, 8), torch.randn(2, 5)
    torch.testing.assert_close(old(z, tags=tags), taken(z, tags=tags.flip(1)), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("config", "tags", "message"),
    [
        (tiny_config(condition="tags"), None, "run the tag stage"),
        (tiny_config(tags=TagConfig(quantiles=1.0)), None, "tags.quantiles needs sub-models"),
        (tiny_config(condition="tags"), tag_set(40), "tags of 40 pictures for 48"),
    ],
)
def test_tags_that_are_lacking_are_named_before_work(config: TrainingConfig, tags: TagSet | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_condition(config, tags, 48)


@pytest.mark.parametrize(("fill", "message"), [(1.0, "light is the same in every picture"), (np.nan, "a tag of light")])
def test_a_tag_that_teaches_nothing_is_named(fill: float, message: str) -> None:
    values = tag_set().values.copy()
    values[:, 0] = fill
    with pytest.raises(ValueError, match=message):
        TagSet(COLUMNS, values, (read,))


def test_a_weight_out_of_range_is_named() -> None:
    with pytest.raises(ValueError, match=r"tags\.hide must be from 0 to below 1"):
        TagConfig(hide=1.0)


def test_everyone_has_a_partner_nearby_who_is_not_oneself() -> None:
    """By hand: two close pairs, and one left over who changes places with a neighbour."""
    standard = np.array([[0.0], [10.0], [0.1], [10.2], [50.0]])
    assert _partners(standard[:4], np.arange(4)).tolist() == [2, 3, 0, 1]
    assert _partners(standard[:2], np.arange(2)).tolist() == [1, 0]
    found = _partners(standard, np.arange(5))
    assert sorted(found.tolist()) == list(range(5))
    assert (found != np.arange(5)).all()
