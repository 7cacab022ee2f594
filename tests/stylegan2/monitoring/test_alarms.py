"""Scripted generators: four ways to collapse must raise the alarm, healthy runs must not."""

import pytest
import torch

from anime_gen.stylegan2.monitoring import alarms
from anime_gen.stylegan2.monitoring import monitor as monitor_module
from anime_gen.stylegan2.monitoring.health import reduced
from anime_gen.stylegan2.monitoring.monitor import Monitor, kernel_distance, random_features, vendi_score

CHECKS = 10


def pictures(count: int, seed: int) -> torch.Tensor:
    """Discs of any place, size and colour on any ground, at 16 px."""
    random = torch.Generator().manual_seed(seed)
    y, x = torch.meshgrid(torch.linspace(-1, 1, 16), torch.linspace(-1, 1, 16), indexing="ij")
    place = torch.rand(count, 2, 1, 1, generator=random) - 0.5
    size = 0.1 + 0.4 * torch.rand(count, 1, 1, generator=random)
    inside = (((x - place[:, 0]) ** 2 + (y - place[:, 1]) ** 2) < size).unsqueeze(1)
    disc, ground = torch.rand(2, count, 3, 1, 1, generator=random) * 2 - 1
    return torch.where(inside, disc, ground)


def healthy(step: int, seed: int) -> torch.Tensor:
    fresh = pictures(96, 1000 * seed + step)
    noise = torch.randn(fresh.shape, generator=torch.Generator().manual_seed(step))
    return fresh + noise * 0.3 * 0.8**step


def fully(step: int) -> torch.Tensor:
    return healthy(step, 1) if step < 6 else healthy(step, 1)[:1].expand(96, -1, -1, -1)


def five_modes(step: int) -> torch.Tensor:
    return healthy(step, 2) if step < 6 else pictures(5, 3).repeat(20, 1, 1, 1)[:96]


def slowly(step: int) -> torch.Tensor:
    return healthy(step, 4).lerp(pictures(1, 5), min(1.0, max(0, step - 3) / 5))


def in_colour_only(step: int) -> torch.Tensor:
    fresh = healthy(step, 6)
    return fresh if step < 6 else fresh.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)


def run(generator) -> list[list[alarms.Alarm]]:
    monitor, history, raised = Monitor(pictures(96, 0)), [], []
    for step in range(CHECKS):
        history.append(monitor.measure(generator(step)))
        raised.append(alarms.check(history))
    return raised


@pytest.mark.parametrize("generator", [fully, five_modes, slowly, in_colour_only])
def test_scripted_collapses_raise_the_alarm(generator) -> None:
    raised = run(generator)
    assert any(raised)
    assert not any(raised[:6])


def test_a_full_collapse_stops_the_run() -> None:
    assert any(alarm.stop for alarm in run(fully)[-1])


@pytest.mark.parametrize("seed", range(10))
def test_healthy_runs_stay_silent(seed: int) -> None:
    assert not any(run(lambda step: healthy(step, 10 + seed)))


def test_a_run_that_starts_with_noise_stays_silent() -> None:
    def learns(step: int) -> torch.Tensor:
        noise = torch.rand(96, 3, 16, 16, generator=torch.Generator().manual_seed(step)) * 2 - 1
        return noise.lerp(pictures(96, step), min(1.0, step / 6))

    assert not any(run(learns))


def test_loss_of_balance() -> None:
    even = {"real_sign": 0.6, "logit/real": 1.0, "logit/fake": -1.0}
    assert not alarms.check([even] * 5)
    assert "overfits" in alarms.check([{**even, "real_sign": 0.99}] * 3)[0].message
    assert not alarms.check([even, even, {**even, "real_sign": 0.99}])
    assert "apart" in alarms.check([{**even, "logit/fake": -90.0}] * 3)[0].message


def test_vendi_score_counts_distinct_items() -> None:
    distinct = torch.eye(6)[[0, 0, 1, 1, 2, 2]] * 100
    assert vendi_score(distinct, 1.0) == pytest.approx(3.0)
    assert vendi_score(torch.zeros(6, 2), 1.0) == pytest.approx(1.0)


def test_kernel_distance_is_nought_for_one_distribution_and_grows_apart() -> None:
    random = torch.Generator().manual_seed(0)
    sets = [torch.randn(400, 8, generator=random) for _ in range(20)]
    within = [kernel_distance(a, b) for a, b in zip(sets[::2], sets[1::2], strict=True)]
    assert abs(sum(within) / len(within)) < 0.02
    assert kernel_distance(sets[0] + 1.0, sets[1]) > kernel_distance(sets[0] + 0.5, sets[1]) > max(within)


def test_large_pictures_are_compared_in_batches_and_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(12, 0)
    whole = random_features(images)
    monkeypatch.setattr(monitor_module, "BATCH_PIXELS", 5 * 16 * 16)
    torch.testing.assert_close(random_features(images), whole)
    large = torch.nn.functional.interpolate(images, scale_factor=64.0)  # 1024 px
    torch.testing.assert_close(reduced(large), torch.nn.functional.interpolate(images, scale_factor=16.0))
    assert reduced(images) is images
