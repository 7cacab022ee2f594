import sys

import numpy as np
import pytest

from anime_gen.evaluation.distances.density_coverage import density_coverage, expected_coverage
from anime_gen.evaluation.distances.frechet import frechet_distance, gaussian_distance
from anime_gen.evaluation.distances.kernel_distance import kernel_distance
from anime_gen.evaluation.distances.vendi import vendi
from anime_gen.stylegan2.monitoring.vendi import vendi_of_kernel


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_kernel_distance_equals_its_definition_by_loops(rng):
    """A U-statistic of h over the pairs (x, y), Binkowski's kernel written out."""
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))

    def k(a, b):
        return (a @ b / 3 + 1) ** 3

    h = [k(x[i], x[j]) + k(y[i], y[j]) - k(x[i], y[j]) - k(x[j], y[i]) for i in range(5) for j in range(5) if i != j]
    assert kernel_distance(x, y).value == pytest.approx(np.mean(h))


def test_kernel_distance_does_not_depend_on_how_much_fits_in_memory(rng, monkeypatch):
    x, y = rng.normal(size=(50, 4)), rng.normal(0.3, 1, size=(50, 4))
    whole = kernel_distance(x, y)
    monkeypatch.setattr(sys.modules["anime_gen.evaluation.distances.kernel_distance"], "BLOCK", 7)
    parts = kernel_distance(x, y)
    assert (parts.value, parts.standard_error) == pytest.approx((whole.value, whole.standard_error))


def test_kernel_distance_is_unbiased(rng):
    values = [kernel_distance(rng.normal(size=(20, 4)), rng.normal(size=(20, 4))).value for _ in range(400)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))


def test_kernel_distance_of_two_points_in_closed_form():
    """All mass at 0 against all mass at a, d = 1: (a^2 + 1)^3 + 1 - 2, and nothing about it is chance."""
    found = kernel_distance(np.zeros((4, 1)), np.full((5, 1), 2.0))
    assert (found.value, found.standard_error) == pytest.approx((5.0**3 + 1 - 2, 0.0))


def test_kernel_distance_tells_shifted_from_equal(rng):
    real, same, other = rng.normal(size=(300, 8)), rng.normal(size=(300, 8)), rng.normal(0.5, 1, size=(300, 8))
    near, far = kernel_distance(real, same), kernel_distance(real, other)
    assert abs(near.value) < 4 * near.standard_error
    assert far.value > 0.1 > near.value
    with pytest.raises(ValueError, match="at least 4"):
        kernel_distance(real[:3], same)


@pytest.mark.parametrize("shift", [0.0, 0.2, 0.7])
def test_the_standard_error_is_that_of_repeated_draws(rng, shift):
    """At the noise floor (shift 0) too, where a jackknife claims twice as much."""
    found = [kernel_distance(rng.normal(size=(80, 4)), rng.normal(shift, 1, size=(80, 4))) for _ in range(400)]
    actual = np.std([one.value for one in found])
    claimed = np.sqrt(np.mean([one.standard_error**2 for one in found]))
    assert claimed == pytest.approx(actual, rel=0.3)


def test_frechet_distance_of_known_gaussians():
    """Commuting covariances: |m|^2 + sum (sqrt a - sqrt b)^2."""
    a, b = np.diag([1.0, 4.0, 9.0]), np.diag([4.0, 4.0, 1.0])
    mean = np.array([1.0, 0.0, 2.0])
    assert gaussian_distance(mean, a, np.zeros(3), b) == pytest.approx(5.0 + 1.0 + 0.0 + 4.0)


def test_two_pictures_are_enough_for_a_frechet_distance():
    pair = np.array([[0.0, 0.0], [2.0, 0.0]])
    assert frechet_distance(pair, pair + np.array([0.0, 3.0])) == pytest.approx(9.0)
    with pytest.raises(ValueError, match="at least 2 pictures on each side, got 2 and 1"):
        frechet_distance(pair, pair[:1])


def test_frechet_distance_matches_the_general_matrix_root(rng):
    from scipy.linalg import sqrtm

    p, q = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    a, b = p @ p.T + np.eye(4), q @ q.T + np.eye(4)
    expected = np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert gaussian_distance(np.zeros(4), a, np.zeros(4), b) == pytest.approx(expected)


def test_frechet_distance_of_a_set_with_itself_is_zero(rng):
    x = rng.normal(size=(50, 3))
    assert frechet_distance(x, x) == pytest.approx(0.0, abs=1e-6)
    assert frechet_distance(x, x + 2.0) == pytest.approx(12.0)


def test_coverage_of_one_distribution_follows_the_papers_lemma(rng):
    """In any dimension; the paper's own setting (1,000 dimensions) is the slow test below."""
    real, generated = rng.normal(size=(1500, 64)), rng.normal(size=(1500, 64))
    found = density_coverage(real, generated)
    assert found.coverage == pytest.approx(expected_coverage(1500, 1500), abs=0.02)
    assert found.density == pytest.approx(1.0, abs=0.15)
    assert expected_coverage(10_000, 10_000) == pytest.approx(1 - 0.5**5, abs=1e-3)


@pytest.mark.slow
def test_density_and_coverage_of_the_published_example():
    """10,000 against 10,000 standard normals in 1,000 dimensions, k = 5: published 1.056 and 0.974.

    One draw each: in so many dimensions a few hubs decide, and draws scatter (here 0.912/0.956 and 0.988/0.966).
    """
    rng = np.random.default_rng(0)
    shape = (10_000, 1000)
    found = density_coverage(rng.normal(size=shape).astype(np.float32), rng.normal(size=shape).astype(np.float32))
    assert found.density == pytest.approx(1.056, abs=0.2)
    assert found.coverage == pytest.approx(0.974, abs=0.02)


def test_density_and_coverage_fall_as_they_should(rng):
    real = rng.normal(size=(400, 8))
    far = density_coverage(real, rng.normal(size=(400, 8)) + 10.0)
    assert (far.density, far.coverage) == (0.0, 0.0)
    collapsed = density_coverage(real, np.repeat(rng.normal(size=(1, 8)) * 0.1, 400, axis=0))
    assert collapsed.coverage < 0.2
    assert collapsed.density > 0.5  # one good face again and again: faithful, not diverse
    with pytest.raises(ValueError, match="at least 6"):
        density_coverage(real[:5], real)


def test_density_coverage_by_hand():
    """Points 0, 1, 3 on a line, k = 1: radii 1, 1, 2. The sample 0.5 lies in the balls of 0 and 1."""
    found = density_coverage(np.array([[0.0], [1.0], [3.0]]), np.array([[0.5]]), k=1)
    assert found.density == pytest.approx(2.0)
    assert found.coverage == pytest.approx(2 / 3)


def test_vendi_of_the_published_examples():
    numbers = np.array([0, 0, 10, 10, 20, 20], dtype=float)
    kernel = np.exp(-np.abs(numbers[:, None] - numbers[None]))
    assert vendi_of_kernel(kernel) == pytest.approx(3.0, abs=1e-3)
    published = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert vendi_of_kernel(published) == pytest.approx(2.1573, abs=1e-4)


def test_vendi_counts_modes_and_its_two_forms_agree(rng):
    assert vendi(np.tile([[1.0, 2.0, 3.0]], (9, 1))) == pytest.approx(1.0)
    assert vendi(np.repeat(np.eye(4), 5, axis=0)) == pytest.approx(4.0)
    tall, unit = rng.normal(size=(30, 4)), None
    unit = tall / np.linalg.norm(tall, axis=1, keepdims=True)
    assert vendi(tall) == pytest.approx(vendi_of_kernel(unit @ unit.T))
    assert vendi(tall[:3]) == pytest.approx(vendi_of_kernel(unit[:3] @ unit[:3].T))
    with pytest.raises(ValueError, match="empty"):
        vendi(np.empty((0, 3)))
