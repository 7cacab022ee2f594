import pytest

from anime_gen.stylegan2.monitoring.progress import Progress, duration
from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.training.growth import is_active, schedule
from anime_gen.stylegan2.training.training_config import GrowthConfig, StageConfig, TrainingConfig

GROWTH = GrowthConfig(stages=(StageConfig(8, 0, 100, 32), StageConfig(16, 50, 100, 16)), full_size_images=70)


def test_stages_are_whole_batches_end_to_end() -> None:
    first, second = schedule(GROWTH).stages
    assert (first.start, first.faded, first.end) == (0, 0, 128)
    assert (second.start, second.faded, second.end) == (128, 192, 304)
    assert schedule(GROWTH).total == 304
    assert [schedule(GROWTH).at(i).resolution for i in (0, 127, 128, 303, 999)] == [8, 8, 16, 16, 16]


def test_alpha_rises_from_nought_to_one() -> None:
    stage = schedule(GROWTH).stages[1]
    assert [stage.alpha(i) for i in (128, 160, 192, 300)] == [0.0, 0.5, 1.0, 1.0]


def test_disabled_growth_trains_the_last_stage_without_fading() -> None:
    (stage,) = schedule(GrowthConfig(False, GROWTH.stages, 70)).stages
    assert (stage.resolution, stage.faded, stage.end, stage.alpha(0)) == (16, 0, 80, 1.0)


def test_a_schedule_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="stable_images"):
        schedule(GrowthConfig(stages=(StageConfig(8, 0, 0, 32),)))


def test_parameters_join_with_their_resolution() -> None:
    assert is_active("mapping.layers.0.weight", 4)
    assert is_active("synthesis.blocks.1.conv0.weight", 8)
    assert not is_active("synthesis.blocks.2.conv0.weight", 8)
    assert [r for r in (4, 8, 16, 32) if is_active("from_rgb.8.weight", r)] == [8, 16]
    assert [r for r in (4, 8, 16, 32) if is_active("blocks.16.skip.weight", r)] == [16, 32]


@pytest.mark.parametrize(
    ("stages", "complaint"),
    [
        ((StageConfig(8), StageConfig(32)), "double"),
        ((), "at least one"),
        ((StageConfig(8, fade_images=5),), "nothing to fade"),
    ],
)
def test_impossible_growth_is_refused(stages: tuple[StageConfig, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        GrowthConfig(stages=stages)


def test_the_last_stage_must_be_the_networks_resolution() -> None:
    with pytest.raises(ValueError, match=r"network\.resolution"):
        TrainingConfig(growth=GROWTH)


def test_progress_line_and_time_left() -> None:
    class Page:
        text = ""

        def isatty(self) -> bool:
            return False

        def write(self, text: str) -> int:
            self.text += text
            return len(text)

        def flush(self) -> None:
            pass

    page, plan = Page(), schedule(GROWTH)
    progress = Progress(plan, NetworkConfig(16, 128, 8), page)  # type: ignore[arg-type]
    progress.show(plan.stages[1], 160, 8.0, {"loss/g": 0.5}, last=True)
    assert "16 px fading in 50%" in page.text
    assert "160/304 images  8.0 img/s  0:18 left  loss/g 0.500" in page.text
    costs = [(4 * 8) ** 2 + (8 * 8) ** 2, (4 * 8) ** 2 + (8 * 8) ** 2 + (16 * 8) ** 2]
    assert progress.seconds_left(plan.stages[0], 64, 4.0) == pytest.approx((64 + 176 * costs[1] / costs[0]) / 4)
    assert duration(3723) == "1:02:03"
