"""Heads and calibration against cases whose answer is known."""

import numpy as np
import pytest
import torch

from anime_gen.tagging.classifiers.calibration import calibrate, precision_threshold
from anime_gen.tagging.classifiers.heads import class_weights, head_loss, is_right, predicted_value, raw_width
from anime_gen.tagging.classifiers.metrics import (
    Judged,
    attribute_report,
    auroc,
    calibration_error,
    calibration_errors,
    macro_f1,
    r_squared,
)
from tests.tagging.toys import vocabulary

WORDS = vocabulary()


@pytest.mark.parametrize(
    ("name", "raw", "truth"),
    [
        ("glasses", [[9.0], [-9.0]], [1.0, 0.0]),
        ("hair_color", [[9.0, 0.0, 0.0], [0.0, 0.0, 9.0]], [0.0, 2.0]),
        ("hair_hue", [[1.0, 0.0], [-0.5, 3**0.5 / 2]], [0.0, 120.0]),
    ],
)
def test_loss_is_small_for_the_right_answer_and_unknown_labels_are_masked(
    name: str, raw: list[list[float]], truth: list[float]
) -> None:
    attribute = WORDS[name]
    outputs, target = torch.tensor(raw), torch.tensor(truth)
    classes = class_weights(attribute, target)
    assert float(head_loss(attribute, outputs, target, torch.ones(2), classes)) < 0.01
    masked = torch.tensor([truth[0], float("nan")])
    wrong = torch.cat([outputs[:1], -outputs[1:] * 5])
    assert float(head_loss(attribute, wrong, masked, torch.ones(2), classes)) < 0.01
    assert bool(is_right(attribute, predicted_value(attribute, outputs).float(), target).all())


def test_continuous_loss_asks_for_an_honest_spread() -> None:
    attribute = WORDS["hair_length"]
    error, target = 0.5, torch.zeros(1)
    losses = [
        float(head_loss(attribute, torch.tensor([[error, 2 * np.log(s)]]), target, torch.ones(1), torch.ones(1)) / s)
        for s in (0.1, 0.5, 2.5)
    ]  # divided by variance^beta: what is left is the plain likelihood, best where the spread is the error
    assert losses[1] == min(losses)


def test_a_trusted_source_counts_more() -> None:
    attribute, raw = WORDS["glasses"], torch.tensor([[4.0], [4.0]])
    target = torch.tensor([1.0, 0.0])
    even, trusting = (
        float(head_loss(attribute, raw, target, torch.tensor([w, 1.0]), torch.ones(2))) for w in (1.0, 9.0)
    )
    assert trusting < even


def test_rare_classes_weigh_more_within_bounds() -> None:
    weights = class_weights(WORDS["glasses"], torch.tensor([0.0] * 98 + [1.0] * 2))
    assert weights[1] > 3 * weights[0]
    assert raw_width(WORDS["hair_color"]) == 3


def test_temperature_mends_an_overconfident_head() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4000, 1, generator=generator) * 2
    truth = (torch.rand(4000, generator=generator) < logits[:, 0].sigmoid()).float()
    attribute = WORDS["glasses"]
    fitted = calibrate(attribute, logits * 4 + 1, truth, 0.0, 1.0)
    assert fitted.scale == pytest.approx(0.25, rel=0.1)
    assert fitted.bias == pytest.approx(-0.25, abs=0.1)
    confidence = fitted.confidence(attribute, logits * 4 + 1).numpy()
    readout = fitted.readout(attribute, logits * 4 + 1)
    right = is_right(attribute, predicted_value(attribute, readout), truth).numpy()
    assert calibration_error(confidence, right) < 0.03
    kept = confidence >= fitted.threshold
    assert right[kept].mean() >= 0.94


def test_predicted_spread_becomes_a_probability() -> None:
    generator = torch.Generator().manual_seed(1)
    truth = torch.rand(3000, generator=generator)
    spread = 0.02 + 0.2 * torch.rand(3000, generator=generator)
    value = truth + spread * torch.randn(3000, generator=generator)
    attribute = WORDS["hair_length"]
    raw = torch.stack([value, 2 * (spread * 3).log()], dim=1)  # three times too modest
    fitted = calibrate(attribute, raw, truth, 0.0, 1.0)
    assert fitted.scale == pytest.approx(1 / 3, rel=0.1)
    right = is_right(attribute, value, truth).numpy()
    assert calibration_error(fitted.confidence(attribute, raw).numpy(), right) < 0.03


def test_few_labels_abstain_rather_than_guess() -> None:
    fitted = calibrate(WORDS["glasses"], torch.randn(5, 1), torch.ones(5), 0.0, 1.0)
    assert fitted.threshold > 1.0


def test_the_threshold_keeps_what_is_right_with_certainty() -> None:
    """45 right answers prove 95 % with 90 % certainty (0.95^45 < 0.1), 44 do not; equal confidences stay together."""
    confidence = np.linspace(1.0, 0.5, 60)
    right = np.arange(60) < 45
    assert precision_threshold(confidence, right) == confidence[44]
    assert precision_threshold(confidence[:44], right[:44]) == 1.01
    tied = np.where(np.arange(60) >= 44, 0.5, confidence)  # the 45th is one of sixteen, fifteen of them wrong
    assert precision_threshold(tied, right) == 1.01
    assert precision_threshold(np.full(45, 0.7), np.ones(45, dtype=bool)) == 0.7
    assert precision_threshold(confidence, np.zeros(60, dtype=bool)) == 1.01


def test_what_is_kept_is_right_in_nearly_all_draws() -> None:
    """300 answers, each right with its own confidence: the truth of what is kept, over repeated draws."""
    rng, below = np.random.default_rng(0), 0
    for _ in range(300):
        confidence = rng.uniform(0.6, 1.0, 300) ** 0.3
        threshold = precision_threshold(confidence, rng.random(300) < confidence)
        population = rng.uniform(0.6, 1.0, 20_000) ** 0.3
        kept = population[population >= threshold]
        below += len(kept) > 0 and kept.mean() < 0.95
    assert below / 300 < 0.15


@pytest.mark.parametrize("name", ["glasses", "hair_color"])
def test_class_weights_are_taken_back_before_the_temperature(name: str) -> None:
    """Logits of a head that was taught with weights: those of the truth plus the logarithms of the weights."""
    generator = torch.Generator().manual_seed(0)
    attribute, count = WORDS[name], 6000
    shares = torch.tensor([0.9, 0.1]) if name == "glasses" else torch.tensor([0.05, 0.15, 0.8])
    honest = shares.log() + 1.5 * torch.randn(count, len(shares), generator=generator)
    truth = torch.multinomial(honest.softmax(1), 1, generator=generator)[:, 0].float()
    weights = class_weights(attribute, truth)
    raw = 2.0 * (honest + weights.log())
    raw = raw[:, 1:] - raw[:, :1] if name == "glasses" else raw
    halved = 2.0 * weights.log()  # as the head of logits twice as large was "taught"
    fitted = calibrate(attribute, raw, truth, 0.0, 1.0, halved.exp())
    readout = fitted.readout(attribute, raw)
    wanted = honest[:, 1:] - honest[:, :1] if name == "glasses" else honest
    shown = readout.sigmoid() if name == "glasses" else readout.softmax(1)
    expected = wanted.sigmoid() if name == "glasses" else wanted.softmax(1)
    torch.testing.assert_close(shown, expected, atol=0.03, rtol=0.0)


def test_with_few_labels_the_weights_are_taken_back_all_the_same() -> None:
    weights = torch.tensor([0.5, 1.0, 2.0])
    fitted = calibrate(WORDS["hair_color"], torch.zeros(3, 3), torch.zeros(3), 0.0, 1.0, weights)
    probabilities = fitted.readout(WORDS["hair_color"], weights.log()[None]).softmax(1)
    torch.testing.assert_close(probabilities, torch.full((1, 3), 1 / 3))


def test_a_rare_class_that_is_called_too_often_shows_in_its_own_error() -> None:
    """90 pictures called 0 and right; 20 called 1 with confidence 0.7, of which 7 are right."""
    value = np.array([0.0] * 90 + [1.0] * 20)
    truth = np.array([0.0] * 90 + [1.0] * 7 + [0.0] * 13)
    confidence = np.array([1.0] * 90 + [0.7] * 20)
    rows = np.arange(110)
    judged = Judged(WORDS["hair_color"], truth, value, confidence, np.zeros(110, bool), np.zeros((110, 3)), rows)
    first, second, third = calibration_errors(judged).values()
    assert (first, second, third) == (0.0, pytest.approx(0.35), None)
    assert attribute_report(judged, 5)["ece_by_class"] == calibration_errors(judged)


def test_figures_against_hand_counts() -> None:
    assert macro_f1(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])) == pytest.approx((2 / 3 + 0.8) / 2)
    truth = np.array([350.0, 10.0, 180.0])
    assert r_squared(WORDS["hair_hue"], truth, truth + 360.0) == pytest.approx(1.0)
    assert auroc(WORDS["glasses"], np.array([0, 0, 1, 1]), np.array([[0.1], [0.4], [0.35], [0.8]])) == 0.75
    assert auroc(WORDS["hair_length"], truth, truth[:, None]) is None
    assert calibration_error(np.full(100, 0.8), np.arange(100) < 80) == pytest.approx(0.0)


def test_a_head_that_is_always_sure_and_right_is_believed() -> None:
    """Every raw confidence is exactly 1: nothing to rank, and no reason to doubt."""
    attribute = WORDS["hair_length"]
    truth = torch.linspace(0.0, 1.0, 400)
    raw = torch.stack([truth, torch.full((400,), -20.0)], dim=1)
    fitted = calibrate(attribute, raw, truth, 0.0, 1.0)
    confidence = fitted.confidence(attribute, raw).numpy()
    assert calibration_error(confidence, np.ones(400)) < 0.03
    assert (confidence >= fitted.threshold).all()


@pytest.mark.parametrize("seed", range(20))
def test_confidence_is_a_rising_probability_whatever_the_head_says(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    attribute, count = WORDS["hair_length"], 20 + 37 * seed
    truth = torch.rand(count, generator=generator)
    spread = -12.0 * torch.rand(count, generator=generator).round(decimals=seed % 3)  # few or many equal confidences
    raw = torch.stack([truth + 0.3 * torch.randn(count, generator=generator), spread], dim=1)
    confidence = calibrate(attribute, raw, truth, 0.0, 1.0).confidence(attribute, raw)[spread.argsort()]
    assert bool(((confidence > 0.0) & (confidence < 1.0)).all())
    assert bool((confidence.diff() <= 1e-6).all())
